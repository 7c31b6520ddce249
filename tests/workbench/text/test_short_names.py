"""Names cut to a width: no two alike, none too wide, as a plain statement of the rule has them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.examples import examples
from workbench.text.short_names import TO, shorten, shorten_edges

HARD = (
    "enrich-with-customer-profile",
    "enrich-with-geo-location",
    "ingest-from-kafka-primary-cluster",
    "ingest-from-kafka-standby-cluster",
    "normalise-and-validate-incoming-records",
    "orders-eu-west-1-writer",
    "orders-eu-west-2-writer",
    "記録を正規化する処理",
    "com.acme.billing.InvoiceRowSplitterV2",
    "com.acme.billing.InvoiceRowSplitterV3",
)

PARTS = ("in", "out", "kafka", "customer", "é", "記録", "1", "2", "x", "profile", "east", "west")

NAMES = st.lists(
    st.builds(
        lambda parts, mark: mark.join(parts),
        st.lists(st.sampled_from(PARTS), min_size=1, max_size=6),
        st.sampled_from("-_.:"),
    ),
    min_size=2,
    max_size=16,
    unique=True,
)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            14,
            "enrich…profile enric…location ing…ry-cluster ing…by-cluster normal…records "
            "order…1-writer order…2-writer 記録を…る処理 com.ac…itterV2 com.ac…itterV3",
        ),
        (
            10,
            "en…profile enri…ation in…pri…ter in…sta…ter no…records or…1-w…ter or…2-w…ter "
            "記録…処理 com.…terV2 com.…terV3",
        ),
    ],
)
def test_ten_hard_names_at_two_widths(width: int, expected: str) -> None:
    assert list(shorten(HARD, width).values()) == expected.split()


@given(NAMES, st.sampled_from((6, 8, 10, 14)))
@examples(200)
def test_no_two_names_look_equal_and_none_is_too_wide(names: list[str], width: int) -> None:
    made = shorten(tuple(names), width)
    assert len(set(made.values())) == len(names)
    assert all(cell_len(text) <= width for text in made.values())
    assert all(made[name] == name for name in names if cell_len(name) <= width)


@given(NAMES, st.sampled_from((6, 8, 10, 14)))
@examples(200)
def test_the_rule_stated_plainly_gives_the_same_where_it_finds_a_way(
    names: list[str], width: int
) -> None:
    expected = _plainly(names, width)
    if len(set(expected.values())) == len(names):
        assert dict(shorten(tuple(names), width)) == expected


def test_no_accent_is_cut_off_its_letter() -> None:
    names = ("cafe\u0301-cafe\u0301-cafe\u0301", "cafe\u0301-cafe\u0301-thé-thé")
    for text in shorten(names, 8).values():
        assert not any(unicodedata.combining(part[0]) for part in text.split("…") if part)


def test_two_hundred_names_of_lanes_are_told_apart_at_eight_cells() -> None:
    names = tuple(
        f"plant-{n:02}-{step}" for n in range(18) for step in ["read", "rate", "tax", "ack"]
    )
    assert len(set(shorten(names, 8).values())) == len(names)


# ---- the rule, slow and plain


def _clusters(text: str) -> list[str]:
    made: list[str] = []
    for character in text:
        if made and unicodedata.combining(character):
            made[-1] += character
        else:
            made.append(character)
    return made


def _take(clusters: list[str], cells: int) -> tuple[str, int]:
    text, used = "", 0
    for cluster in clusters:
        if used + cell_len(cluster[0]) > cells:
            break
        text, used = text + cluster, used + cell_len(cluster[0])
    return text, used


def _take_end(clusters: list[str], cells: int) -> tuple[str, int]:
    kept: list[str] = []
    used = 0
    for cluster in reversed(clusters):
        if used + cell_len(cluster[0]) > cells:
            break
        kept, used = [cluster, *kept], used + cell_len(cluster[0])
    return "".join(kept), used


def _one_gap(name: str, width: int) -> Iterator[str]:
    clusters = _clusters(name)
    half = width // 2

    def cost(tail: int) -> tuple[int, int]:
        good = len(clusters) > tail and clusters[-tail - 1] in "-_.:/ "
        return abs(tail - half) + (0 if good else 3), -tail

    for tail in sorted(range(2, width - 2), key=cost):
        end, used = _take_end(clusters, tail)
        yield f"{_take(clusters, width - 1 - used)[0]}…{end}"


def _two_gaps(name: str, width: int, others: list[str]) -> Iterator[str]:
    clusters = _clusters(name)

    def alike(other: str) -> int:
        pairs = zip(clusters, _clusters(other), strict=False)
        return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(clusters), len(other)))

    at = max(map(alike, others), default=0)
    for middle in range(max(3, width // 3), width - 4):
        left = max(1, (width - 2 - middle) // 2)
        right = max(1, width - 2 - middle - left)
        for start in (at, max(0, at - 1), max(0, at - 2)):
            head = _take(clusters[:start], left)[0]
            text = f"{head}…{_take(clusters[start:], middle)[0]}…{_take_end(clusters, right)[0]}"
            if cell_len(text) <= width:
                yield text


def _plainly(names: list[str], width: int) -> dict[str, str]:
    made = {name: name for name in names if cell_len(name) <= width}
    long = [name for name in names if name not in made]
    for name in long:
        rest = [other for other in long if other != name]
        others = [other for other in names if other != name]
        taken = set(made.values())

        def one_clashes(text: str, rest: list[str] = rest) -> bool:
            return any(text in _one_gap(other, width) for other in rest)

        def two_clash(text: str, rest: list[str] = rest) -> bool:
            return any(
                text in _two_gaps(other, width, [item for item in names if item != other])
                for other in rest
            )

        ways = [text for text in _one_gap(name, width) if not one_clashes(text)]
        ways += [text for text in _two_gaps(name, width, others) if not two_clash(text)]
        free = [text for text in ways if text not in taken]
        before = names[: names.index(name)]
        number = 1 + sum(_clusters(one)[:2] == _clusters(name)[:2] for one in before)
        tag = f"~{number}"
        made[name] = free[0] if free else f"{_take(_clusters(name), width - 1 - len(tag))[0]}…{tag}"
    return made


@examples(60)
@given(NAMES, st.integers(24, 60))
def test_edges_are_cut_at_both_ends_and_no_two_look_alike(names: list[str], width: int) -> None:
    labels = tuple(f"{one}:out{TO}{two}" for one in names for two in names[:4])
    made = shorten_edges(labels, width)
    assert len(set(made.values())) == len(labels)
    assert all(cell_len(text) <= width for text in made.values())
    assert all(made[label] == label for label in labels if cell_len(label) <= width)


def test_an_edge_between_long_names_says_where_it_leads() -> None:
    labels = ("orders-eu-west-1-reader -> normalise-and-validate-incoming-records", "a:p -> b")
    made = shorten_edges(labels, 31)
    assert made[labels[0]] == "ord…reader -> normalise…records"
    assert made[labels[1]] == "a:p -> b"
