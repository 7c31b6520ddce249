"""What is made when it is used first, so that a process starts sooner."""
