"""What a component can call: Torvyn, WASI, and what one instance may touch."""
