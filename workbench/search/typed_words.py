"""What is typed to find an entry of a list: words in any order, or a whole query as behind `/`."""

from __future__ import annotations

import re

from runtime.expression.vocabulary import Vocabulary
from workbench.search.query import Query, parse_query

_PLAIN = re.compile(r"[\w\s.,:#+-]+")


def words_query(text: str, vocabulary: Vocabulary) -> Query | None:
    """Words that stand in an entry, wherever; what has other signs is a query of its own.

    None where nothing is typed. Raises `QueryError`.
    """
    if not text.strip():
        return None
    plain = _PLAIN.fullmatch(text) is not None
    return parse_query(" & ".join(text.split()) if plain else text, vocabulary)
