"""Group events as the staff makes, holds and closes them."""
