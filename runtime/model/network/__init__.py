"""What a grant of the network reaches."""
