"""Torvyn's code and name of every problem that is reported anywhere in torvyn-studio.

Numbers are those of Torvyn's code, not of its documentation (docs/torvyn-facts.md#codes); E0010
and E0210 stand in the documentation alone. Several crates use the same number for different
things, so the name is part of the identity and is always printed next to it. Where a crate names a
number only in words, the words are joined to a name.
"""

from __future__ import annotations

from enum import Enum


class Code(Enum):
    """One kind of problem: its number, its name and what it means."""

    # io
    IO = ("E0001", "IoError", "A file or folder cannot be read, written or understood.")
    TOOLCHAIN_MISSING = ("E0010", "ToolchainMissing", "A program that is needed is not installed.")
    # contracts
    NO_EXPORTED_INTERFACE = (
        "E0120",
        "NoExportedInterface",
        "No single WIT world says which interface the component exports.",
    )
    # composition
    UNKNOWN_ROUTER_PORT = (
        "E0165",
        "UnknownRouterPort",
        "A router named an output port that has no edge.",
    )
    # link
    UNRESOLVED_IMPORT = (
        "E0200",
        "UnresolvedImport",
        "The component imports something that the host does not provide.",
    )
    INTERFACE_MISMATCH = (
        "E0201",
        "InterfaceMismatch",
        "The component does not export the interface that the manifest declares for its node.",
    )
    BUILD_FAILED = ("E0204", "CompilationFailed", "A build ended without a component.")
    ROLE_VIOLATION = ("E0207", "RoleViolation", "The component has another role than its node.")
    VERSION_INCOMPATIBLE = (
        "E0208",
        "VersionIncompatible",
        "The component is built for a version of an interface that is not provided.",
    )
    COMPONENT_NOT_FOUND = (
        "E0210",
        "ComponentNotFound",
        "There is no such build of the component.",
    )
    # resources
    STALE_HANDLE = (
        "E0300",
        "StaleHandle",
        "The component used a buffer after it returned, dropped or froze it.",
    )
    NOT_OWNER = ("E0301", "NotOwner", "The component handed back a buffer that it does not own.")
    BORROWS_OUTSTANDING = (
        "E0303",
        "BorrowsOutstanding",
        "The component kept a borrowed buffer beyond the call it was lent for.",
    )
    CAPACITY_EXCEEDED = (
        "E0308",
        "CapacityExceeded",
        "More bytes were passed at once than the host takes.",
    )
    # reactor
    FLOW_NOT_FOUND = ("E0400", "FlowNotFound", "The manifest has no flow of that name.")
    INVALID_STATE = ("E0401", "InvalidState", "The flow is in no state in which this can be done.")
    QUEUE = ("E0405", "QueueError", "An element met a full queue whose policy is `error`.")
    CONTRACT_MISMATCH = (
        "E0412",
        "ContractMismatch",
        "A recording and the flow that it is used with are not alike.",
    )
    COMPONENT_FAILED = (
        "E0420",
        "ComponentError",
        "The component answered a call with a `process-error`.",
    )
    DEADLINE_EXCEEDED = (
        "E0421",
        "DeadlineExceeded",
        "The component answered that it had not enough time.",
    )
    # security
    POLICY = ("E0502", "PolicyViolation", "The component needs something that no grant allows.")
    GRANT_FORMAT = ("E0510", "InvalidFormat", "A grant is not written as grants are.")
    GRANT_SCOPE = ("E0511", "MissingScope", "A grant lacks the scope that its capability needs.")
    GRANT_UNKNOWN = ("E0512", "UnknownCapability", "A grant names a capability that is not known.")
    # config
    FILE_NOT_FOUND = ("E0700", "FileNotFound", "A file or folder that is named does not exist.")
    SYNTAX = ("E0701", "TomlSyntax", "The manifest is no valid TOML.")
    MISSING_FIELD = ("E0702", "MissingField", "A key that is required is not there.")
    UNKNOWN_KEY = ("E0702", "UnknownKey", "The manifest has a key that nothing reads.")
    INVALID_VALUE = ("E0703", "InvalidValue", "A value is of the wrong type or out of its range.")
    SEMANTIC = ("E0704", "Semantic", "Values that are valid alone contradict each other.")
    DUPLICATE = ("E0706", "Duplicate", "A name is given twice where it must be unique.")
    # engine
    COMPILATION_FAILED = (
        "E0800",
        "CompilationFailed",
        "The file is no WebAssembly component, or a damaged one.",
    )
    INSTANTIATION_FAILED = (
        "E0802",
        "InstantiationFailed",
        "No instance of the component could be made.",
    )
    IMPORT_NOT_PROVIDED = (
        "E0803",
        "UnresolvedImport",
        "No instance could be made, because an import of the component is not provided.",
    )
    TRAP = ("E0804", "Trap", "WebAssembly ended the call, e.g. at a panic or a bad memory access.")
    FUEL = ("E0805", "FuelExhausted", "The call used more instructions than the node may.")
    MEMORY = ("E0806", "MemoryLimitExceeded", "The component needs more memory than it may use.")
    TYPE_MISMATCH = (
        "E0807",
        "TypeMismatch",
        "A function of the component has another type, or gave another answer, than its contract.",
    )
    EXPORT_MISSING = (
        "E0808",
        "ExportMissing",
        "The component does not export the function that is called.",
    )
    INTERNAL = ("E0809", "Internal", "The host of the components failed; a bug of torvyn-studio.")
    WASI_CONFIG = ("E0810", "WasiConfigError", "A granted directory cannot be opened.")
    INVOCATION_TIMEOUT = (
        "E0811",
        "InvocationTimeout",
        "The call took longer than it may, or was interrupted.",
    )
    # pipeline
    NO_NODES = ("E0900", "NoNodes", "The flow has no nodes.")
    DUPLICATE_NODE = ("E0901", "DuplicateNode", "Two nodes of the flow have the same name.")
    UNKNOWN_NODE = ("E0902", "UnknownNode", "A node is named that the flow does not have.")
    SELF_LOOP = ("E0903", "SelfLoop", "An edge leads from a node to itself.")
    CYCLE = ("E0920", "Cycle", "Edges lead from a node back to it; a flow has no cycles.")
    UNREACHABLE = ("E0921", "UnreachableNode", "No path leads from a source to the node.")
    SOURCE_HAS_INCOMING = ("E0922", "SourceHasIncoming", "An edge leads into a source.")
    SINK_HAS_OUTGOING = ("E0923", "SinkHasOutgoing", "An edge leads out of a sink.")
    DISCONNECTED = ("E0924", "DisconnectedNode", "The node lacks an incoming or outgoing edge.")
    FAN_LIMIT = ("E0925", "FanLimitExceeded", "More than 16 edges share one port.")
    NO_SOURCE = ("E0926", "NoSource", "The flow has no source.")
    NO_SINK = ("E0927", "NoSink", "The flow has no sink.")
    INIT_FAILED = ("E0942", "InitFailed", "The component refused its configuration in `init`.")
    COMPONENT = ("E0990", "ComponentReference", "A node's component cannot be found or used.")
    """Torvyn's `subsystem` error of the part `config`."""
    # host
    INTERNAL_ERROR = (
        "E0999",
        "InternalError",
        "An unexpected failure inside torvyn-studio: a bug to report.",
    )

    def __init__(self, number: str, title: str, meaning: str) -> None:
        self.number = number
        """E.g. "E0702"."""
        self.title = title
        """Torvyn's name, e.g. "UnknownKey"; a number can have several."""
        self.meaning = meaning
        """What it says, in one sentence."""

    @classmethod
    def of(cls, number: str, title: str) -> Code | None:
        """The code with this number and name; None when this release knows none."""
        return next((code for code in cls if (code.number, code.title) == (number, title)), None)
