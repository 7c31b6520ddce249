"""The native call layer: components called through a Rust extension, where it is installed.

`src/` is the extension, a package of its own (`torvyn-studio-native`) that `make native` builds;
the modules here are its only users. Everything means what it means in `runtime.wasm`: see
docs/native-layer.md. Without the extension nothing of this is loaded.
"""
