"""What runs beside the pages: tasks, and the two ways in which they are called."""
