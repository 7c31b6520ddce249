"""What a manifest says, and whether it fits together."""
