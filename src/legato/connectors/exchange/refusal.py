"""A delivery that cannot be said in a route's terms."""

from __future__ import annotations

from legato.model.problem import Reason


class RefusalError(Exception):
    """Raised inside, and returned as a Reason by whatever is called from outside."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.reason = Reason(code=f"render.{code}", what=what)
