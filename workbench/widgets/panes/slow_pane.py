"""Why the flow is slow: the cause, and how each node spent its time."""

from __future__ import annotations

from time import monotonic

from textual.message import Message
from textual.reactive import reactive

from runtime.protocol.time_window import ShowWindow, TimeWindow
from workbench.inspection.slowness.flow_history import FlowHistory
from workbench.inspection.slowness.why_slow import slow_rows, window_words
from workbench.search.row_fields import NODES
from workbench.text.keys import shown_key
from workbench.text.lines import Row, StyleRole, line
from workbench.view import NodeRef, Selection, View
from workbench.widgets.line_view import LineView


class SlowPane(LineView, inherit_bindings=False):
    """Enter or a click on a row selects its node."""

    vocabulary = NODES.vocabulary

    class Wanted(Message):
        """The session shall be asked."""

        def __init__(self, request: ShowWindow) -> None:
            super().__init__()
            self.request = request

    view: reactive[View] = reactive(View, repaint=False)
    selection: reactive[Selection | None] = reactive(None, repaint=False)

    def watch_view(self, old: View, new: View) -> None:
        """Fill the table when the figures have changed."""
        if new.snapshot is not None:
            self._history.take(new.snapshot, monotonic())
        seen = (old.snapshot, old.flow, old.times, old.window)
        if seen != (new.snapshot, new.flow, new.times, new.window):
            self.fill()

    def watch_selection(self) -> None:
        """Its history is shown."""
        self.fill()

    def __init__(self, *, id: str, classes: str) -> None:
        super().__init__(id=id, classes=classes)
        self._history = FlowHistory()

    def record_of(self, row: Row) -> object:
        """The node's figures."""
        node = self.view.node(row.target.node) if isinstance(row.target, NodeRef) else None
        return None if node is None else NODES.record(node)

    def on_resize(self) -> None:
        """Columns follow the width."""
        self.fill()

    def on_show(self) -> None:
        """What was not seen was not filled."""
        self.fill()

    def fill(self) -> None:
        """Show the view, if anybody can see it."""
        if not self.display:
            return
        view = self.view
        if view.flow is None:
            self.show((Row(line((" Figures appear when the flow runs.", StyleRole.DIM))),))
        else:
            self.show(
                slow_rows(
                    view.flow,
                    view.snapshot,
                    view.times,
                    self.room,
                    self._history,
                    view.window,
                    self.selection,
                )
            )
            key = shown_key("viewer", "v")
            words = f"{key}: {window_words(view.window, view.snapshot)}"
            self.note_in_border(words)

    @property
    def lines_wanted(self) -> int:
        """Two tables of the nodes, the cause, end to end and a chart: about, as it is not filled
        before it is seen."""
        flow = self.view.flow
        return 2 * (len(flow.nodes) + 1 if flow is not None else 1) + 14

    def next_window(self) -> None:
        """Ask for the figures of the next part of the run."""
        windows = list(TimeWindow)
        following = windows[(windows.index(self.view.window.window) + 1) % len(windows)]
        self.post_message(self.Wanted(ShowWindow(following)))
