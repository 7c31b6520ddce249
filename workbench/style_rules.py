"""The app's style sheet, parsed once for the colours it is parsed with."""

from __future__ import annotations

from textual.css.stylesheet import Stylesheet


class StyleRules(Stylesheet):
    """Keeps the rules it has parsed until the variables change.

    Textual parses its own rules and the app's four times before the first paint, each time with the
    same variables: a tenth of the start.
    """

    def set_variables(self, variables: dict[str, str]) -> None:
        """Let go of the rules where they would be others."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse what was not parsed with these variables.

        What fails leaves the rules as they were: they are taken when all of them are there.
        """
        self.parse()
