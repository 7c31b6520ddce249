"""The wasm host; the only package that imports wasmtime."""
