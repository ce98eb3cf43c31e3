"""From a row of the outbox to a message, and from a message to the mail server."""
