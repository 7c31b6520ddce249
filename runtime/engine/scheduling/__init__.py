"""Which node is called next: which nodes are ready, and in which order they are taken."""
