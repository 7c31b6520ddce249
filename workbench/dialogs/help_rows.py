"""What the help lists: the actions of a pane first, then all others under their headings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.actions.action import Action, Group
from workbench.actions.context import Context, PaneName
from workbench.actions.labels import keys_of, label
from workbench.actions.payload import PAYLOAD
from workbench.actions.table import ACTIONS, BY_ID
from workbench.dialogs.help_search import is_sought
from workbench.search.query import Query
from workbench.text.keys import key_name, keys_for
from workbench.text.lines import Line, Row, Span, StyleRole, fit, line, pad
from workbench.text.wrapping import wrap_words

HEADS = ((72, 14, 15), (0, 11, 14))
"""From so many cells on, those of the columns of keys and of names."""

LEAST_HELP = 20
"""Narrowest column of what actions do."""

EVERYWHERE = "Everywhere"

IN_PAYLOAD = "Looking into a payload (V)"

OF_PANES: Mapping[PaneName, Mapping[str, str]] = {
    PaneName.FLOW: {
        "left": "Go to the node at the left; all four arrows move between nodes and edges.",
        "open": "Look into the node or the edge under the cursor.",
        "step-node": "",
        "try-node": "",
        "inject": "",
        "return": "",
        "map": "",
        "break": "",
        "hold": "",
        "build": "",
        "roll-back": "",
    },
    PaneName.QUEUES: {
        "open": "Look into the queue under the cursor: what waits in it.",
        "inject": "",
        "edit": "",
        "change-queue": "",
        "drop": "",
        "double": "",
        "take-first": "",
        "move-up": "",
        "move-down": "",
        "empty-queue": "",
        "hold": "",
    },
    PaneName.INSPECTOR: {
        "viewer": "",
        "edit": "",
        "copy": "",
        "origin": "",
        "more-right": "",
        "difference": "",
        "open": "Go to the call, the element, the node or the build under the cursor.",
    },
    PaneName.OUTPUT: {
        "right": "Go to the output of the next sink.",
        "find": "",
        "wrap": "",
        "follow": "",
        "copy": "Copy the marked text, or the line of the cursor.",
        "end": "",
    },
    PaneName.EVENTS: {
        "open": "Look into the call of the line, or its element, queue or node.",
        "find": "",
        "follow": "",
        "wrap": "",
        "copy": "Copy the marked text, or the line of the cursor.",
        "end": "",
    },
    PaneName.PROBLEMS: {
        "open": "Explain the code of a problem; on its other rows, open its place in the editor.",
        "build": "",
        "restart": "",
    },
    PaneName.BUILD: {"build": "", "build-all": "", "cancel-build": "", "open": "Open the place of "
                     "an error in the editor."},
    PaneName.SLOW: {"open": "Select the node of the row.", "pane-queues": ""},
    PaneName.BREAKS: {
        "open": "Edit the breakpoint or the watch under the cursor.",
        "run-pause": "Switch the breakpoint on or off; of a watch, whether it stops the flow.",
        "breaks": "In the list n sets a new one, w watches an expression, d deletes.",
        "break": "Set a breakpoint at the selected node or edge, or take it away.",
    },
}  # fmt: skip
"""Actions of each pane, with what they do there; an empty text is the action's own."""


def help_sections(now: Context, query: Query | None, cells: int) -> tuple[list[list[Row]], int]:
    """Every action that is searched for under its heading, and how many there are.

    The first row of each action has it as target.
    """
    of_pane = OF_PANES.get(now.pane, {})
    own = [(BY_ID[name], text) for name, text in of_pane.items()]
    others = [(action, "") for action in ACTIONS if action.id not in of_pane]
    sections = [(f"{pane_title(now.pane)}", own)]
    sections += [(group.value, [one for one in others if one[0].group is group]) for group in Group]
    made: list[list[Row]] = []
    count = 0
    for heading, actions in sections:
        found = [(action, text) for action, text in actions if is_sought(action, text, query, now)]
        if not found:
            continue
        rows = [Row(line((f" {heading}", StyleRole.ACCENT)))]
        if made and heading == Group.RUN.value:
            rows.insert(0, _rule(EVERYWHERE, cells))
        for action, text in found:
            rows += _rows(action, text, now, cells)
        made.append(rows)
        count += len(found)
    of_payload = _payload_rows(query, cells)
    return ([*made, of_payload] if of_payload else made), count


def _payload_rows(query: Query | None, cells: int) -> list[Row]:
    """Keys of the screen that shows a whole payload; they act there alone."""
    sought = [
        one
        for one in PAYLOAD
        if query is None or query.matches(f"{one.id} {one.label} {one.help} payload")
    ]
    rows = [Row(line((f" {IN_PAYLOAD}", StyleRole.ACCENT)))] if sought else []
    _, key_cells, name_cells = next(head for head in HEADS if cells >= head[0])
    head_cells = 3 + key_cells + name_cells
    for one in sought:
        keys = " ".join(map(key_name, keys_for(one.id, one.keys)))
        first, *more = wrap_words(one.help, max(cells - head_cells, LEAST_HELP))
        head = line("   ", (pad(keys, key_cells), StyleRole.FAINT), (pad(one.label, name_cells),
                    StyleRole.FAINT), (first, StyleRole.DIM))  # fmt: skip
        rows.append(Row(head))
        rows += [Row(line(" " * head_cells, (piece, StyleRole.DIM))) for piece in more]
    return rows


def pane_title(pane: PaneName) -> str:
    """`2 Queues`."""
    number = list(PaneName).index(pane) + 1
    return f"{number} {pane.value.capitalize()}"


def _rule(text: str, cells: int) -> Row:
    rule = "─" * max(cells - len(text) - 4, 0)
    return Row(line((f" {text} ", StyleRole.DIM), (rule, StyleRole.FAINT)))


def _rows(action: Action, text: str, now: Context, cells: int) -> Iterator[Row]:
    """Keys, name and what it does, wrapped by words, and why it cannot be done now. Only the first
    row can be chosen."""
    can = action.when(now)
    keys = " ".join(key_name(key) for key in keys_of(action))
    _, key_cells, name_cells = next(head for head in HEADS if cells >= head[0])
    head_cells = 3 + key_cells + name_cells
    room = max(cells - head_cells, LEAST_HELP)
    name = fit(label(action, now), name_cells - 1)
    head = (
        Span("   "),
        Span(pad(keys, key_cells), StyleRole.KEY if can else StyleRole.FAINT),
        Span(pad(name, name_cells), StyleRole.STRONG if can else StyleRole.FAINT),
    )
    role = StyleRole.DIM if can else StyleRole.FAINT
    first, *more = wrap_words(text or action.help, room)
    yield Row((*head, Span(first, role)), action)
    rest: list[Line] = [line((piece, role)) for piece in more]
    if not can:
        why = f"not now: {why_not_now(action, now)}"
        rest += [line((piece, StyleRole.WARN)) for piece in wrap_words(why, room)]
    for spans in rest:
        yield Row((Span(" " * head_cells), *spans))


def why_not_now(action: Action, now: Context) -> str:
    """What an action that cannot be done lacks, in words."""
    return action.why_not(now) or f"needs {action.needs}."
