"""The names an expression can see: facts, and `let`s that are worked out when first asked for."""

from __future__ import annotations

from collections.abc import Mapping

from legato.connectors.language.value import MISSING, Read, Value


class Frame(dict[str, Value]):
    """A scope. A `let` that nobody reads costs nothing; one that is read is worked out once.

    A frame inside another sees all the outer one sees, and hides what it names itself.
    """

    __slots__ = ("_lets", "_outer")

    def __init__(
        self,
        facts: Mapping[str, Value],
        lets: Mapping[str, Read] | None = None,
        outer: Frame | None = None,
    ) -> None:
        super().__init__(facts)
        self._lets = lets
        self._outer = outer

    def __missing__(self, name: str) -> Value:
        lets = self._lets
        if lets is not None:
            read = lets.get(name)
            if read is not None:
                self[name] = MISSING  # a name is not known while it is being worked out
                value = self[name] = read(self)
                return value
        if self._outer is not None:
            value = self[name] = self._outer[name]  # asked for again, it is found at once
            return value
        raise KeyError(name)


def inner(scope: Mapping[str, Value], facts: Mapping[str, Value]) -> Frame:
    """Return a frame with some names more than another has."""
    if isinstance(scope, Frame):
        return Frame(facts, None, scope)
    return Frame({**scope, **facts})
