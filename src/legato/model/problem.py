"""What can go wrong, in three kinds that never mix: Problem, Reason, LegatoError."""

from __future__ import annotations

from legato.model.noun import Noun


class Place(Noun, frozen=True, kw_only=True):
    """Where in the definitions: a file of the workspace, line and column counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Problem(Noun, frozen=True, kw_only=True):
    """A mistake in a definition. Collected, never raised one by one."""

    code: str
    """A letter for the family and three digits; each has a page in docs/codes."""
    place: Place
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.place}: {self.code} {self.what}\n    fix: {self.fix}"

    def in_one_line(self) -> str:
        """Return where it is, what it is and how to fix it."""
        return f"{self.place}: {self.what}. {self.fix}"


class Reason(Noun, frozen=True, kw_only=True, array_like=True):
    """The coded why of a refusal or a choice. Never holds the value of a trait or a payload."""

    code: str
    """`stage.rule`, as `consent.missing` or `cap.reached`; a stable word for programs."""
    what: str
    """One sentence for people."""
    definition: str = ""
    """The definition that decided, as `policies/caps` or `journeys/cart_rescue`."""


class LegatoError(Exception):
    """The world failed. Raised at the edge, chained with `from`."""

    def __init__(self, what: str, *, fix: str, can_retry: bool = False) -> None:
        super().__init__(f"{what} {fix}")
        self.what = what
        self.fix = fix
        self.can_retry = can_retry
