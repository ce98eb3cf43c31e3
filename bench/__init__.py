"""Measured comparisons, run by hand: ``python3 manage.py bench``. What each figure means: README.md here."""
