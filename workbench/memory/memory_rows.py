"""Rows of the memory of a node's component."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.model.text.plurals import counted
from runtime.protocol.components.memory_report import HandleLine, MemoryReport, NamedVariable
from runtime.protocol.components.saved_component import SavedComponent
from workbench.payloads.hex_viewer import HexDocument
from workbench.text.figures import size
from workbench.text.lines import Line, Row, StyleRole, line
from workbench.text.wrapping import wrap_words

SHOWN_PAGES = 8
"""Changed pages that are named; more are counted."""
BYTES = "bytes"
"""What the heading of the bytes stands for."""
INDENT = 3
_NAME_CELLS = 32
_NATIVE = "`make native` in a checkout builds the layer that reads it"


def memory_rows(report: MemoryReport, cells: int) -> list[Row]:
    """Sizes, what changed, handles, and the bytes, in rows of `cells` cells.

    A row of a changed page has its `ChangedPlace` as its target, that of a variable its
    `NamedVariable`, and the heading of the bytes `BYTES`.
    """
    return [
        *_sizes(report, cells),
        *_change(report, cells),
        *_handles(report),
        *_variables(report, cells),
        *_bytes(report, cells),
    ]


def saved_rows(saved: SavedComponent, cells: int) -> list[Row]:
    """What became of saving the component."""
    role = StyleRole.TEXT if saved.path is not None else StyleRole.WARN
    return [
        _head("Saved" if saved.path is not None else "Not saved"),
        *_words(saved.words, cells, role),
    ]


def _head(words: str, target: object = None) -> Row:
    return Row(line((f" {words}", StyleRole.STRONG)), target)


def _words(words: str, cells: int, role: StyleRole = StyleRole.TEXT) -> Iterator[Row]:
    for row in wrap_words(words, max(cells - INDENT, 10)):
        yield Row(line((f"{'':{INDENT}}{row}", role)))


def _sizes(report: MemoryReport, cells: int) -> Iterator[Row]:
    yield _head("Size")
    limit = f" of the {size(report.limit_bytes)} it may have" if report.limit_bytes else ""
    if report.sizes:
        yield from _words(f"{size(sum(report.sizes))}{limit}", cells)
        if len(report.sizes) > 1:
            for number, own in enumerate(report.sizes):
                yield from _words(f"memory {number}  {size(own)}", cells)
    elif report.known_bytes:
        least = "" if report.layer == "native" else ", as it declares: it may have grown since"
        yield from _words(f"{size(report.known_bytes)}{limit}{least}", cells)
    else:
        yield from _words(f"not known{limit}", cells, StyleRole.DIM)
    for growth in report.growths:
        grown = size(growth.after - growth.before)
        yield from _words(f"call {growth.call:,}  grew by {grown}", cells, StyleRole.WARN)
    if report.layer != "native":
        yield from _words("growth is not told by the direct call layer", cells, StyleRole.DIM)
    elif not report.growths:
        yield from _words("did not grow in the calls that are kept", cells, StyleRole.DIM)


def _change(report: MemoryReport, cells: int) -> Iterator[Row]:
    if report.unreadable:
        return
    change = report.change
    if change is None:
        yield _head("Changed")
        words = "s makes the node's next call, and shows here what it changes"
        yield from _words(words, cells, StyleRole.DIM)
        return
    yield _head(
        "Changed by the last call"
        if change.calls == 1
        else f"Changed by the last {counted(change.calls, 'call')}"
    )
    if not change.page_count:
        yield from _words("nothing in its memory", cells)
    else:
        pages = counted(change.page_count, "page")
        yield from _words(f"{counted(change.bytes_unlike, 'byte')} in {pages}", cells)
    for place in change.pages[:SHOWN_PAGES]:
        where = f"memory {place.memory}, " if len(report.sizes) > 1 else ""
        unlike = f"{where}0x{place.offset:06x}  {counted(place.bytes_unlike, 'byte')}"
        yield Row(line((f"{'':{INDENT}}{unlike}", StyleRole.ACCENT)), place)
    if change.page_count > SHOWN_PAGES:
        yield from _words(f"{change.page_count - SHOWN_PAGES:,} more", cells, StyleRole.DIM)
    if change.globals:
        yield from _words(f"{change.globals} of its globals", cells)


def _handles(report: MemoryReport) -> Iterator[Row]:
    yield _head("Handles")
    if not report.handles:
        yield Row(line((f"{'':{INDENT}}none", StyleRole.DIM)))
    for handle in report.handles:
        yield Row(_handle(handle, report.calls - report.handles_since))


def _handle(handle: HandleLine, calls: int) -> Line:
    made = "" if handle.made is None else f"{handle.made:,} made, {handle.dropped or 0:,} dropped, "
    spans = [(f"{'':{INDENT}}{handle.kind}  {made}{handle.live:,} live", StyleRole.TEXT)]
    if handle.grown > 0:
        leak = f"  leak? {handle.grown:,} more than {counted(calls, 'call')} ago"
        spans.append((leak, StyleRole.BAD))
    return line(*spans)


def _variables(report: MemoryReport, cells: int) -> Iterator[Row]:
    if report.unreadable:
        return
    named = report.named
    changed = sum(variable.changed for variable in named.variables)
    yield _head(f"Variables, {changed:,} of them changed" if changed else "Variables")
    widest = max((len(variable.name) for variable in named.variables), default=0)
    own = [variable for variable in named.variables if not variable.library]
    libraries = [variable for variable in named.variables if variable.library]
    for variable in own:
        yield Row(_variable(variable, min(widest, _NAME_CELLS)), variable)
    if libraries:
        yield _head("Variables of libraries")
    for variable in libraries:
        yield Row(_variable(variable, min(widest, _NAME_CELLS)), variable)
    if named.count > len(named.variables):
        more = f"{named.count - len(named.variables):,} more"
        yield from _words(more, cells, StyleRole.DIM)
    if named.why and named.variables:
        yield from _words(f"there may be more: {named.why}", cells, StyleRole.WARN)
    elif named.why:
        yield from _words(f"not named, because {named.why}", cells, StyleRole.DIM)
    elif not named.variables:
        yield from _words("its debug information names none", cells, StyleRole.DIM)


def _variable(variable: NamedVariable, cells: int) -> Line:
    usual = StyleRole.DIM if variable.library else StyleRole.TEXT
    mark, role = (" * ", StyleRole.WARN) if variable.changed else ("   ", usual)
    return line(
        (f"{mark}{variable.name:{cells}}  ", role),
        (variable.value, role),
        (f"  {variable.type}, 0x{variable.address:06x}", StyleRole.DIM),
    )


def _bytes(report: MemoryReport, cells: int) -> Iterator[Row]:
    if report.unreadable:
        yield _head("Bytes")
        why = f"not shown, because {report.unreadable}"
        if report.layer != "native":
            why += f"; {_NATIVE}"
        yield from _words(why, cells, StyleRole.DIM)
        return
    number = f" of memory {report.asked.memory}" if len(report.sizes) > 1 else ""
    yield _head(f"Bytes{number} from 0x{report.offset:06x}", BYTES)
    if not report.found:
        yield from _words("what was looked for stands nowhere in it", cells, StyleRole.WARN)
    if report.data and not any(report.data):
        yield from _words(f"{len(report.data):,} bytes, all of them 0", cells, StyleRole.DIM)
        return
    document = HexDocument(report.data, report.offset)
    document.fit(cells)
    for row in range(document.rows):
        yield Row(document.line(row))
