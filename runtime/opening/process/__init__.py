"""What a session is opened from, and the process that opens it."""
