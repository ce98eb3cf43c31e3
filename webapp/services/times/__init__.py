"""When there is time: hours, working days, days off, absences, and what is taken."""
