"""The wasm host; the only package that imports wasmtime.

`host` compiles and inspects components and keeps the code between runs (`cache`). `wasm_invoker`
makes the calls of a flow, with one instance per node. Both do it through a `call_layer`:
`direct` calls exports over wasmtime's C library, and `sandbox` limits them. `traps` says what went
wrong, as a value. `host_functions` is what a component can call. `abi` is all that knows wasmtime's
C structures: a wrong offset there is a segmentation fault, and the tests compare every function
with wasmtime-py's own binding.
"""
