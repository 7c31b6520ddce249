"""What is done with recordings."""
