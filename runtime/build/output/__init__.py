"""What build tools write: lines, errors with their place, and what cargo says it made."""
