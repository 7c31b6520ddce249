"""What may import what, and that the map of the code is true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from runtime.model.codes import Code

ROOT = Path(__file__).parent.parent
LONGEST_FILE = 400
CODE = ("runtime", "workbench", "tests", "components")


def _modules(package: str) -> list[str]:
    files = sorted((ROOT / package).rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


def _loaded_after(imports: list[str]) -> set[str]:
    lines = [f"import {name}" for name in imports]
    program = "\n".join([*lines, "import sys", "print(*sys.modules, sep='\\n')"])
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_runtime_loads_no_terminal_package() -> None:
    loaded = _loaded_after(_modules("runtime"))
    assert "runtime.session" in loaded
    assert not loaded & {"textual", "rich", "workbench"}


def test_the_command_line_loads_neither_screen_nor_wasmtime_before_a_verb_is_called() -> None:
    loaded = _loaded_after(["workbench.cli"])
    assert "click" in loaded
    assert not loaded & {"textual", "wasmtime"}


@pytest.mark.parametrize("package", ["runtime", "workbench"])
def test_no_file_outgrows_its_concept(package: str) -> None:
    long_files = [
        str(file.relative_to(ROOT))
        for file in (ROOT / package).rglob("*.py")
        if len(file.read_text().splitlines()) > LONGEST_FILE
    ]
    assert long_files == []


@dataclass(frozen=True)
class Module:
    """A module of `runtime` or `workbench`, as its text says."""

    name: str
    file: Path
    classes: tuple[str, ...]
    """Public ones, at the top of the file."""
    imported: frozenset[str]
    """Everything named in an import: modules, and names in modules."""

    @property
    def folder(self) -> str:
        """E.g. `runtime.flow`."""
        return self.name.rpartition(".")[0]

    @property
    def last(self) -> str:
        """E.g. `link`."""
        return self.name.rpartition(".")[2]


@cache
def modules() -> dict[str, Module]:
    """Every module but the `__init__` of packages, by its whole name."""
    return {
        name: _read(name, file)
        for room in ("runtime", "workbench")
        for file in sorted((ROOT / room).rglob("*.py"))
        if file.stem != "__init__"
        for name in [".".join(file.relative_to(ROOT).with_suffix("").parts)]
    }


@cache
def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def _read(name: str, file: Path) -> Module:
    tree = _parsed(file)
    classes = [item.name for item in tree.body if isinstance(item, ast.ClassDef)]
    imported: set[str] = set()
    for item in ast.walk(tree):
        if isinstance(item, ast.Import):
            imported |= {alias.name for alias in item.names}
        elif isinstance(item, ast.ImportFrom) and item.module:
            imported |= {item.module, *(f"{item.module}.{alias.name}" for alias in item.names)}
    public = tuple(word for word in classes if not word.startswith("_"))
    return Module(name, file, public, frozenset(imported))


def test_no_public_class_name_stands_twice() -> None:
    homes: dict[str, list[str]] = {}
    for module in modules().values():
        for word in module.classes:
            homes.setdefault(word, []).append(module.name)
    assert len(homes) > 100
    twice = [
        f"class {word} stands in {' and '.join(names)}: give one of them another name"
        for word, names in homes.items()
        if len(names) > 1
    ]
    assert not twice, "\n".join(twice)


def test_every_modal_screen_has_its_place_in_the_style_sheet() -> None:
    sheets = (ROOT / "workbench").glob("*.tcss")
    styles = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", styles)
    named = {word for selectors, _ in rules for word in re.findall(r"\b\w+Screen\b", selectors)}
    placed = {
        word
        for selectors, body in rules
        if re.search(r"\b(align|layout):", body)
        for word in re.findall(r"\b\w+Screen\b", selectors)
    }
    modal = {
        item.name
        for module in modules().values()
        if module.name.startswith("workbench.")
        for item in _parsed(module.file).body
        if isinstance(item, ast.ClassDef)
        and any("ModalScreen" in ast.unparse(base) for base in item.bases)
    }
    assert len(modal) > 8
    assert modal - {"PayloadViewScreen"} <= placed, (
        "their dialogs stand at the top left, on an empty screen"
    )
    assert named <= {word for module in modules().values() for word in module.classes}


SAME_THING_TWICE = {
    "__main__": "what `python -m` runs: the program, and a process of its own for a session",
    "branches": "branches of a session, and the screen that lists them",
    "call": "a call, and the verb that makes a case of one",
    "check": "checking a manifest, and the verb that does it",
    "element": "an element, and what the inspector shows of it",
    "host_inputs": "what host inputs are, and those of this machine",
    "golden_test": "a test from a recording, and the verb that runs them",
    "link": "linking a flow, and the verb that does it",
    "open": "opening a flow, and the verb that does it",
    "scratch": "a node tried next to its flow, and the pane that shows it",
    "replay": "replaying a recording without a screen, and the verb that does it",
    "run": "running a flow without a screen, and the verb that does it",
    "trace": "tracing the elements of a recording, and the verb that does it",
    "try_component": "trying a component alone, and the verb that does it",
}
"""Module names that may stand twice: the same thing seen from two layers."""


def test_a_module_name_stands_twice_only_where_it_is_the_same_thing_from_two_layers() -> None:
    homes: dict[str, list[str]] = {}
    for module in modules().values():
        homes.setdefault(module.last, []).append(module.name)
    twice = {word: names for word, names in homes.items() if len(names) > 1}
    by_chance = [
        f"{' and '.join(names)} have the same name: rename one of them, or, if they are the same "
        f"thing seen from two layers, add '{word}' with the reason to SAME_THING_TWICE"
        for word, names in twice.items()
        if word not in SAME_THING_TWICE or len(names) > 2
    ]
    assert not by_chance, "\n".join(by_chance)
    stale = [word for word in SAME_THING_TWICE if word not in twice]
    assert not stale, f"no longer twice, remove from SAME_THING_TWICE: {', '.join(stale)}"


COMPILED = ("runtime.engine.", "runtime.model.measures.histogram")
"""What mypyc compiles takes the dataclasses that mypyc knows."""


def test_dataclasses_are_those_whose_methods_wait_for_their_use() -> None:
    eager = [
        f"{name}: take `dataclass` from runtime.model.lazy.dataclass, so that importing the module "
        "costs a tenth"
        for name, module in modules().items()
        if "dataclasses.dataclass" in module.imported
        and not name.startswith((*COMPILED, "runtime.model.lazy."))
    ]
    assert not eager, "\n".join(eager)


def test_what_tests_share_is_in_the_folder_of_support() -> None:
    sharing = [
        f"{file.relative_to(ROOT)} imports {name}: move what both need into tests/support"
        for file in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"^from (tests\.(?:\w+\.)*test_\w+) import", file.read_text(), re.M)
    ]
    assert not sharing, "\n".join(sharing)


MOST_INTERTWINED = 12


def test_no_folder_holds_more_than_a_dozen_modules_that_others_of_it_import() -> None:
    """What nothing in its folder imports (a verb, a pane) may be there in any number."""
    imported_in: dict[str, set[str]] = {}
    for module in modules().values():
        for name in module.imported & modules().keys():
            if modules()[name].folder == module.folder:
                imported_in.setdefault(module.folder, set()).add(name)
    large = [
        f"{folder}: {len(names)} of its modules are imported by others of it, at most "
        f"{MOST_INTERTWINED} may be: move those of one concept into a folder of their own "
        f"({', '.join(sorted(name.rpartition('.')[2] for name in names))})"
        for folder, names in imported_in.items()
        if len(names) > MOST_INTERTWINED
    ]
    assert not large, "\n".join(large)


def _table() -> list[str]:
    """The files and folders that CONTRIBUTING's table names."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("|") and "`" in line]
    return [path for row in rows for path in re.findall(r"`([^`]+)`", row.split("|")[2])]


def test_every_file_of_the_contributing_table_exists() -> None:
    paths = _table()
    assert len(paths) > 60
    lost = [
        f"CONTRIBUTING.md names {path}, which does not exist: correct the row"
        for path in paths
        if not (ROOT / path).exists()
    ]
    assert not lost, "\n".join(lost)


def test_every_package_has_a_row_in_the_contributing_table() -> None:
    packages = {
        file.parent.relative_to(ROOT).as_posix()
        for room in ("runtime", "workbench")
        for file in (ROOT / room).rglob("__init__.py")
        if file.parent != ROOT / room
    }
    named = set(_table())
    named |= {Path(path).parent.as_posix() for path in named}
    missing = [
        f"{package} has no row in CONTRIBUTING.md: say in the table 'I want to…' what one changes "
        "there, and in which file"
        for package in sorted(packages - named)
    ]
    assert not missing, "\n".join(missing)


def _slugs(document: Path) -> set[str]:
    """What the headings of a document are called in links, as forges name them."""
    text = re.sub(r"(?ms)^```.*?^```", "", document.read_text())
    headings = re.findall(r"(?m)^#+ +(.+)$", text)
    return {re.sub(r"[^\w -]", "", item.lower()).replace(" ", "-") for item in headings}


_DOCUMENT = re.compile(r"(?<![\w/])(docs/[\w.-]*\w)((?:#[\w-]+)?(?:(?:, | and )#[\w-]+)*)")


def test_every_reference_to_a_document_leads_to_a_section_that_exists() -> None:
    files = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *(file for room in CODE for file in (ROOT / room).rglob("*.py")),
        ROOT / "pyproject.toml",
        ROOT / "Makefile",
    ]
    references = [
        (file, document, section)
        for file in files
        for document, sections in _DOCUMENT.findall(file.read_text())
        for section in re.findall(r"#([\w-]+)", sections) or [""]
    ]
    for file in ROOT.glob("docs/*.md"):
        here = f"docs/{file.name}"
        links = re.findall(r"\]\(([\w.-]*)#([\w-]+)\)", file.read_text())
        references += [(file, f"docs/{name}" if name else here, part) for name, part in links]
    assert len(references) > 40
    lost = [
        f"{file.relative_to(ROOT)} refers to {document}#{section}: write that section, or drop "
        "the reference"
        for file, document, section in references
        if not (ROOT / document).exists() or (section and section not in _slugs(ROOT / document))
    ]
    assert not lost, "\n".join(lost)


def test_no_reference_leads_out_of_the_repository() -> None:
    """A section sign belongs to a document that is not here, or that has named sections."""
    lost = [
        f"{file.relative_to(ROOT)}:{number}: bring the fact into docs/torvyn-facts.md and name its "
        f"section, or drop the reference: {line.strip()}"
        for room in CODE
        for file in (ROOT / room).rglob("*.py")
        if file != Path(__file__)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if "§" in line
    ]
    assert not lost, "\n".join(lost)


def test_every_code_stands_among_the_facts_about_torvyn() -> None:
    text = (ROOT / "docs" / "torvyn-facts.md").read_text()
    named = set(re.findall(r"E\d{4}", text))
    for first, last in re.findall(r"E(\d{4}) to E(\d{4})", text):
        named |= {f"E{number:04}" for number in range(int(first), int(last) + 1)}
    missing = [
        f"{code.number} {code.title} is not in docs/torvyn-facts.md#codes: add it there"
        for code in Code
        if code.number not in named
    ]
    assert not missing, "\n".join(missing)


def test_torvyns_codes_are_written_in_one_place_and_each_is_in_use() -> None:
    packages = [ROOT / "runtime", ROOT / "workbench"]
    files = [file for package in packages for file in package.rglob("*.py")]
    files.remove(ROOT / "runtime/model/codes.py")
    literals, used = [], set()
    explained = ROOT / "workbench/text/code_explanations.py"  # has each of them, which is no use
    for file in files:
        tree = _parsed(file)
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            match node:
                case ast.Constant(value=str(text)) if id(node) not in prose:
                    if re.search(r"E\d{4}", text):
                        literals.append(f"{file.relative_to(ROOT)}:{node.lineno}: {text!r}")
                case ast.Attribute(value=ast.Name(id="Code"), attr=member) if file != explained:
                    used.add(member)
    assert literals == []
    assert {code.name for code in Code} - used == set()


def test_every_code_is_one_number_and_name_with_its_meaning_in_a_sentence() -> None:
    pairs = [(code.number, code.title) for code in Code]
    assert len(set(pairs)) == len(pairs) == len(Code.__members__)
    for code in Code:
        assert re.fullmatch(r"E\d{4}", code.number)
        assert re.fullmatch(r"[A-Z]\S* .+\.", code.meaning), code
        assert Code.of(code.number, code.title) is code
    assert Code.of("E0702", "Trap") is None


def _is_there(name: str) -> bool:
    """Whether a dotted name leads somewhere.

    It begins with a module's whole name, a module's last name, or the name of a public class.
    """
    first, *rest = name.split(".")
    starts: list[tuple[Any, list[str]]] = [
        (getattr(import_module(module.name), first), rest)
        for module in modules().values()
        if first in module.classes
    ]
    starts += [
        (import_module(module.name), rest) for module in modules().values() if module.last == first
    ]
    if first in ("runtime", "workbench"):
        starts.append((import_module(first), rest))
    return any(_leads_on(start, words, name) for start, words in starts)


def _leads_on(start: Any, words: list[str], name: str) -> bool:
    for word in words:
        if isinstance(start, ModuleType) and not hasattr(start, word):
            try:
                import_module(f"{start.__name__}.{word}")
            except ModuleNotFoundError:
                return False
        if word in getattr(start, "__annotations__", {}) and word == words[-1]:
            return True
        if not hasattr(start, word):
            return False
        start = getattr(start, word)
    return True


def test_the_page_about_the_architecture_names_only_what_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    text = re.sub(r"(?ms)^```.*?^```", "", text)
    words = dict.fromkeys(re.findall(r"`([^`]+)`", text))
    paths = [
        word for word in words if re.fullmatch(r"[\w./-]*/[\w./-]*|[\w-]+\.(py|md|toml)", word)
    ]
    names = [
        word
        for word in words
        if word not in paths
        and re.fullmatch(r"\w{2,}(\.\w+)+|[A-Z]\w*[a-z]\w*", word)
        and word != "Torvyn.toml"
    ]
    assert len(paths) > 20
    assert len(names) > 40
    lost = [word for word in paths if word != "Torvyn.toml" and not (ROOT / word).exists()]
    lost += [word for word in names if not _is_there(word)]
    assert not lost, (
        "docs/architecture.md names what does not exist (any more); correct the journeys there: "
        + ", ".join(lost)
    )


PLAIN_WORDS = {
    "can not": "cannot",
    "anew": "again",
    "beside": "next to",
    "for ever": "forever",
}


def test_what_people_read_is_in_plain_english() -> None:
    files = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *(file for room in ("runtime", "workbench") for file in (ROOT / room).rglob("*.py")),
    ]
    found = [
        f"{file.relative_to(ROOT)}:{number}: write '{plain}', not '{word}'"
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), 1)
        for word, plain in PLAIN_WORDS.items()
        if re.search(rf"\b{word}\b", line, re.IGNORECASE)
    ]
    assert not found, "\n".join(found)
