"""The native extension: whether it may be used, and what it does to many calls at once.

Calls are made by it in `runtime.wasm.native`. Without it everything here is done in Python.
"""
