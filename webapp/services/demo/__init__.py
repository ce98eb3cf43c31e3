"""A demonstration with invented people, around the present moment."""
