"""What is done with one component, or builds it."""
