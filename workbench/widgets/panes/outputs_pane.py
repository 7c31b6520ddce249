"""What sinks and other nodes printed: a log for each, side by side or behind tabs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from runtime.model.linked import LinkedFlow, Role
from runtime.model.text.plurals import word_for
from runtime.protocol.logs.printed_chunks import PrintedChunk
from workbench.painting.paint_cache import PaintCache
from workbench.search.row_fields import OUTPUT
from workbench.text.figures import count, size
from workbench.text.glyphs import DENIED
from workbench.text.keys import shown_key
from workbench.text.lines import Line, Row, Span, StyleRole, line, pad
from workbench.text.printed_text import UNORDERED, LineCutter, PrintedTextLine
from workbench.text.short_names import shorten
from workbench.text.wrapping import wrap_words
from workbench.view import NodeRef
from workbench.widgets.label import LineLabel
from workbench.widgets.line_view import LineView
from workbench.widgets.log_view import KEPT_ENTRIES, LogView
from workbench.widgets.panes.output_tabs import Tab, output_tabs

COLUMN_CELLS = 34
"""Narrowest column; below it the logs stand behind tabs."""

FLOOD_LINES = 500
"""After an update of so many lines, no more are taken from the next; the others are counted."""

EMPTY_ROWS = 3
"""Rows that say how to get something printed; in fewer it is only said that nothing was."""

"""Over a log with stderr of calls that wrote to stdout too, where their order was not kept."""

NAME_CELLS = 20
"""Of a node's name over its log, where logs stand side by side."""

GUTTER_CELLS = 7
"""Cursor, number, space."""


class PrintedView(LogView[PrintedTextLine], inherit_bindings=False):
    """What one node printed."""

    gutter_cells = GUTTER_CELLS
    vocabulary = OUTPUT.vocabulary

    def __init__(self, node: str, *, is_sink: bool) -> None:
        super().__init__(wrapped=True, classes="printed")
        self.node = node
        self.is_sink = is_sink
        self._label = node
        self.lost_bytes = 0
        self.unread = False
        """Something was printed while another log was in front."""
        self._cutter = LineCutter()
        self._flooded = False

    def take(self, chunks: Sequence[PrintedChunk], lost: int) -> None:
        """Show more of what the node printed."""
        most = FLOOD_LINES if self._flooded else KEPT_ENTRIES
        lines, missed = self._cutter.cut(chunks, most)
        self._flooded = len(lines) >= FLOOD_LINES
        self.forgotten += missed
        self.lost_bytes += lost
        self._make_room_for_numbers(lines)
        self.add(lines, self._cutter.unfinished())
        self._write_heading()

    def _make_room_for_numbers(self, lines: Sequence[PrintedTextLine]) -> None:
        """A number of an element or a call is never cut: the column grows with it."""
        if not lines:
            return
        last = lines[-1]
        number = last.sequence if last.sequence is not None else last.call or 0
        cells = max(self.gutter_cells, len(f"#{number}") + 2)
        if cells != self.gutter_cells:
            self.gutter_cells = cells
            self._measure_again()

    @property
    def label(self) -> str:
        """The node's name, short enough to stand next to those of other logs."""
        return self._label

    @label.setter
    def label(self, label: str) -> None:
        if label != self._label:
            self._label = label
            self._write_heading()

    @property
    def blank(self) -> bool:
        """True while nothing was printed here."""
        return not (self._cutter.lines or self._cutter.has_unfinished or self.lost_bytes)

    def clear(self) -> None:
        """Begin again."""
        self._cutter = LineCutter()
        self._flooded = False
        self.lost_bytes = 0
        self.unread = False
        super().clear()
        self._write_heading()

    def entry_gutter(self, entry: PrintedTextLine) -> Line:
        """` #3   `: the element's number, or the call's."""
        if entry.sequence is not None:
            about = f"#{entry.sequence}"
        else:
            about = str(entry.call) if entry.call else ""
        return line((f" {pad(about, self.gutter_cells - 2)} ", StyleRole.FAINT))

    def entry_body(self, entry: PrintedTextLine) -> Line:
        """The text, after marks for stderr and for what is not granted."""
        role = StyleRole.TEXT if entry.granted else StyleRole.DIM
        return line((_marks(entry), StyleRole.WARN), (entry.text, role))

    def entry_text(self, entry: PrintedTextLine) -> str:
        """The marks and the text."""
        return _marks(entry) + entry.text

    def entry_cells(self, entry: PrintedTextLine) -> int:
        """Cells of the marks and the text."""
        if entry.granted and entry.stream == "stdout":
            return entry.cells
        return len(_marks(entry)) + entry.cells

    def entry_target(self, entry: PrintedTextLine) -> object:
        """A line belongs to its node."""
        return NodeRef(self.node)

    def entry_record(self, entry: PrintedTextLine) -> object:
        """The line's fields."""
        return OUTPUT.record((self.node, entry))

    def empty_rows(self) -> Sequence[Row]:
        """How to get something printed."""
        nothing = Row(line((" Nothing printed yet.", StyleRole.DIM)))
        if self.size.height < EMPTY_ROWS:
            return (nothing,)
        return (
            Row(line("")),
            nothing,
            Row(
                line(
                    (" Press ", StyleRole.FAINT),
                    (shown_key("step", "s"), StyleRole.KEY),
                    (" for one call, ", StyleRole.FAINT),
                    (shown_key("run-pause", "space"), StyleRole.KEY),
                    (" to run.", StyleRole.FAINT),
                )
            ),
        )

    def watch_following(self, following: bool) -> None:
        """The heading says whether the log follows its end."""
        super().watch_following(following)
        self._write_heading()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The heading shows which log has the keys."""
        super().watch_has_focus(has_focus)
        self._write_heading()

    def _measure_again(self) -> None:
        super()._measure_again()
        self._write_heading()

    def _write_heading(self) -> None:
        self.show_heading(self._heading())

    def _heading(self) -> tuple[Line, ...]:
        name = Span(f" {self.label} ", StyleRole.CHOSEN if self.has_focus else StyleRole.STRONG)
        parts: list[Span] = [name]
        if self._cutter.lines:
            lines = self._cutter.lines
            parts.append(Span(f" {count(lines)} {word_for(lines, 'line')}", StyleRole.DIM))
        if self.forgotten:
            parts.append(Span(f", {count(self.forgotten)} passed by", StyleRole.WARN))
        if self.lost_bytes:
            parts.append(Span(f", {size(self.lost_bytes)} lost", StyleRole.WARN))
        if not self.following:
            parts.append(Span("  || f follows", StyleRole.NEXT))
        rows = [tuple(parts)]
        room = max(self.room - 2, 10)
        if self._cutter.ungranted:
            grants = " ".join(f"stdio:{stream}" for stream in sorted(self._cutter.ungranted))
            text = f"{DENIED} would be discarded by Torvyn: needs {grants}"
            rows += [(Span(f" {row}", StyleRole.WARN),) for row in wrap_words(text, room)]
        if self._cutter.unordered:
            rows += [(Span(f" {row}", StyleRole.DIM),) for row in wrap_words(UNORDERED, room)]
        return tuple(rows)


def _marks(entry: PrintedTextLine) -> str:
    marks = ("E" if entry.stream == "stderr" else "") + ("" if entry.order_known else "?")
    marks += "" if entry.granted else DENIED
    return f"{marks} " if marks else ""


class Outputs(Vertical, inherit_bindings=False):
    """The output pane."""

    def __init__(self, *, id: str, classes: str) -> None:
        super().__init__(id=id, classes=classes)
        self._styles_cache = PaintCache()
        self.active = ""
        self._views: dict[str, PrintedView] = {}
        self._tabs = LineLabel(classes="tabs")
        self._shown_tabs: tuple[Tab, ...] = ()
        self._columns = Horizontal(classes="columns")

    def compose(self) -> ComposeResult:
        """Tabs above, logs below."""
        yield self._tabs
        yield self._columns

    # ---- what happens in the flow

    def open_flow(self, flow: LinkedFlow) -> None:
        """Begin again with a log for each sink."""
        sinks = [node.name for node in flow.nodes if node.role is Role.SINK]
        if list(self._views) == sinks:
            for view in self._views.values():
                view.clear()
            return
        for view in self._views.values():
            view.remove()
        self._views.clear()
        for name in sinks:
            self._add(name, is_sink=True)
        self.active = sinks[0] if sinks else ""
        self._place_logs()

    def start_over(self, chunks: Iterable[PrintedChunk], lost: Iterable[tuple[str, int]]) -> None:
        """Hold nothing but this, none of which is new to the reader."""
        for view in self._views.values():
            view.clear()
        self.take(chunks, lost)
        for view in self._views.values():
            view.unread = False
        self._place_logs()

    def follow_flow(self, flow: LinkedFlow) -> None:
        """Take another graph: new sinks get a log, nodes that are gone lose theirs."""
        for name in [name for name in self._views if name not in flow.by_name]:
            self._views.pop(name).remove()
        for node in flow.nodes:
            if node.role is Role.SINK and node.name not in self._views:
                self._add(node.name, is_sink=True)
        if self.active not in self._views:
            self.active = next(iter(self._views), "")
        for index, view in enumerate(self._views.values()):
            view.set_class(index > 0, "-later")
        self._place_logs()

    def take(self, chunks: Iterable[PrintedChunk], lost: Iterable[tuple[str, int]]) -> None:
        """Give each log what its node printed."""
        by_node: dict[str, list[PrintedChunk]] = {}
        for chunk in chunks:
            by_node.setdefault(chunk.node, []).append(chunk)
        lost_by_node = dict(lost)
        for node in {**by_node, **dict.fromkeys(lost_by_node)}:
            if node not in self._views:
                self._add(node, is_sink=False)
                self._place_logs()
            view = self._views[node]
            view.take(by_node.get(node, ()), lost_by_node.get(node, 0))
            if not view.unread and not view.display:
                view.unread = True
                self._place_logs()

    def _add(self, node: str, *, is_sink: bool) -> None:
        view = PrintedView(node, is_sink=is_sink)
        view.set_class(bool(self._views), "-later")
        self._views[node] = view
        self.active = self.active or node
        self._columns.mount(view)

    # ---- arrangement

    def on_resize(self) -> None:
        """Side by side where there is room."""
        self._place_logs()

    def _place_logs(self) -> None:
        width = self.size.width
        tabbed = len(self._views) > 1 and width // len(self._views) < COLUMN_CELLS
        self._tabs.display = tabbed
        short = shorten(tuple(self._views), NAME_CELLS)
        for name, view in self._views.items():
            view.display = not tabbed or name == self.active
            view.unread = view.unread and not view.display
            view.label = name if tabbed else short[name]
        unread = {name for name, view in self._views.items() if view.unread}
        self._shown_tabs = output_tabs(tuple(self._views), unread, self.active, width)
        self._tabs.lines = (tuple(tab.span for tab in self._shown_tabs),)

    def choose(self, node: str) -> None:
        """Bring a log up and give it the keys."""
        self.active = node
        self._place_logs()
        self._views[node].focus()

    def on_line_label_clicked(self, message: LineLabel.Clicked) -> None:
        """A tab was clicked."""
        message.stop()
        self.choose(self._shown_tabs[message.span].node)

    def on_descendant_focus(self) -> None:
        """The log with the keys is the active one."""
        for name, view in self._views.items():
            if view.has_focus:
                self.active = name
                self._place_logs()

    # ---- the pane as actions see it

    @property
    def logs(self) -> tuple[PrintedView, ...]:
        """All logs, the active one first."""
        active = self._views.get(self.active)
        rest = (view for view in self._views.values() if view is not active)
        return (*(() if active is None else (active,)), *rest)

    @property
    def empty(self) -> bool:
        """True while no node has printed anything."""
        return all(view.blank for view in self._views.values())

    @property
    def target(self) -> LineView | None:
        """The log that has, or would get, the keys."""
        return self._views.get(self.active)

    def step(self, across: int) -> None:
        """Go to the next log."""
        names = list(self._views)
        if names:
            self.choose(names[(names.index(self.active) + across) % len(names)])
