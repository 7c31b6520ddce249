"""The command palette: the same actions, and everything else that has a name."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from workbench.actions.action import Action
from workbench.actions.labels import first_key, label
from workbench.actions.table import ACTIONS
from workbench.commands.command_table import run_line
from workbench.screens.main import MainScreen


class ActionCommands(Provider):
    """Every action of the table that can act now."""

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for action in self._actions():
            yield DiscoveryHit(self._name(action), self._run(action), help=action.help)

    async def search(self, query: str) -> Hits:
        """Those whose name or help matches."""
        matcher = self.matcher(query)
        for action in self._actions():
            name = self._name(action)
            score = max(matcher.match(name), matcher.match(action.help) * 0.8)
            if score > 0:
                yield Hit(score, matcher.highlight(name), self._run(action), help=action.help)

    @property
    def _main(self) -> MainScreen | None:
        return next((s for s in self.app.screen_stack if isinstance(s, MainScreen)), None)

    def _actions(self) -> list[Action]:
        main = self._main
        if main is None:
            return []
        context = main.controller.context
        return [action for action in ACTIONS if action.when(context)]

    def _name(self, action: Action) -> str:
        main = self._main
        name = label(action, main.controller.context) if main is not None else action.label
        return f"{name}  ({first_key(action)})"

    def _run(self, action: Action) -> partial[None]:
        main = self._main
        assert main is not None
        return partial(main.controller.do, action.id)


class NamedThings(Provider):
    """Nodes and edges of the flow, and calls by their number: what `:` takes as a whole line."""

    async def search(self, query: str) -> Hits:
        """Those whose name fits, and the call where the query is a number."""
        main = next((s for s in self.app.screen_stack if isinstance(s, MainScreen)), None)
        if main is None:
            return
        matcher = self.matcher(query)
        for kind, words, command, about in self._things(main):
            score = matcher.match(words)
            if score > 0:
                title = matcher.highlight(f"{kind}  {words}")
                yield Hit(score * 0.9, title, partial(self._run, main, command), help=about)
        timeline = main.controller.context.timeline
        if timeline is not None and query.strip().isdigit():
            run = partial(self._run, main, f"goto {query.strip()}")
            yield Hit(1.0, f"call  {int(query):,}", run, help="Go to that call.")

    @staticmethod
    def _things(main: MainScreen) -> list[tuple[str, str, str, str]]:
        flow = main.controller.context.view.flow
        if flow is None:
            return []
        nodes = [("node", one.name, one.name, f"{one.role.value}: select it") for one in flow.nodes]
        edges = [("edge", one.label, one.label, "Select it.") for one in flow.edges]
        return [*nodes, *edges]

    @staticmethod
    def _run(main: MainScreen, command: str) -> None:
        why = run_line(main.controller.commands, command)
        if why:
            main.controller.commands.notify(why)
