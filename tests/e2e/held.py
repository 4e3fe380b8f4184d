"""Answers that are held back: what was done before the first had come depends on no clock."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from playwright.sync_api import Page, Route

NOT_DONE = 422


class Held:
    """Calls of a kind, from now on: none is answered until it is said how."""

    def __init__(self, page: Page, url: str) -> None:
        self._held: list[Route] = []
        self._answers: list[Callable[[Route], None]] = []
        page.route(url, self._take)

    def let_go(self) -> None:
        """Let all go its way, in the order in which it was asked."""
        self._settle(Route.continue_)

    def refuse(self, message: str, fix: str) -> None:
        """Refuse what was asked first; the rest goes its way."""
        said = {"code": "drawing.not_done", "message": message, "fix": fix}
        self._settle(partial(Route.fulfill, status=NOT_DONE, json=said), Route.continue_)

    def _take(self, route: Route) -> None:
        self._held.append(route)
        self._answer()

    def _settle(self, *answers: Callable[[Route], None]) -> None:
        self._answers = list(answers)
        self._answer()

    def _answer(self) -> None:
        while self._answers and self._held:
            answer = self._answers[0]
            if len(self._answers) > 1:
                del self._answers[0]
            answer(self._held.pop(0))
