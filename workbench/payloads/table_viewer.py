"""Lines of JSON, lists of objects, and comma-separated values as a table."""

from __future__ import annotations

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import PayloadDocument
from workbench.payloads.documents.json_members import Members
from workbench.payloads.documents.record_rows import (
    MOST_COLUMNS,
    CsvRecords,
    JsonRecords,
    OneRecord,
    Records,
)
from workbench.payloads.documents.records_table import TableDocument
from workbench.payloads.viewer import PayloadPart

NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-seq")
SEPARATED = {
    "text/csv": ",",
    "application/csv": ",",
    "text/tab-separated-values": "\t",
}
"""What stands between values, by content type."""

GUESSED_LINES = 5
"""Lines that must have as many values as the first, where no content type says what they are."""


class TableViewer:
    """Shows records; what is in each field, as it was written."""

    name = "table"

    def accepts(self, part: PayloadPart) -> bool:
        """True for more than one record."""
        return not part.offset and part.text is not None and _records(part) is not None

    def open(self, part: PayloadPart, deadline: Deadline) -> PayloadDocument:
        """The table, read as far as its first records."""
        records = _records(part)
        if records is None:
            raise ValueError("no records")
        return TableDocument(records, deadline)


def condition_records(part: PayloadPart) -> Records | None:
    """What a condition over a payload is asked of: its records, or the one object that it is."""
    if part.text is None or part.offset:
        return None
    records = _records(part)
    root = part.json_root
    if records is None and root is not None and root.is_object:
        return OneRecord(part.latin, root.start)
    return records


def _records(part: PayloadPart) -> Records | None:
    root = part.json_root
    if root is not None and not root.is_object:
        return JsonRecords(part.latin, root.start) if _has_objects(root) else None
    if root is not None or part.media_type in NDJSON:
        return JsonRecords(part.latin) if root is not None and _is_lines(part, root) else None
    separator = _separator(part)
    return CsvRecords(part.latin, separator) if separator else None


def _has_objects(root: Members) -> bool:
    """True for a list of at least two objects."""
    return len(root) > 1 and all(root.sign(index) == "{" for index in range(2))


def _is_lines(part: PayloadPart, first: Members) -> bool:
    """True when the first two lines are each an object."""
    text = part.latin
    end = text.find("\n", first.start)
    if end < 0 or not _is_line(first, end):
        return False
    start, end = end + 1, text.find("\n", end + 1)
    if end < 0:
        if not part.whole:
            return False
        end = len(text)
    try:
        second = Members(text, start)
    except ValueError:
        return False
    second.read(MOST_COLUMNS * 8)
    return _is_line(second, end)


def _is_line(members: Members, end: int) -> bool:
    """True for an object that ends before its line does, with nothing behind it."""
    whole = members.done and not members.fault and members.is_object
    return whole and members.end <= end and not members.text[members.end : end].strip()


def _separator(part: PayloadPart) -> str:
    """What stands between the values of a line; empty for text that is no table."""
    head = part.latin[:65_536]
    named = SEPARATED.get(part.media_type)
    if named is not None:
        return named if "\n" in head.rstrip() else ""
    if part.media_type not in ("", "text/plain"):
        return ""
    lines = head.split("\n", GUESSED_LINES + 1)[: GUESSED_LINES + 1]
    lines = lines[:-1] if not lines[-1] else lines
    if len(lines) < 3:
        return ""
    for separator in (",", "\t", ";"):
        count = lines[0].count(separator)
        simple = '"' not in "".join(lines)
        if count >= 2 and simple and all(one.count(separator) == count for one in lines[1:]):
            return separator
    return ""
