"""What people without an account see: public pages, personal pages, calendars to subscribe to."""
