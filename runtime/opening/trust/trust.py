"""What a project may have that its user did not give it yet.

A project is somebody else's, perhaps. Grants inside its folder are as written. What reaches beyond
it, and running its build commands, needs the user's word, which is remembered in the user's own
state folder (`runtime.opening.trust.trust_store`) for exactly what was asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from runtime.flow.manifest.manifest_file import load_manifest
from runtime.flow.reach import project_folder, reaches_of
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.linked import LinkedFlow
from runtime.opening.trust.trust_store import TrustStore
from runtime.protocol.trust_question import TrustKind, TrustQuestion

Admit = Callable[[LinkedFlow], LinkedFlow]
"""Gives a linked flow with the grants it may have. May raise `StudioError`."""


class ProjectTrust:
    """The user's word about one project."""

    def __init__(self, manifest: Path, *, trusted: bool = False) -> None:
        """With `trusted`, the user has given it for this time, and nothing is asked."""
        self._manifest = manifest
        self._trusted = trusted
        self._project = project_folder(manifest)
        self._store = TrustStore(self._project)
        self._said: dict[str, bool] = {}
        """Answers of this process, which hold also when they cannot be written."""
        self._problem: Diagnostic | None = None

    # ---- what is asked

    def about_grants(self, flow: LinkedFlow) -> TrustQuestion | None:
        """What the flow asks for beyond the project's folder; None when that is nothing."""
        beyond = [reach for reach in reaches_of(flow) if reach.beyond]
        if not beyond:
            return None
        asked = tuple(dict.fromkeys(reach.sentence for reach in beyond))
        content = sorted([reach.node, reach.grant, reach.target] for reach in beyond)
        return TrustQuestion(TrustKind.GRANTS, self._project, asked, _digest("grants", content))

    def about_build(self) -> TrustQuestion:
        """The commands that a build of the project runs."""
        try:
            components = load_manifest(self._manifest).manifest.component
        except StudioError:
            components = ()
        content = sorted(
            [item.name, item.language, item.build_command or ""] for item in components
        )
        asked = tuple(
            f"{name} is built with `{command}`"
            if command
            else f"{name} is built with the usual tool for {language or 'its language'}"
            for name, language, command in content
        )
        return TrustQuestion(TrustKind.BUILD, self._project, asked, _digest("build", content))

    # ---- what is answered

    def answer(self, question: TrustQuestion) -> bool | None:
        """What the user said; None when that was never asked."""
        if self._trusted:
            return True
        said = self._said.get(question.key)
        if said is not None:
            return said
        found = self._store.find(question.key)
        self._problem = self._store.problem
        return found

    def remember(self, question: TrustQuestion, yes: bool) -> None:
        """Keep the user's answer."""
        self._said[question.key] = yes
        self._store.keep(question.key, yes, question.asked)
        self._problem = self._store.problem

    def take_problem(self) -> tuple[Diagnostic, ...]:
        """What is to be said of the file of answers, once."""
        problem, self._problem = self._problem, None
        return () if problem is None else (problem,)

    def build_refusal(self, question: TrustQuestion) -> Diagnostic:
        """Why nothing is built after the user declined."""
        return refusal(question, self._manifest, declined=True)

    # ---- what a flow gets

    def withhold(self, flow: LinkedFlow) -> LinkedFlow:
        """The flow without the grants that the user did not agree to (see `Admit`)."""
        question = self.about_grants(flow)
        if question is None or self.answer(question):
            return flow
        kept: dict[str, set[str]] = {}
        for reach in reaches_of(flow):
            if reach.beyond:
                kept.setdefault(reach.node, set()).add(reach.grant)
        nodes = tuple(
            replace(
                node,
                grants=tuple(item for item in node.grants if item not in kept.get(node.name, ())),
                withheld=tuple(item for item in node.grants if item in kept.get(node.name, ())),
            )
            for node in flow.nodes
        )
        return replace(flow, nodes=nodes)

    def require(self, flow: LinkedFlow) -> LinkedFlow:
        """The flow as it is; raises `StudioError` when the user did not agree to its grants."""
        question = self.about_grants(flow)
        if question is not None:
            answer = self.answer(question)
            if not answer:
                raise StudioError([refusal(question, self._manifest, declined=answer is False)])
        return flow


@lru_cache(maxsize=8)
def project_trust(manifest: Path, *, trusted: bool) -> ProjectTrust:
    """The one of this process: an answer that cannot be written holds as long as it lives."""
    return ProjectTrust(manifest, trusted=trusted)


def require_trust(flow: LinkedFlow) -> LinkedFlow:
    """See `ProjectTrust.require`: what is asked for by default, where nobody can be asked."""
    return ProjectTrust(Path(flow.manifest)).require(flow)


def refusal(question: TrustQuestion, manifest: Path, *, declined: bool) -> Diagnostic:
    """Why a flow does not run, or a project is not built, and what to do."""
    asked = "; ".join(question.asked)
    if question.kind is TrustKind.BUILD:
        return Diagnostic(
            Severity.ERROR,
            Code.POLICY,
            f"you declined that the workbench builds this project: {asked}",
            "Look at the commands, then build with `torvyn-studio build`, or open it with --trust.",
            file=str(manifest),
        )
    why = "you declined that" if declined else "nobody has agreed to that"
    asking = " On a terminal, and in the workbench, you are asked, and the answer is remembered."
    return Diagnostic(
        Severity.ERROR,
        Code.POLICY,
        f"the manifest asks for what lies beyond its folder, and {why}: {asked}",
        f"Look at the grants; to give them for this time, add --trust.{'' if declined else asking}",
        file=str(manifest),
    )


def _digest(kind: str, content: list[list[str]]) -> str:
    text = json.dumps([kind, content])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
