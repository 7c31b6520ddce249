"""wasmtime's C values: their layout, buffers and handles, and the functions that take them."""
