"""What `/` asks of a pane."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from runtime.expression.vocabulary import Vocabulary

if TYPE_CHECKING:
    from workbench.search.query import Query


class Found(NamedTuple):
    """How much of a pane is looked for."""

    rows: int
    of: int


class Searchable(Protocol):
    """A pane that can be searched: it hides what does not match, or marks what does."""

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The fields that a condition may name; None where there are none."""
        ...

    @property
    def filters(self) -> bool:
        """True where a search hides what does not match, unless the user wants it otherwise."""
        ...

    @property
    def filtering(self) -> bool:
        """True while something is hidden because it does not match."""
        ...

    @property
    def sought(self) -> Query | None:
        """What is searched for now."""
        ...

    def search(self, query: Query | None, *, filtering: bool) -> None:
        """Search for something else, or for nothing any more."""
        ...

    def found(self) -> Found:
        """How much matches."""
        ...

    def go_to_match(self, step: int) -> bool:
        """Put the cursor on the next match, or on the one before; False without any."""
        ...
