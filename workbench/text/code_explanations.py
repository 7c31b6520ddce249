"""What to do about each problem that has a code, with an example, for `explain` and the screen."""

from __future__ import annotations

from typing import NamedTuple

from runtime.model.codes import Code


class Explanation(NamedTuple):
    """What stands behind one code."""

    advice: str
    """What to do, in one or two sentences."""
    example: str
    """A case of it, and where it helps, the cure; lines of a manifest, a command or code."""


def explanation_lines(code: Code) -> list[str]:
    """The code explained: its name, what it means, what to do, an example."""
    found = EXPLANATIONS[code]
    return [
        f"{code.number} {code.title}",
        f"  {code.meaning}",
        "",
        "What to do",
        f"  {found.advice}",
        "",
        "Example",
        *(f"  {line}".rstrip() for line in found.example.split("\n")),
    ]


EXPLANATIONS: dict[Code, Explanation] = {
    Code.IO: Explanation(
        "Look at the path, its permissions and the room on the disk; a recording that is damaged "
        "has to be recorded again.",
        "torvyn-studio record -o a.rec      a.rec exists: name another file, or add --overwrite",
    ),
    Code.TOOLCHAIN_MISSING: Explanation(
        "Install the program that the problem names; its help has the command.",
        'A component with language = "rust" needs cargo and the target wasm32-wasip2:\n'
        "rustup target add wasm32-wasip2",
    ),
    Code.NO_EXPORTED_INTERFACE: Explanation(
        "Leave one world in the component's `wit` folder, or name it in the build's own settings.",
        "wit/world.wit\n"
        "  world managed-transform {\n"
        "    export torvyn:streaming/processor@0.1.0;\n"
        "  }",
    ),
    Code.UNKNOWN_ROUTER_PORT: Explanation(
        "Add an edge for the port, or let the router name a port that has one.",
        'route() answers ["audit"]:\n'
        "[[flow.main.edges]]\n"
        'from = { node = "router", port = "audit" }\n'
        'to = { node = "audit-sink", port = "input" }',
    ),
    Code.UNRESOLVED_IMPORT: Explanation(
        "Build the component without that import, or against the interfaces that Torvyn provides: "
        "`torvyn-studio wit` prints them.",
        "import wasi:http/outgoing-handler@0.2.0      not provided by Torvyn either",
    ),
    Code.INTERFACE_MISMATCH: Explanation(
        "Write the interface that the component exports into the node, or build the component for "
        "the one that is written; `torvyn-studio inspect FILE.wasm` tells what it exports.",
        "[flow.main.nodes.router]\n"
        'interface = "torvyn:streaming/processor"      the component exports '
        "torvyn:filtering/router",
    ),
    Code.BUILD_FAILED: Explanation(
        "Read what the build tool wrote above; the first error is usually the cause.",
        "torvyn-studio build --component enricher",
    ),
    Code.ROLE_VIOLATION: Explanation(
        "Give the node the interface of the component's role, or name another component.",
        'A sink\'s component in a node with interface = "torvyn:streaming/source".',
    ),
    Code.VERSION_INCOMPATIBLE: Explanation(
        "Build the component against contract version 0.1, which `torvyn-studio wit` writes.",
        "export torvyn:streaming/sink@0.2.0;      here 0.1.x is called",
    ),
    Code.COMPONENT_NOT_FOUND: Explanation(
        "Build the component, or take one of the builds that are listed.",
        "torvyn-studio build --component router",
    ),
    Code.STALE_HANDLE: Explanation(
        "Use a buffer only until it is returned, dropped or frozen; read what is needed before.",
        "let out = mutable.freeze();\nmutable.append(&rest);      too late: `mutable` is gone",
    ),
    Code.NOT_OWNER: Explanation(
        "Return a buffer that the call made; to pass an input on, clone it.",
        "let copy = buffer_allocator::clone_into_mutable(&input.payload)?.freeze();",
    ),
    Code.BORROWS_OUTSTANDING: Explanation(
        "Copy what a later call needs; a borrowed buffer ends with the call it was lent for.",
        "self.last = input.payload.read_all();      bytes may be kept, the buffer may not",
    ),
    Code.CAPACITY_EXCEEDED: Explanation(
        "Pass less at once: a buffer holds at most 16 MiB.",
        "allocate(32 * 1024 * 1024)      refused; split the element in two",
    ),
    Code.FLOW_NOT_FOUND: Explanation(
        "Name a flow that the manifest has, or add one; `run` prints one to paste for a manifest "
        "without flows.",
        "torvyn-studio run --flow main      as `torvyn-studio run flow.main`",
    ),
    Code.INVALID_STATE: Explanation(
        "Start or open the flow again: one that has ended makes no more calls.",
        "Stepping a flow whose state is `failed`.",
    ),
    Code.QUEUE: Explanation(
        "Let the queue hold more, make the consumer faster, or choose another policy.",
        '[[flow.main.edges]]\nqueue_depth = 256\nbackpressure = { policy = "block-producer" }',
    ),
    Code.CONTRACT_MISMATCH: Explanation(
        "Replay with the manifest and the builds that were recorded, or force another graph.",
        "torvyn-studio replay a.rec other/Torvyn.toml --force",
    ),
    Code.COMPONENT_FAILED: Explanation(
        "Read the message: it is the component's own. `--on-error skip` or `retry` lets the flow "
        "go on.",
        'Err(ProcessError::InvalidInput("no field `id`".into()))',
    ),
    Code.DEADLINE_EXCEEDED: Explanation(
        "Give the call more time with `call_timeout_ms` in [runtime], or do less in one call.",
        "Err(ProcessError::DeadlineExceeded)",
    ),
    Code.POLICY: Explanation(
        "Grant what the component needs, or do without it.",
        '[security.grants.sink]\ncapabilities = ["stdio:stdout"]',
    ),
    Code.GRANT_FORMAT: Explanation(
        "Write a grant as domain:action, or domain:action:scope.",
        'capabilities = ["filesystem:read:/data", "clock:wall"]',
    ),
    Code.GRANT_SCOPE: Explanation(
        "Add the scope: for the filesystem, the path of a folder.",
        'capabilities = ["filesystem:read:/data"]      not "filesystem:read"',
    ),
    Code.GRANT_UNKNOWN: Explanation(
        "Take one of the capabilities there are; the nearest is in the problem's help.",
        'capabilities = ["stdio:stdout"]      not "stdio:out"',
    ),
    Code.FILE_NOT_FOUND: Explanation(
        "Look at the path; a manifest is looked for in the current folder unless it is named.",
        "torvyn-studio check --manifest pipelines/Torvyn.toml",
    ),
    Code.SYNTAX: Explanation(
        "Mend the line that is named; TOML wants quotes around texts and = between key and value.",
        'name = my-flow      write name = "my-flow"',
    ),
    Code.MISSING_FIELD: Explanation(
        "Add the key to the table that is named.",
        '[torvyn]\nname = "project"\nversion = "0.1.0"\ncontract_version = "0.1.0"',
    ),
    Code.UNKNOWN_KEY: Explanation(
        "Mend the spelling, or remove the key: nothing reads it. `check --strict` makes it fail.",
        "[flow.main.nodes.source]\nfuel_buget = 1000      did you mean 'fuel_budget'?",
    ),
    Code.INVALID_VALUE: Explanation(
        "Write a value of the kind and the range that the problem tells.",
        'queue_depth = "many"      a whole number from 1 on',
    ),
    Code.SEMANTIC: Explanation(
        "Change one of the values that contradict each other.",
        'backpressure = { policy = "rate-limit" }      needs a rate',
    ),
    Code.DUPLICATE: Explanation(
        "Give each its own name.",
        'Two [[component]] tables with name = "router".',
    ),
    Code.COMPILATION_FAILED: Explanation(
        "Build the component again, for wasm32-wasip2; a core module is no component.",
        "wasm-tools component new core.wasm -o component.wasm",
    ),
    Code.INSTANTIATION_FAILED: Explanation(
        "Read the message: mostly its start-up code failed, or it needs more memory at once.",
        '[flow.main.nodes.big]\nmax_memory = "64MiB"',
    ),
    Code.IMPORT_NOT_PROVIDED: Explanation(
        "Build the component without the import that is named.",
        "torvyn-studio inspect component.wasm      lists its imports",
    ),
    Code.TRAP: Explanation(
        "Look at the frames and at what the component wrote to stderr; a build with --debug names "
        "files and lines.",
        "thread panicked at src/lib.rs:12: index out of bounds\n"
        "torvyn-studio build --component enricher --debug",
    ),
    Code.FUEL: Explanation(
        "Look for an endless loop; if the work is right, give the node more fuel a call.",
        "[flow.main.nodes.enricher]\nfuel_budget = 10_000_000",
    ),
    Code.MEMORY: Explanation(
        "Keep less in the component, or give the node more memory.",
        '[flow.main.nodes.enricher]\nmax_memory = "64MiB"',
    ),
    Code.TYPE_MISMATCH: Explanation(
        "Build the component against Torvyn's contracts, which `torvyn-studio wit` writes.",
        "push: func(element: string)      the contract's takes a stream-element",
    ),
    Code.EXPORT_MISSING: Explanation(
        "Export the function, with the bindings that are made from Torvyn's contracts.",
        "A sink without `complete`.",
    ),
    Code.INTERNAL: Explanation(
        "Try again; if it happens again, report it with the recording of the run.",
        "torvyn-studio record -o report.rec",
    ),
    Code.WASI_CONFIG: Explanation(
        "Make the folder, or grant one that exists.",
        '[security.grants.source]\ncapabilities = ["filesystem:read:/data"]      no folder /data',
    ),
    Code.INVOCATION_TIMEOUT: Explanation(
        "Look for what the call waits for; if it needs the time, give calls more.",
        "[runtime]\ncall_timeout_ms = 30_000",
    ),
    Code.NO_NODES: Explanation(
        "Add at least a source and a sink.",
        '[flow.main.nodes.source]\ncomponent = "source"\ninterface = "torvyn:streaming/source"',
    ),
    Code.DUPLICATE_NODE: Explanation(
        "Rename one of the two; names of nodes are unique in a flow.",
        "[flow.main.nodes.sink] twice",
    ),
    Code.UNKNOWN_NODE: Explanation(
        "Write the name of a node that the flow has.",
        'from = { node = "sorce", port = "output" }      did you mean \'source\'?',
    ),
    Code.SELF_LOOP: Explanation(
        "Lead the edge to another node; a node that needs what it gave keeps it itself.",
        'from = { node = "a", port = "output" }\nto = { node = "a", port = "input" }',
    ),
    Code.CYCLE: Explanation(
        "Remove one edge of the cycle that is written out.",
        "a → b → c → a",
    ),
    Code.UNREACHABLE: Explanation(
        "Connect the node to a source, or remove it.",
        "[flow.main.nodes.spare] without an edge that leads to it",
    ),
    Code.SOURCE_HAS_INCOMING: Explanation(
        "Remove the edge; what needs input is a processor.",
        'to = { node = "source", port = "input" }',
    ),
    Code.SINK_HAS_OUTGOING: Explanation(
        "Remove the edge; what gives something on is a processor.",
        'from = { node = "sink", port = "output" }',
    ),
    Code.DISCONNECTED: Explanation(
        "Add the edge that is missing, before or behind the node.",
        "A processor that no edge leaves.",
    ),
    Code.FAN_LIMIT: Explanation(
        "Put another node between: 16 edges may begin or end at one port.",
        "source:output with 17 edges",
    ),
    Code.NO_SOURCE: Explanation(
        "Add a node whose interface is a source's.",
        '[flow.main.nodes.source]\ninterface = "torvyn:streaming/source"',
    ),
    Code.NO_SINK: Explanation(
        "Add a node whose interface is a sink's.",
        '[flow.main.nodes.sink]\ninterface = "torvyn:streaming/sink"',
    ),
    Code.INIT_FAILED: Explanation(
        "Read the component's message, and mend the node's `config`: `init` gets it as it stands.",
        '[flow.main.nodes.source]\nconfig = \'{"path": "events.log"}\'',
    ),
    Code.COMPONENT: Explanation(
        "Name a [[component]] of the manifest, or write file://PATH; build it when it is not "
        "built.",
        'component = "router"      with [[component]] name = "router"\n'
        'component = "file://build/router.wasm"',
    ),
    Code.INTERNAL_ERROR: Explanation(
        "Report it with the log file that is named.",
        "error: torvyn-studio failed unexpectedly (…); the traceback is in …",
    ),
}
"""By code; a test holds that none lacks one."""
