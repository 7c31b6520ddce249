"""Calls through wasmtime-py's own binding: what ours are held against, in tests and in `bench`."""
