"""A 'no' to somebody who wants in, or who wants to change who may: a kind, a code and words."""

from __future__ import annotations

from typing import Literal, TypeAlias

from legato.model.instant import Duration

Kind: TypeAlias = Literal["shape", "unknown", "forbidden", "missing", "taken", "wait"]


class Denial(Exception):  # noqa: N818 - an answer, not a fault
    """Raised before anything is changed."""

    def __init__(  # noqa: PLR0913 - as many as an answer has parts
        self,
        kind: Kind,
        code: str,
        what: str,
        *,
        fix: str,
        wait: Duration = 0,
        actor: str = "",
    ) -> None:
        super().__init__(what)
        self.kind: Kind = kind
        self.code = code
        self.what = what
        self.fix = fix
        self.wait = wait
        self.actor = actor
        """Whose account it was, as the audit names them, where no caller is known."""
