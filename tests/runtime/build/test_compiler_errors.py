from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.build.output.compiler_errors import ProblemReader
from runtime.build.output.log import KEPT_LINES, LONGEST_LINE, LineRing, last_state
from runtime.model.errors import Diagnostic, Severity


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace" / "router"
    (folder / "src").mkdir(parents=True)
    for name in ("src/lib.rs", "app.py", "router.c", "main.zig", "main.go", "world.wit"):
        (folder / name).write_text("")
    return folder


def read(directory: Path, text: str) -> tuple[Diagnostic, ...]:
    reader = ProblemReader(directory, "component 'router' (rust)")
    for line in text.splitlines():
        reader.feed(line)
    return reader.finish()


def place(problem: Diagnostic) -> tuple[str, int | None, int | None]:
    return (Path(problem.file or "").name, problem.line, problem.column)


RUSTC = """\
   Compiling my-comp v0.1.0 (/x/router)
warning: unused variable: `y`
 --> src/lib.rs:3:9
  |
3 |     let y = 1;
  |         ^ help: if this is intentional, prefix it with an underscore: `_y`

error[E0308]: mismatched types
 --> src/lib.rs:1:32
  |
1 | pub fn f() -> u32 { "x" }
  |               ---   ^^^ expected `u32`, found `&str`
  = help: try something else
note: the function
 --> src/lib.rs:9:1

For more information about this error, try `rustc --explain E0308`.
warning: `my-comp` (lib) generated 1 warning (run `cargo fix --lib` to apply 1 suggestion)
error: could not compile `my-comp` (lib) due to 1 previous error; 1 warning emitted
"""


def test_rustc(directory: Path) -> None:
    error, warning = read(directory, RUSTC)
    assert place(error) == ("lib.rs", 1, 32)
    assert error.message == "mismatched types [rustc E0308]"
    assert error.help == "try something else"
    assert (error.code, error.name) == ("E0204", "CompilationFailed")
    assert Path(error.file or "") == directory / "src" / "lib.rs"
    assert place(warning) == ("lib.rs", 3, 9)
    assert warning.severity is Severity.WARNING


def test_paths_relative_to_a_workspace_are_resolved(directory: Path) -> None:
    (error,) = read(directory, "error: expected `;`\n --> router/src/lib.rs:1:2\n")
    assert Path(error.file or "") == directory / "src" / "lib.rs"


def test_cargo_errors_without_a_place_are_kept(directory: Path) -> None:
    (error,) = read(directory, "error: no matching package named `nope` found\n")
    assert (error.message, error.file) == ("no matching package named `nope` found", None)


def test_a_missing_target_is_named_with_its_install_command(directory: Path) -> None:
    (error,) = read(
        directory,
        "error[E0463]: can't find crate for `std`\n"
        "  |\n"
        "  = note: the `wasm32-wasip2` target may not be installed\n"
        "  = help: consider downloading the target with `rustup target add wasm32-wasip2`\n\n"
        "error: could not compile `my-comp` (lib) due to 1 previous error\n",
    )
    assert (error.code, error.name) == ("E0010", "ToolchainMissing")
    assert "rustup target add wasm32-wasip2" in error.help


@pytest.mark.parametrize(
    ("line", "tool", "command"),
    [
        ("error: no such command: `component`", "cargo-component", "cargo install"),
        ("sh: 1: wasm-tools: not found", "wasm-tools", "cargo install --locked wasm-tools"),
        ("./b.sh: line 3: tinygo: command not found", "tinygo", ""),
        ("make: componentize-py: No such file or directory", "componentize-py", "pip install"),
    ],
)
def test_missing_commands_inside_a_build_are_named(
    directory: Path, line: str, tool: str, command: str
) -> None:
    (error,) = read(directory, line)
    assert error.code == "E0010"
    assert f"`{tool}`" in error.message
    assert command in error.help


def test_clang_and_zig(directory: Path) -> None:
    text = (
        "router.c:1:8: error: expected parameter declarator\n"
        "    1 | int f( { return x; }\n"
        "router.c:1:6: note: to match this '('\n"
        "router.c:9:2: warning: unused\n"
        "main.zig:2:12: error: use of undeclared identifier 'nope'\n"
        "router.c:1:8: error: expected parameter declarator\n"
    )
    c_error, zig_error, warning = read(directory, text)
    assert place(c_error) == ("router.c", 1, 8)
    assert place(zig_error) == ("main.zig", 2, 12)
    assert zig_error.message == "use of undeclared identifier 'nope'"
    assert (place(warning), warning.severity) == (("router.c", 9, 2), Severity.WARNING)


def test_go_leaves_the_word_error_out_and_other_lines_of_that_form_are_no_problem(
    directory: Path,
) -> None:
    (error,) = read(
        directory, "./main.go:5:2: undefined: nope\nlog:12: hello\n12:30:01: starting\n"
    )
    assert place(error) == ("main.go", 5, 2)


def test_linkers(directory: Path) -> None:
    (error,) = read(directory, "wasm-ld: error: router.o: undefined symbol: g\n")
    assert error.message == "linker: router.o: undefined symbol: g"


def test_wasm_tools(directory: Path) -> None:
    (error,) = read(
        directory,
        "error: expected `import`, `export` or type definition, found eof\n"
        "     --> world.wit:2:1\n      |\n    2 | \n      | ^\n",
    )
    assert place(error) == ("world.wit", 2, 1)


def test_a_python_traceback_is_placed_at_the_innermost_line_of_the_component(
    directory: Path,
) -> None:
    (error,) = read(
        directory,
        "Traceback (most recent call last):\n"
        f'  File "{directory}/build.py", line 3, in <module>\n'
        "    main()\n"
        f'  File "{directory}/app.py", line 7, in main\n'
        '    json.loads("")\n'
        '  File "/usr/lib/python3.11/json/decoder.py", line 337, in decode\n'
        "    raise JSONDecodeError\n"
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)\n",
    )
    assert place(error) == ("app.py", 7, None)
    assert error.message.startswith("json.decoder.JSONDecodeError: Expecting value")


def test_componentize_py_shows_the_component_under_a_mount_point(directory: Path) -> None:
    (error,) = read(
        directory,
        "Traceback (most recent call last):\n"
        '  File "/home/me/venv/bin/componentize-py", line 8, in <module>\n'
        "    sys.exit(script())\n"
        'AssertionError: Traceback (most recent call last):\n  File "/0/app.py", line 2, in <m>\n'
        '    raise RuntimeError("x")\n'
        "RuntimeError: x\n\n\nCaused by:\n    RuntimeError: x\n",
    )
    assert place(error) == ("app.py", 2, None)
    assert Path(error.file or "") == directory / "app.py"


def test_a_tool_that_fails_by_itself_is_not_blamed_on_its_own_source(directory: Path) -> None:
    (error,) = read(
        directory,
        "Traceback (most recent call last):\n"
        '  File "/home/me/venv/bin/componentize-py", line 8, in <module>\n'
        "    sys.exit(script())\n"
        'AssertionError: Unable to resolve `Some("nope")`.\n',
    )
    assert error.file is None
    assert "Unable to resolve" in error.message


@given(st.lists(st.text(max_size=60), max_size=20))
def test_any_lines_are_read_without_an_error(lines: list[str]) -> None:
    reader = ProblemReader(Path("/nowhere"), "component 'x'")
    for line in lines:
        reader.feed(line)
    reader.finish()


def test_lines_are_whole_harmless_and_numbered() -> None:
    ring = LineRing()
    assert ring.feed("grü".encode()[:-1]) == []
    assert ring.feed("ü".encode()[1:] + b"n\r\n\x1b[1;31mred\x1b[0m\n half") == ["grün", "red"]
    assert ring.feed(b"", final=True) == [" half"]
    lines = ring.after(1).lines
    assert [(line.number, line.text) for line in lines] == [(2, "red"), (3, " half")]


def test_a_progress_line_shows_its_last_state() -> None:
    assert last_state("10%\r50%\r100%") == "100%"
    assert last_state("done\r") == "done"


@pytest.mark.parametrize(
    "raw",
    [
        "\x1b]0;title\x07",
        "\x1b]52;c;ZXZpbA==\x1b\\",
        "\x1b[2J\x1b[H",
        "\x1bc",
        "\x9b2J",
        "\x08\x08\x07",
        "\x1bP1$r\x1b\\",
        "\x1b[?1049h",
    ],
)
def test_control_codes_do_not_pass(raw: str) -> None:
    (text,) = LineRing().feed(f"a{raw}b\n".encode())
    assert text.startswith("a")
    assert text.endswith("b")
    assert text.isprintable()


@given(st.text())
def test_no_text_passes_control_codes(raw: str) -> None:
    assert not any(
        (ord(char) < 32 and char != "\t") or 127 <= ord(char) < 160
        for line in LineRing().feed(raw.encode(), final=True)
        for char in line
    )


def test_lines_are_bounded_and_losses_counted() -> None:
    ring = LineRing()
    ring.feed(b"".join(b"%d\n" % number for number in range(1, KEPT_LINES + 101)))
    got = ring.after(0)
    assert (got.lost, len(got.lines), got.lines[0].text) == (100, KEPT_LINES, "101")
    assert ring.after(KEPT_LINES + 100) == ((), 0)
    assert [line.number for line in ring.after(200, most=2).lines] == [201, 202]


def test_endless_lines_are_cut() -> None:
    ring = LineRing()
    for _ in range(10):
        ring.feed(b"x" * LONGEST_LINE)
    kept = ring.after(0).lines
    assert kept
    assert all(len(line.text) <= LONGEST_LINE + 2 for line in kept)
