"""Who has a seat in a group event and who waits for one: taken, given back, offered, told."""
