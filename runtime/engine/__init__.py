"""The engine: pure and deterministic; no clock, no thread, no file, no wasmtime."""
