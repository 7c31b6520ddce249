"""The tour of the demo: seven steps, each of which goes on when it was done."""
