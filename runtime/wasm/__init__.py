"""The wasm host; the only package that imports wasmtime.

`host` compiles and inspects, `invoker` makes the calls of a flow, one `instance` a node.
Below them: `calls` (direct calls of exports), `imports` and `wasi` (host functions),
`sandbox` (limits), `failures` (what went wrong, as a value). At the bottom `layout`,
`native`, `values` and `handles` are all that knows wasmtime's C structures: a wrong offset
there is a segmentation fault, and the tests compare every function with wasmtime-py's own
binding.
"""
