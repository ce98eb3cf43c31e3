"""A request from its arrival to its answer: one list for those who answer, a history, a deadline."""
