"""Meeting online: the check before, the door, who is in the room, who cannot get in."""
