"""Regular expressions in rules: searched in linear time, whatever the rule and the text.

A recording brings the rules it was redacted by, so that a rule may be a stranger's. RE2 searches
in time linear in the text and refuses what cannot be searched so: look-around, references to
groups, possessive quantifiers. Rules are written as Python's `re` takes them; where RE2 reads a
part otherwise it is rewritten, always so that it finds as much or more:

- `\\w` also takes every character beyond ASCII; `\\d`, `\\s` and `\\b` know ASCII alone.
- `$` is the end of every line of the text, not of its last line alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError

MAX_RULE_CHARACTERS = 1000
"""Longest rule."""

MAX_RULES = 64
"""Most rules of one recording or comparison."""

MAX_PROGRAM = 2000
"""Largest program an expression may become, in RE2's instructions: a search takes at worst the
product of this and the length of the text."""

_WORD = r"0-9A-Za-z_\x{80}-\x{10FFFF}"
_NO_BYTE = 0x10FF00
"""A byte that is no UTF-8 is searched as the private character this far up: `.` takes it too."""
_NO_BYTES = re.compile(f"[{chr(_NO_BYTE + 0x80)}-{chr(_NO_BYTE + 0xFF)}]")
_TO_PRIVATE = {0xDC00 + byte: _NO_BYTE + byte for byte in range(0x80, 0x100)}
_FROM_PRIVATE = {private: lone for lone, private in _TO_PRIVATE.items()}

_LOOK_AROUND = ("a look-around", "take what stands around it into the match and put a group around")
_REFUSED_GROUPS = {
    "(?=": _LOOK_AROUND,
    "(?!": _LOOK_AROUND,
    "(?<=": _LOOK_AROUND,
    "(?<!": _LOOK_AROUND,
    "(?>": ("an atomic group", "write (?:…)"),
    "(?P=": ("a reference to a group", "write its text again"),
    "(?(": ("a condition", "write both cases with |"),
    "(?#": ("a comment", "leave it out"),
}


class LinearPattern:
    """A regular expression.

    `as_written` takes it as RE2 reads it, and lets it match the empty text. `any_case` makes no
    difference between capitals and small letters.

    Raises:
        StudioError: it is none, cannot be searched in linear time, or matches the empty text
            (E0703); the message names the rule and the position.
    """

    def __init__(self, rule: str, *, as_written: bool = False, any_case: bool = False) -> None:
        options = re2.Options()
        options.log_errors = False
        options.case_sensitive = not any_case
        read = rule if as_written else _rewritten(rule)
        try:
            self._compiled = re2.compile(read.encode("utf-8"), options=options)
        except re2.error as error:
            raise bad_rule(rule, *_refusal(rule, error)) from error
        except UnicodeEncodeError as error:
            raise bad_rule(rule, "is no text", _HELP) from error
        if self._compiled.programsize > MAX_PROGRAM:
            raise bad_rule(rule, "repeats too much", "Repeat with * or +, or fewer times.")
        if not as_written and self._compiled.match(b"") is not None:
            raise bad_rule(rule, "matches nothing at all, so it says nothing", _HELP)

    @property
    def program_size(self) -> int:
        """Instructions of its program, up to `MAX_PROGRAM`."""
        return int(self._compiled.programsize)

    def replaced(self, data: bytes, mark: bytes) -> bytes:
        """`data` with `mark` where the groups match, or the whole, when it has no groups.

        The same object when nothing matches. Bytes that are no UTF-8 are single characters.
        """
        text, private = _searchable(data)
        if text is None:
            return mark
        if self._compiled.search(text) is None:
            return data
        made, begin = bytearray(), 0
        for start, end in self._spans(text):
            if start >= begin:  # else it is inside what was replaced
                made += text[begin:start] + mark
                begin = end
        made += text[begin:]
        if bytes(made) == text:
            return data
        return _bytes_of(bytes(made)) if private else bytes(made)

    def without(self, text: str) -> str:
        """`text` without what the whole expression matches."""
        data = text.encode("utf-8", "surrogatepass")
        if self._compiled.search(data) is None:
            return text
        made, begin = bytearray(), 0
        for match in self._compiled.finditer(data):
            start, end = match.span()
            made += data[begin:start]
            begin = end
        return (bytes(made) + data[begin:]).decode("utf-8", "surrogatepass")

    def matches(self, text: str, *, whole: bool) -> bool:
        """Whether it matches the whole of `text`, or anywhere in it."""
        data = text.encode("utf-8", "surrogatepass")
        find = self._compiled.fullmatch if whole else self._compiled.search
        return find(data) is not None

    def found_in(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where it matches, from the first to the last; nothing that is empty."""
        for match in self._compiled.finditer(data):
            start, end = match.span()
            if start < end:
                yield start, end

    def _spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        groups = range(1, self._compiled.groups + 1)
        for match in self._compiled.finditer(text):
            if not groups:
                yield match.span()
                continue
            spans = (match.span(index) for index in groups)
            yield from sorted(span for span in spans if 0 <= span[0] < span[1])


def require_few(rules: tuple[str, ...]) -> None:
    """Raise `StudioError` (E0703) when there are too many rules, or one is too long."""
    if len(rules) > MAX_RULES:
        raise bad_rule(rules[MAX_RULES], f"is one too many: {MAX_RULES} are taken", "Join some.")
    for rule in rules:
        if len(rule) > MAX_RULE_CHARACTERS:
            why = f"has more than {MAX_RULE_CHARACTERS} characters"
            raise bad_rule(rule[:40] + "…", why, "Split it.")


def bad_rule(rule: str, why: str, help_text: str) -> StudioError:
    """The error for a rule that cannot be taken (E0703)."""
    message = f"the rule {rule!r} {why}"
    return StudioError([Diagnostic(Severity.ERROR, Code.INVALID_VALUE, message, help_text)])


_HELP = "Write a JSON path beginning with $, or a regular expression, e.g. token=(\\w+)."


def _rewritten(rule: str) -> str:
    """The rule as RE2 takes it. Raises `StudioError` for what it never takes."""
    made: list[str] = []
    at, in_class, repeats = 0, False, False
    while at < len(rule):
        here, at_next = rule[at], at + 1
        was, repeats = repeats, False
        if here == "\\" and at_next < len(rule):
            part, at_next = _escape(rule, at, in_class=in_class)
        elif in_class:
            part, in_class = here, here != "]"
        elif here == "[":
            part, at_next = _class_begin(rule, at)
            in_class = True
        elif here == "(":
            _require_plain_group(rule, at)
            part = here
        elif here == "$":
            part = "(?m:$)"
        elif here == "+" and was:
            why = f"has a possessive quantifier at character {at + 1}, which no linear search has"
            raise bad_rule(rule, why, "Leave the second + out.")
        else:
            part = here
            repeats = here in "*+?}" and (here != "?" or not was)
        made.append(part)
        at = at_next
    return "".join(made)


def _escape(rule: str, at: int, *, in_class: bool) -> tuple[str, int]:
    """What an escape becomes, and where it ends."""
    letter = rule[at + 1]
    if letter == "w":
        return (_WORD if in_class else f"[{_WORD}]"), at + 2
    if letter == "W" and not in_class:
        return f"[^{_WORD}]", at + 2
    if letter == "Z":
        return "\\z", at + 2
    digits = {"u": 4, "U": 8}.get(letter)
    if digits is not None:
        return f"\\x{{{rule[at + 2 : at + 2 + digits]}}}", at + 2 + digits
    if letter in "123456789" and not in_class:
        why = f"refers to a group at character {at + 1}, which no linear search can"
        raise bad_rule(rule, why, "Write the group's text again.")
    return rule[at : at + 2], at + 2


def _class_begin(rule: str, at: int) -> tuple[str, int]:
    """`[`, `[^`, and a `]` right after it, which is a character of the class."""
    end = at + 1
    if rule[end : end + 1] == "^":
        end += 1
    if rule[end : end + 1] == "]":
        return rule[at:end] + "\\]", end + 1
    return rule[at:end], end


def _require_plain_group(rule: str, at: int) -> None:
    for begin, (what, mend) in _REFUSED_GROUPS.items():
        if rule.startswith(begin, at):
            why = f"has {what}, {begin}, at character {at + 1}, which no linear search has"
            more = f"{mend} what is meant, e.g. token=(\\w+)." if what[2] == "l" else f"{mend}."
            raise bad_rule(rule, why, more[0].upper() + more[1:])


def _refusal(rule: str, error: Exception) -> tuple[str, str]:
    """RE2's reason with the position it names, and what to do."""
    detail = error.args[0] if error.args else b""
    text = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
    reason, _, part = text.partition(": ")
    at = rule.find(part) if part else -1
    where = f" at character {at + 1}" if at >= 0 else ""
    if "repetition size" in reason:
        return f"repeats more than 1,000 times{where}", "Repeat with * or +, or fewer times."
    shown = f", {part}" if part and part != rule else ""
    return f"is no regular expression: {reason}{shown}{where}", _HELP


def _searchable(data: bytes) -> tuple[bytes | None, bool]:
    """UTF-8 in the place of `data`, and whether bytes had to become characters.

    None when it holds such characters of its own: then it cannot be told apart.
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "surrogateescape")
        if _NO_BYTES.search(text):
            return None, False
        return text.translate(_TO_PRIVATE).encode("utf-8"), True
    return data, False


def _bytes_of(text: bytes) -> bytes:
    return text.decode("utf-8").translate(_FROM_PRIVATE).encode("utf-8", "surrogateescape")
