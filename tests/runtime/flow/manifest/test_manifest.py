from __future__ import annotations

from pathlib import Path

import pytest

from runtime.flow.link import check_manifest
from runtime.flow.manifest.manifest_file import choose_flow, load_manifest
from tests.support.flow_manifests import EDGE, NODES, PROJECT, check, errors, place


def test_a_good_manifest_has_no_problems(tmp_path: Path) -> None:
    result = check(tmp_path, PROJECT + NODES + EDGE)
    assert result.diagnostics == ()
    assert result.flow == "main"


BAD: list[tuple[str, str, tuple[str, str, int, int, str], str]] = [
    # what is inserted, where (before/after the flow), the problem, a part of the help
    ("wrker_threads = 1\n[runtime]", "top", ("E0702", "UnknownKey", 5, 1, "wrker_threads"), ""),
    (
        "[runtime]\nworker_thread = 1",
        "end",
        ("E0702", "UnknownKey", 15, 1, "runtime.worker_thread"),
        "did you mean 'worker_threads'",
    ),
    (
        "[runtime]\nzzz = 1",
        "end",
        ("E0702", "UnknownKey", 15, 1, "runtime.zzz"),
        "its keys are: worker_threads",
    ),
    ("[runtme]\nx = 1", "end", ("E0702", "UnknownKey", 14, 2, "runtme"), "did you mean 'runtime'"),
    (
        "[runtime]\nworker_threads = -1",
        "end",
        ("E0703", "InvalidValue", 15, 18, "runtime.worker_threads"),
        "a whole number of at least 0",
    ),
    (
        "[runtime]\nworker_threads = true",
        "end",
        ("E0703", "InvalidValue", 15, 18, "runtime.worker_threads"),
        "a whole number",
    ),
    (
        '[runtime]\nmax_memory_per_component = "16MB"',
        "end",
        ("E0703", "InvalidValue", 15, 28, "runtime.max_memory_per_component"),
        "MiB",
    ),
    (
        "[runtime]\nmax_memory_per_component = 16",
        "end",
        ("E0703", "InvalidValue", 15, 28, "runtime.max_memory_per_component"),
        "in quotes",
    ),
    (
        '[runtime.scheduling]\npolicy = "fair"',
        "end",
        ("E0703", "InvalidValue", 15, 10, "runtime.scheduling.policy"),
        "weighted-fair",
    ),
    (
        "[runtime.scheduling]\ndefault_priority = 11",
        "end",
        ("E0703", "InvalidValue", 15, 20, "runtime.scheduling.default_priority"),
        "1-10",
    ),
    (
        "[runtime.backpressure]\ndefault_queue_depth = 0",
        "end",
        ("E0703", "InvalidValue", 15, 23, "runtime.backpressure.default_queue_depth"),
        "at least 1",
    ),
    (
        '[runtime.backpressure]\nbackpressure_policy = "drop-newst"',
        "end",
        ("E0703", "InvalidValue", 15, 23, "runtime.backpressure.backpressure_policy"),
        "did you mean 'drop-newest'",
    ),
    (
        "[runtime.backpressure]\nlow_watermark_ratio = 1.0",
        "end",
        ("E0703", "InvalidValue", 15, 23, "runtime.backpressure.low_watermark_ratio"),
        "below 1.0",
    ),
    (
        '[runtime.backpressure]\nbackpressure_policy = "rate-limit"',
        "end",
        ("E0704", "Semantic", 11, 13, "flow.main.edges[0]"),
        "rate = 100",
    ),
    (
        '[runtime.backpressure]\nbackpressure_policy = "rate-limit"\nrate = 0',
        "end",
        ("E0703", "InvalidValue", 16, 8, "runtime.backpressure.rate"),
        "above 0",
    ),
    (
        "[observability]\ntracing_sample_rate = 1.5",
        "end",
        ("E0703", "InvalidValue", 15, 23, "observability.tracing_sample_rate"),
        "0.0 to 1.0",
    ),
    (
        "[observability]\ntracing_sample_rate = nan",
        "end",
        ("E0703", "InvalidValue", 15, 23, "observability.tracing_sample_rate"),
        "0.0 to 1.0",
    ),
    (
        '[observability]\ntracing_exporter = "jaeger"',
        "end",
        ("E0703", "InvalidValue", 15, 20, "observability.tracing_exporter"),
        "otlp-grpc",
    ),
    (
        '[[component]]\nname = "a b"\npath = "x"',
        "end",
        ("E0703", "InvalidValue", 15, 8, "component[0].name"),
        "letters",
    ),
    (
        '[[component]]\nname = "a"\npath = "x"\n[[component]]\nname = "a"\npath = "y"',
        "end",
        ("E0706", "Duplicate", 18, 8, "component[1].name"),
        "its own name",
    ),
    (
        '[[component]]\nname = "a"',
        "end",
        ("E0702", "MissingField", 14, 3, "component[0]"),
        "add the key 'path'",
    ),
    (
        '[[component]]\nname = "a"\npath = "x"\nlanguage = "java"',
        "end",
        ("E0703", "InvalidValue", 17, 12, "component[0].language"),
        "zig",
    ),
    (
        '[component]\nname = "a"\npath = "x"',
        "end",
        ("E0703", "InvalidValue", 14, 2, "component"),
        "[[component]]",
    ),
    (
        '[security]\ndefault_capability_policy = "some"',
        "end",
        ("E0703", "InvalidValue", 15, 29, "security.default_capability_policy"),
        "deny-all",
    ),
    (
        '[security.grants.in]\ncapabilities = ["clock:wall", "wasi:cli/stdout"]',
        "end",
        ("E0512", "UnknownCapability", 15, 31, "security.grants.in.capabilities[1]"),
        "write 'stdio:stdout'",
    ),
    (
        '[security.grants.in]\ncapabilities = "stdio:stdout"',
        "end",
        ("E0703", "InvalidValue", 15, 16, "security.grants.in.capabilities"),
        "[brackets]",
    ),
    (
        '[flow.main.nodes.mid]\ncomponent = "c"\ninterface = "torvyn:x/strange"',
        "end",
        ("E0207", "RoleViolation", 16, 13, "flow.main.nodes.mid.interface"),
        "torvyn:aggregation/aggregator",
    ),
    (
        '[flow.main.nodes.mid]\ninterface = "torvyn:filtering/filter"',
        "end",
        ("E0702", "MissingField", 14, 18, "flow.main.nodes.mid"),
        "'component'",
    ),
    (
        '[flow.main.nodes.mid]\ncomponent = ""\ninterface = "torvyn:filtering/filter"',
        "end",
        ("E0703", "InvalidValue", 15, 13, "flow.main.nodes.mid.component"),
        "not empty",
    ),
    (
        '[[flow.main.edges]]\nfrom = { node = "in" }\nto = { node = "out", port = "input" }',
        "end",
        ("E0702", "MissingField", 15, 1, "flow.main.edges[1].from"),
        "'port'",
    ),
    (
        '[[flow.main.edges]]\nfrom = { node = "inn", port = "output" }\n'
        'to = { node = "out", port = "input" }',
        "end",
        ("E0902", "UnknownNode", 15, 17, "flow.main.edges[1].from.node"),
        "did you mean 'in'",
    ),
    (
        "[flow.other]\nnodes = 3",
        "end",
        ("E0703", "InvalidValue", 15, 9, "flow.other.nodes"),
        "a table",
    ),
    (
        "[flow.a]\ndefault_queue_depth = 1",
        "end",
        ("E0900", "NoNodes", 14, 7, "flow.a"),
        "a source and a sink",
    ),
    (
        "[flow.main.nodes.in]",
        "end",
        ("E0901", "DuplicateNode", 14, 20, "flow.main.nodes.in"),
        "remove one of the two",
    ),
    ("[test]\ntimeout_seconds = ", "end", ("E0701", "TomlSyntax", 15, 19, ""), "correct the line"),
]


@pytest.mark.parametrize(("inserted", "where", "expected", "help_"), BAD)
def test_a_mistake_is_reported_with_code_place_key_and_help(
    tmp_path: Path,
    inserted: str,
    where: str,
    expected: tuple[str, str, int, int, str],
    help_: str,
) -> None:
    text = PROJECT + NODES + EDGE + inserted + "\n"
    if where == "top":
        text = inserted.join([PROJECT, "\n"]) + NODES + EDGE
        expected = (*expected[:4], f"torvyn.{expected[4]}")
    result = check(tmp_path, text)
    found = {place(item): item for item in errors(result)}
    wanted = (*expected[:4], expected[4] or None)
    assert wanted in found
    item = found[wanted]
    assert help_ in item.help
    assert item.help
    assert item.message
    assert item.file == str(tmp_path / "Torvyn.toml")


def test_all_problems_are_reported_at_once_in_the_order_of_the_text(tmp_path: Path) -> None:
    text = (
        '[torvyn]\nname = ""\nversion = "1"\n'
        "[runtime]\nworker_thread = 1\n[runtime.scheduling]\ndefault_priority = 0\n"
        "[flow.main.nodes.a]\n"
        '[[flow.main.edges]]\nfrom = { node = "b", port = "output" }\n'
        '[security.grants.a]\ncapabilities = ["filesystem:read"]\n'
    )
    found = [place(item)[0::2] for item in errors(check(tmp_path, text))]
    assert found == [
        ("E0702", 1, "torvyn"),
        ("E0703", 2, "torvyn.name"),
        ("E0703", 3, "torvyn.version"),
        ("E0702", 5, "runtime.worker_thread"),
        ("E0703", 7, "runtime.scheduling.default_priority"),
        ("E0704", 8, "flow.main"),
        ("E0702", 8, "flow.main.nodes.a"),
        ("E0702", 8, "flow.main.nodes.a"),
        ("E0702", 9, "flow.main.edges[0]"),
        ("E0902", 10, "flow.main.edges[0].from.node"),
        ("E0511", 12, "security.grants.a.capabilities[0]"),
    ]


def test_a_standalone_pipeline_needs_no_project(tmp_path: Path) -> None:
    assert check(tmp_path, NODES + EDGE, "pipeline.toml").diagnostics == ()
    (item,) = check(tmp_path, NODES + EDGE).diagnostics
    assert place(item) == ("E0702", "MissingField", 1, 1, None)
    codes = [item.code for item in check(tmp_path, "[runtime]\n", "pipeline.toml").diagnostics]
    assert codes == ["E0702", "E0400"]


def test_many_problems_are_cut_with_their_number(tmp_path: Path) -> None:
    text = PROJECT + NODES + EDGE + "[runtime]\n" + "".join(f"k{i} = 1\n" for i in range(5000))
    found = errors(check(tmp_path, text))
    assert len(found) == 101
    assert "4900 more errors" in found[-1].message


def test_a_warning_that_is_the_same_in_several_places_is_told_once(tmp_path: Path) -> None:
    one = '[[component]]\nname = "c{}"\npath = "."\nlanguage = "{}"\n'
    languages = ["c"] * 12 + ["javascript"]
    path = tmp_path / "Torvyn.toml"
    path.write_text(PROJECT + "".join(map(one.format, range(13), languages)))
    begin = PROJECT.count("\n") + 4
    told = [
        item for item in load_manifest(path).problems.diagnostics() if "not have" in item.message
    ]
    lines = ", ".join(str(begin + 4 * number) for number in range(1, 9))
    assert [(item.line, item.message) for item in told] == [
        (begin, f"Torvyn does not have 'c'; torvyn-studio does (also in line {lines} and 3 more)"),
        (begin + 48, "Torvyn does not have 'javascript'; torvyn-studio does"),
    ]


def test_flows_are_chosen_by_name_or_alphabet(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.toml"
    path.write_text("[flow.beta]\n[flow.alpha]\n[flow.'flow.odd']\n")
    for wanted, found in [
        (None, "alpha"),
        ("beta", "beta"),
        ("flow.beta", "beta"),
        ("flow.odd", "flow.odd"),
    ]:
        chosen = choose_flow(load_manifest(path), wanted)
        assert chosen is not None
        assert chosen[0] == found


@pytest.mark.parametrize(
    ("wanted", "help_"), [("bet", "did you mean 'beta'?"), ("xyz", "the flows are: alpha, beta")]
)
def test_an_unknown_flow_lists_the_flows(tmp_path: Path, wanted: str, help_: str) -> None:
    path = tmp_path / "pipeline.toml"
    path.write_text("[flow.beta]\n[flow.alpha]\n")
    (item,) = check_manifest(path, wanted).diagnostics
    assert place(item) == ("E0400", "FlowNotFound", 1, 2, "flow")
    assert item.help == help_


def test_a_manifest_without_flows_says_so(tmp_path: Path) -> None:
    (item,) = check(tmp_path, PROJECT).diagnostics
    assert item.code == "E0400"
    assert "[flow.main]" in item.help
