"""Which branches were saved in a folder, how they hang together, and what is marked on them.

Their calls are in recordings next to the index. It is a file of the project and may be anybody's:
it names no paths, and a branch that it does not know, or all of them, is found by its file.
"""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path
from typing import Annotated

import msgspec

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.model.files.project_files import BRANCH_INDEX, LAST_RECORDING
from runtime.model.files.replaced_file import replace_file

MOST_BRANCHES, MOST_MARKS, MOST_BYTES = 16, 1_000, 1024 * 1024
"""What an index holds at the most; a session keeps fewer branches."""

_BRANCH_FILE = re.compile(r"last-branch-([1-9][0-9]{0,8})\.rec")

Number = Annotated[int, msgspec.Meta(ge=1, lt=10**9)]
Calls = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class SavedBranch(msgspec.Struct, frozen=True):
    """A branch that was saved, but for its calls."""

    number: Number
    parent: Number | None = None
    """The branch it left."""
    forked_at: Calls = 0
    """After how many calls."""
    marks: Annotated[tuple[Calls, ...], msgspec.Meta(max_length=MOST_MARKS)] = ()
    """Places that are marked on it."""


class BranchIndex(msgspec.Struct, frozen=True):
    """The branches that were saved together."""

    current: Number
    """The one the session was on; its calls are in `last.rec`."""
    branches: Annotated[tuple[SavedBranch, ...], msgspec.Meta(max_length=MOST_BRANCHES)] = ()
    """With the current one, in the order of their numbers."""

    def find(self, number: int) -> SavedBranch:
        """What is known of a branch; of one that is not in the index, its number."""
        found = (saved for saved in self.branches if saved.number == number)
        return next(found, SavedBranch(number))

    @property
    def others(self) -> tuple[SavedBranch, ...]:
        """Those the session was not on."""
        return tuple(saved for saved in self.branches if saved.number != self.current)

    def forks_on(self, number: int) -> list[int]:
        """The places of a branch where it, or what it came from, left another one; in order."""
        saved = self.find(number)
        if saved.parent is None or saved.parent >= number:
            return []
        before = [place for place in self.forks_on(saved.parent) if place < saved.forked_at]
        return [*before, saved.forked_at]


def branch_file(folder: Path, number: int, *, current: bool = False) -> Path:
    """The recording of a branch."""
    return folder / (LAST_RECORDING if current else f"last-branch-{number}.rec")


def saved_numbers(folder: Path) -> list[int]:
    """The branches that have a file of their own, in order."""
    found = (_BRANCH_FILE.fullmatch(path.name) for path in folder.glob("last-branch-*.rec"))
    return sorted(int(match[1]) for match in found if match is not None)


def read_index(folder: Path) -> tuple[BranchIndex, Diagnostic | None]:
    """The branches that were saved in a folder; says why when its index cannot be used."""
    path, problem = folder / BRANCH_INDEX, None
    index: BranchIndex | None = None
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            problem = _unusable(path, f"it has more than {MOST_BYTES:,} bytes")
        else:
            index = msgspec.json.decode(data, type=BranchIndex)
    except FileNotFoundError:
        pass
    except OSError as error:
        problem = _unusable(path, error.strerror or str(error))
    except (msgspec.MsgspecError, RecursionError) as error:
        problem = _unusable(path, str(error))
    numbers = saved_numbers(folder)
    current = (
        next(one for one in count(1) if one not in numbers) if index is None else index.current
    )
    known = {saved.number: saved for saved in (() if index is None else index.branches)}
    branches = {number: known.get(number, SavedBranch(number)) for number in [*known, *numbers]}
    made = tuple(branches[number] for number in sorted(branches))
    return BranchIndex(current, made), problem


def write_index(folder: Path, index: BranchIndex) -> None:
    """Write it in place of the one there is. Raises `OSError`."""
    data = msgspec.json.format(msgspec.json.encode(index), indent=1)
    replace_file(folder / BRANCH_INDEX, data)


def _unusable(path: Path, why: str) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        Code.IO,
        f"which branch left which, and the marks on them, cannot be read: {why}",
        "The branches are restored without that.",
        file=str(path),
    )
