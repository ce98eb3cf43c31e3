"""One use case, one function: takes values, loads rows, flushes, never commits."""
