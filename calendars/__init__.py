"""Working days, free times and calendar files: pure rules that know neither the database nor the web."""
