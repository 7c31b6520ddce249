"""The lines of a recording, format 2 (docs/recording-format.md).

Every line is one JSON object with a `type`. The header has all its fields; after it, a field
that holds its default is left out. The last field of every line is its `crc`. Readers ignore
fields they do not know, so a release may add some without a new format version.
"""

from __future__ import annotations

from typing import Annotated, Any
from zlib import crc32

import msgspec

FORMAT = 2
"""The format version this release writes, and the newest it reads."""


_Count = Annotated[int, msgspec.Meta(ge=0)]


class LimitsLine(msgspec.Struct, frozen=True, gc=False):
    """What one instance may use (docs/torvyn-facts.md#limits)."""

    fuel: _Count
    memory_bytes: _Count
    call_timeout_ms: _Count


class NodeLine(msgspec.Struct, frozen=True):
    """One node of the flow, as it ran."""

    name: str
    role: str
    interface: str
    component: str
    digest: str
    """SHA-256 of the component's bytes, in hexadecimal."""
    limits: LimitsLine
    config: str = "{}"
    lifecycle: str | None = None
    priority: int = 5
    grants: tuple[str, ...] = ()


class EdgeLine(msgspec.Struct, frozen=True, rename={"from_node": "from"}):
    """One queue of the flow."""

    from_node: str
    from_port: str
    to: str
    to_port: str
    capacity: Annotated[int, msgspec.Meta(ge=1)]
    policy: str
    low_watermark_ratio: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.5
    rate: Annotated[float, msgspec.Meta(gt=0)] | None = None


class UnpinnedLine(msgspec.Struct, frozen=True):
    """A node that imports what a recording cannot hold."""

    node: str
    imports: tuple[str, ...]

    @property
    def has_network(self) -> bool:
        """Whether the network is among it."""
        return any(name.startswith("wasi:sockets/") for name in self.imports)


class NodeRuleLine(msgspec.Struct, frozen=True):
    """What follows the failed calls of one node."""

    node: str
    on_error: str
    max_retries: _Count
    back_off_ms: _Count


class Header(msgspec.Struct, frozen=True, tag="header", kw_only=True):
    """The first line: what ran, and how it was recorded."""

    format: int
    studio: str
    """Release of torvyn-studio that wrote the file."""
    flow: str
    manifest: str
    """Path of the manifest, relative to the recording's folder where that is possible."""
    manifest_digest: str = ""
    """SHA-256 of the manifest's bytes, in hexadecimal."""
    wall_ns: int
    """When the recording began, nanoseconds since the Unix epoch."""
    schedule: str
    on_error: str
    max_retries: _Count = 3
    back_off_ms: _Count | msgspec.UnsetType = msgspec.UNSET
    """Left out when it is 0, as in the files of releases before it."""
    node_rules: tuple[NodeRuleLine, ...] | msgspec.UnsetType = msgspec.UNSET
    """Error rules of single nodes; the three fields above are for all the others. Left out when
    there are none."""
    element_limit: _Count | None = None
    rebuild: bool = True
    sink_pause_ms: _Count = 100
    nodes: tuple[NodeLine, ...]
    """In topological order."""
    edges: tuple[EdgeLine, ...]
    """In manifest order."""
    unpinned: tuple[UnpinnedLine, ...] = ()
    redactions: tuple[str, ...] = ()
    """Rules that were applied before anything was written."""
    redacts_embedded_json: bool = True
    """Whether its JSON paths also looked into JSON that stands within a line of other text."""
    outputs: str = "full"
    """"full" or "digest": whether payloads that can be computed again are written."""
    payload_limit: _Count = 0
    """With "full": the size up to which they are, in bytes."""
    where: str | msgspec.UnsetType = msgspec.UNSET
    """The condition of the calls that are kept; all others are left out, and no replay is
    possible. Left out when every call is kept."""
    first_call: int = 1
    """Number of the first call kept; above 1 the beginning is lost and no replay is possible."""


class ElementLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The element a call was given."""

    id: int
    lineage: int
    source: str
    sequence: int
    digest: str


class OutputLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An element a call put out. Without `text` and `base64` only its digest was kept."""

    digest: str
    size: int
    """Payload bytes."""
    content_type: str = ""
    buffer_type: str | None = None
    """Content type of the buffer, when it is not `content_type`."""
    text: str | None = None
    base64: str | None = None
    id: int | None = None
    lineage: int | None = None
    source: str | None = None
    sequence: int | None = None
    timestamp_ns: int | None = None


class PrintedLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a component wrote to one stream without a write to the other in between."""

    stream: str
    text: str | None = None
    base64: str | None = None
    granted: bool = True


class HostLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A host input: `value` for a number, `base64` for bytes."""

    interface: str
    function: str
    value: int | None = None
    base64: str | None = None


class FrameLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A function on a component's stack: see `runtime.model.component.stack.StackFrame`."""

    function: str
    file: str = ""
    line: int = 0
    column: int = 0
    runtime: bool = False


class FailureLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Why a call failed."""

    kind: str
    message: str
    code: str
    name: str
    help: str = ""
    crashed: bool = False
    frames: tuple[FrameLine, ...] = ()


class MeasuresLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a call used; an array in the file. See `runtime.model.call.Answer`."""

    fuel: int = 0
    memory_bytes: int = 0
    reads: int = 0
    """This and what follows are of `runtime.model.call.CopyCount`."""
    read_bytes: int = 0
    writes: int = 0
    write_bytes: int = 0


class CallLine(msgspec.Struct, frozen=True, omit_defaults=True, tag="call", kw_only=True, gc=False):
    """One call and what came back."""

    call: int
    node: str
    export: str
    at_ns: int
    duration_ns: int
    element: ElementLine | None = None
    argument: str = ""
    answer: str
    """How it ended: `emitted`, `exhausted`, `discarded`, `absorbed`, `verdict`, `ports`,
    `accepted`, `finished` or `failed`."""
    outputs: tuple[OutputLine, ...] = ()
    """With `emitted`."""
    passes: bool | None = None
    """With `verdict`."""
    ports: tuple[str, ...] | None = None
    """With `ports`."""
    signal: str | None = None
    """With `accepted`."""
    failure: FailureLine | None = None
    """With `failed`."""
    printed_digest: str = ""
    printed_bytes: int = 0
    """Bytes it wrote in all."""
    printed: tuple[PrintedLine, ...] = ()
    host: tuple[HostLine, ...] = ()
    measures: MeasuresLine | None = None
    """None in files of older releases."""


class CommandLine(msgspec.Struct, frozen=True, omit_defaults=True, tag="command", kw_only=True):
    """A command that changed the run."""

    verb: str
    after_call: int = 0
    """Number of the last call before it; 0 before the first."""
    args: dict[str, Any] = {}


class EndLine(msgspec.Struct, frozen=True, omit_defaults=True, tag="end", kw_only=True):
    """The last line: the recording was closed and nothing is missing after it."""

    state: str
    """The flow's state then (`runtime.model.events.FlowState`)."""
    detail: str = ""
    calls: int
    """Calls in this file."""
    last_call: int = 0
    wall_ns: int = 0
    pulled: int = 0
    delivered: int = 0
    dropped: int = 0
    errors: int = 0
    out_of_reach: int = 0
    """Texts without any JSON, into which no JSON path of `Header.redactions` could look."""
    unused_rules: tuple[int, ...] = ()
    """Which of `Header.redactions` found nothing, counted from 0."""
    digest: str = ""
    """BLAKE2b of 128 bits of every byte before this line, in hexadecimal."""


BodyLine = CallLine | CommandLine | EndLine
"""Every line but the first."""

Line = Header | BodyLine

_encoder = msgspec.json.Encoder()
_CRC_BYTES = len(b',"crc":"01234567"}')
_body_decoder: msgspec.json.Decoder[BodyLine] = msgspec.json.Decoder(BodyLine)
_header_decoder: msgspec.json.Decoder[Header] = msgspec.json.Decoder(Header)


class ChangedLineError(ValueError):
    """A line is not, byte for byte, what was written."""


def encode(line: Line) -> bytes:
    """The line as compact JSON in UTF-8, with its `crc` and its newline."""
    data = _encoder.encode(line)
    return b'%b,"crc":"%08x"}\n' % (data[:-1], crc32(data))


def require_crc(data: bytes) -> None:
    """Raise `ChangedLineError` when a line is not, byte for byte, what `encode` wrote.

    The CRC-32 is that of the line as it is without its `crc` and its newline.
    """
    end = len(data) - (data[-1:] == b"\n")
    begin = end - _CRC_BYTES
    if data[begin : begin + 8] != b',"crc":"' or data[end - 2 : end] != b'"}':
        raise ChangedLineError("the line does not end with its `crc`")
    crc = crc32(b"}", crc32(memoryview(data)[:begin]))
    if data[end - 10 : end - 2] != b"%08x" % crc:
        raise ChangedLineError("the line is not what was written: its `crc` says otherwise")


decode_body = _body_decoder.decode
"""Read a line of the current format; raises `ValueError` that says what is wrong, and where."""


def decode_header(data: bytes) -> Header:
    """A header of the current format. Raises `ValueError` as `decode_body` does."""
    return _header_decoder.decode(data)


def body_from(raw: dict[str, Any]) -> BodyLine:
    """A line of the current format from parsed JSON. Raises `ValueError`."""
    line: BodyLine = msgspec.convert(raw, BodyLine)
    return line


def header_from(raw: dict[str, Any]) -> Header:
    """A header of the current format from parsed JSON. Raises `ValueError`."""
    return msgspec.convert(raw, Header)
