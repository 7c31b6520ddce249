"""`torvyn-studio explain`: what a code means, and what to do about it."""

from __future__ import annotations

import click

from runtime.model.codes import Code
from runtime.model.errors import ExitCode
from runtime.model.text.nearest import nearest
from runtime.model.text.printable import json_line
from workbench.command_line.messages import show_result
from workbench.text.code_explanations import EXPLANATIONS, explanation_lines


@click.command("explain")
@click.argument("code", required=False, metavar="[CODE]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def command(code: str | None, as_json: bool) -> int:
    """Explain a code: its name, what it means, what to do, an example. Without CODE, list all.

    \b
    torvyn-studio explain E0811
    torvyn-studio explain FuelExhausted
    torvyn-studio explain --json | jq -r .code
    """
    found = list(Code) if code is None else _found(code)
    if as_json:
        for item in found:
            print(json_line(_fields(item)))
    elif code is None:
        width = max(len(item.title) for item in found)
        for item in found:
            print(f"{item.number}  {item.title:<{width}}  {item.meaning}")
    else:
        show_result("\n\n".join("\n".join(explanation_lines(item)) for item in found))
    return ExitCode.OK


def _found(text: str) -> list[Code]:
    """The codes of that number or name. Raises `click.UsageError` when there is none."""
    word = text.strip().lower()
    if word.isdecimal():
        word = f"e{int(word):04}"
    found = [code for code in Code if word in (code.number.lower(), code.title.lower())]
    if not found:
        near = _nearest(word)
        advice = f"did you mean '{near}'?" if near else "`torvyn-studio explain` lists all"
        raise click.UsageError(f"there is no code '{text}'; {advice}")
    return found


def _nearest(word: str) -> str | None:
    """The next number, or the name that was probably meant."""
    if word[:1] == "e" and word[1:].isdecimal():
        return min((code.number for code in Code), key=lambda it: abs(int(it[1:]) - int(word[1:])))
    return nearest(word, [code.title for code in Code])


def _fields(code: Code) -> dict[str, str]:
    advice, example = EXPLANATIONS[code]
    return {
        "code": code.number,
        "name": code.title,
        "meaning": code.meaning,
        "advice": advice,
        "example": example,
    }
