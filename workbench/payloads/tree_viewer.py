"""JSON as a tree that folds."""

from __future__ import annotations

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import PayloadDocument
from workbench.payloads.documents.json_tree import JsonTree
from workbench.payloads.json_viewer import is_json
from workbench.payloads.viewer import PayloadPart


class TreeViewer:
    """Shows objects and arrays; every token as it was written."""

    name = "tree"

    def accepts(self, part: PayloadPart) -> bool:
        """True for one object or array, as far as its first members tell; also for its beginning
        where only that was read."""
        return not part.offset and is_json(part) and _begins_well(part)

    def open(self, part: PayloadPart, deadline: Deadline) -> PayloadDocument:
        """The tree, read as far as its first members."""
        members = part.json_root
        if members is None:
            raise ValueError("no JSON object or array begins here")
        deadline.check()
        return JsonTree(members)


def _begins_well(part: PayloadPart) -> bool:
    members = part.json_root
    if members is None:
        return False
    if members.fault:
        return not part.whole and members.end >= len(part.latin.rstrip())
    return not members.done or not part.latin[members.end :].strip(" \t\n\r")
