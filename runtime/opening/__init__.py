"""The composition root: puts manifest, wasm host, engine and session together."""
