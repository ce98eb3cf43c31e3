"""How a centre is set up, who works in it, and what the installation owes everybody."""
