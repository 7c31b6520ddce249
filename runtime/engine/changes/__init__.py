"""A flow changed while it runs: its builds, queues, elements and its graph."""
