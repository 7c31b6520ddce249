"""Torvyn's code and name of every problem that this package reports.

Numbers are those of the code, not of the documentation (docs/torvyn-facts.md#codes). Several crates
use the same number for different things, so the name is part of the identity and is always
printed beside it. Where a crate names a number only in words, the words are joined to a name.
"""

from __future__ import annotations

from enum import Enum


class Code(Enum):
    """One kind of problem: its number and its name."""

    # io
    IO = ("E0001", "IoError")
    # link
    UNRESOLVED_IMPORT = ("E0200", "UnresolvedImport")
    INTERFACE_MISMATCH = ("E0201", "InterfaceMismatch")
    ROLE_VIOLATION = ("E0207", "RoleViolation")
    VERSION_INCOMPATIBLE = ("E0208", "VersionIncompatible")
    # reactor
    FLOW_NOT_FOUND = ("E0400", "FlowNotFound")
    # security
    POLICY = ("E0502", "PolicyViolation")
    GRANT_FORMAT = ("E0510", "InvalidFormat")
    GRANT_SCOPE = ("E0511", "MissingScope")
    GRANT_UNKNOWN = ("E0512", "UnknownCapability")
    # config
    FILE_NOT_FOUND = ("E0700", "FileNotFound")
    SYNTAX = ("E0701", "TomlSyntax")
    MISSING_FIELD = ("E0702", "MissingField")
    UNKNOWN_KEY = ("E0702", "UnknownKey")
    INVALID_VALUE = ("E0703", "InvalidValue")
    SEMANTIC = ("E0704", "Semantic")
    DUPLICATE = ("E0706", "Duplicate")
    # pipeline
    NO_NODES = ("E0900", "NoNodes")
    DUPLICATE_NODE = ("E0901", "DuplicateNode")
    UNKNOWN_NODE = ("E0902", "UnknownNode")
    SELF_LOOP = ("E0903", "SelfLoop")
    CYCLE = ("E0920", "Cycle")
    UNREACHABLE = ("E0921", "UnreachableNode")
    SOURCE_HAS_INCOMING = ("E0922", "SourceHasIncoming")
    SINK_HAS_OUTGOING = ("E0923", "SinkHasOutgoing")
    DISCONNECTED = ("E0924", "DisconnectedNode")
    FAN_LIMIT = ("E0925", "FanLimitExceeded")
    NO_SOURCE = ("E0926", "NoSource")
    NO_SINK = ("E0927", "NoSink")
    COMPONENT = ("E0990", "ComponentReference")
    """Torvyn's `subsystem` error of the part `config`: a component that can not be resolved."""

    @property
    def number(self) -> str:
        """E.g. "E0702"."""
        return self.value[0]

    @property
    def title(self) -> str:
        """E.g. "UnknownKey"."""
        return self.value[1]
