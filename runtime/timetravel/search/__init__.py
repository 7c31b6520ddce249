"""Looking for something in the past."""
