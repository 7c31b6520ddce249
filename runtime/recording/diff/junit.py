"""JUnit XML of a comparison, for continuous integration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from runtime.model.errors import Diagnostic
from runtime.model.files.output_file import open_output, unwritable
from runtime.recording.diff.report import Difference, NodeCount, Report

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

JUNIT_FILE = "the JUnit file"

SHOWN_DIFFERENCES = 20
"""Differences written out for one test case."""


class JunitCase(NamedTuple):
    """One test case; `failure` and `error` are empty when it passed."""

    name: str
    failure: str = ""
    error: str = ""
    """Why there was no test."""
    details: str = ""


class JunitSuite(NamedTuple):
    """Several cases, e.g. those of one recording."""

    name: str
    seconds: float
    cases: tuple[JunitCase, ...]


class JunitFile:
    """A JUnit file, opened before anything is run so that it is known to be writable.

    One that exists is replaced only with `overwrite`.

    Raises:
        StudioError: the file cannot be written (E0001); also from its methods.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self._path = path
        try:
            open_output(path, overwrite=overwrite).close()
        except OSError as error:
            raise unwritable(path, JUNIT_FILE, error) from error

    def write(self, report: Report, suite: str, seconds: float) -> None:
        """Write one test case for each node; it fails when outputs of that node differ.

        A node whose outputs differ only because its input did fails too, and says so. A report
        without any call that was compared has an error in place of its cases.
        """
        cases = list(report.nodes.values())
        if not any(case.compared + case.missing + case.added for case in cases):
            self._write_error(suite, "nothing was compared", "")
            return
        root, element = _suite(suite, len(cases), seconds)
        element.set("failures", str(sum(not case.equal for case in cases)))
        for case in cases:
            _add_case(element, suite, case, report)
        self._write(root)

    def write_suites(self, suites: Sequence[JunitSuite]) -> None:
        """Write several suites into one file."""
        root = ElementTree.Element("testsuites")
        for suite in suites:
            _add_suite(root, suite)
        self._write(root)

    def write_error(self, suite: str, problems: Sequence[Diagnostic]) -> None:
        """Write that there was no test: why it could not be run."""
        text = "\n".join(item.render() for item in problems)
        self._write_error(suite, problems[0].message if problems else "", text)

    def _write_error(self, suite: str, message: str, text: str) -> None:
        root, element = _suite(suite, 1, 0.0)
        element.set("errors", "1")
        case = ElementTree.SubElement(
            element, "testcase", classname=_clean(suite), name="recording", time="0"
        )
        error = ElementTree.SubElement(case, "error", type="recording", message=_clean(message))
        error.text = _clean(text)
        self._write(root)

    def _write(self, root: ElementTree.Element) -> None:
        ElementTree.indent(root)
        try:
            ElementTree.ElementTree(root).write(self._path, encoding="utf-8", xml_declaration=True)
        except OSError as error:
            raise unwritable(self._path, JUNIT_FILE, error, ran=True) from error


def _suite(
    name: str, tests: int, seconds: float
) -> tuple[ElementTree.Element, ElementTree.Element]:
    root = ElementTree.Element("testsuites")
    element = ElementTree.SubElement(
        root,
        "testsuite",
        name=_clean(name),
        tests=str(tests),
        failures="0",
        errors="0",
        time=f"{seconds:.3f}",
    )
    return root, element


def _add_suite(root: ElementTree.Element, suite: JunitSuite) -> None:
    element = ElementTree.SubElement(
        root,
        "testsuite",
        name=_clean(suite.name),
        tests=str(len(suite.cases)),
        failures=str(sum(bool(case.failure) for case in suite.cases)),
        errors=str(sum(bool(case.error) for case in suite.cases)),
        time=f"{suite.seconds:.3f}",
    )
    for case in suite.cases:
        written = ElementTree.SubElement(
            element, "testcase", classname=_clean(suite.name), name=_clean(case.name), time="0"
        )
        for kind, message in (("failure", case.failure), ("error", case.error)):
            if message:
                told = ElementTree.SubElement(written, kind, type=kind, message=_clean(message))
                told.text = _clean(case.details)


def _add_case(parent: ElementTree.Element, suite: str, case: NodeCount, report: Report) -> None:
    name = f"{case.role} {case.node}"
    element = ElementTree.SubElement(
        parent, "testcase", classname=_clean(suite), name=_clean(name), time="0"
    )
    if case.equal:
        return
    found = [item for item in report.differences if item.node == case.node]
    total = case.different + case.follows + case.missing + case.added
    failure = ElementTree.SubElement(
        element,
        "failure",
        type="difference",
        message=_clean(f"{total} of {case.compared + case.missing + case.added} calls differ"),
    )
    failure.text = _clean(_text(found, total))


def _text(found: list[Difference], total: int) -> str:
    lines = [item.render() for item in found[:SHOWN_DIFFERENCES]]
    left = total - len(lines)
    return "\n".join([*lines, f"… {left} more"] if left else lines)


def _clean(text: str) -> str:
    """`text` without what XML 1.0 does not allow."""
    return _NOT_XML.sub("\ufffd", text)
