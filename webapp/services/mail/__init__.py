"""Who is told what, and what comes back: letters, calls, mailings, answers from calendars."""
