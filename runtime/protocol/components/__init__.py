"""What is asked about the component of one node, and answered."""
