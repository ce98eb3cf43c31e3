"""Video rooms: names, passes, answers to the Jitsi server, who was there, the check before a session."""
