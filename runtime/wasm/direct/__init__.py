"""Calls over wasmtime-py's C library: the exports, the instance they belong to, its types."""
