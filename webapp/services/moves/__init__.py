"""When a consultation cannot be held as agreed: reported, decided by somebody else, settled."""
