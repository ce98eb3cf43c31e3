"""A consultation from its date to its write-up, alone or in a series."""
