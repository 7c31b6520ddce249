"""A recorded call as one component that any WebAssembly runtime with WASI runs, and debugs."""
