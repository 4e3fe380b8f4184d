"""A compiled value, and what compiles the values inside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias

import msgspec

from legato.connectors.language.expression import Expression
from legato.connectors.language.value import MISSING, Name, Read, Scope, Value

Path: TypeAlias = tuple[str | int, ...]


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled value."""

    read: Read
    names: tuple[Name, ...] = ()
    """Every name it looks at."""
    is_constant: bool = False
    fields: tuple[tuple[str, Read], ...] = ()
    """Of an object whose names stand in the manifest: what each field is read from. With these,
    and with the items of a list, what is around it need not have it made only to take it apart."""
    items: tuple[Read, ...] = ()
    """Of a list that stands in the manifest: what each is read from."""


class Inside(Protocol):
    """Compiles what stands inside a shape."""

    def node(self, value: Value, path: Path) -> Node:
        """Compile any value."""
        ...

    def expression(self, value: object, path: Path) -> Expression:
        """Compile what is always an expression, with or without its `=`."""
        ...

    def condition(self, value: object, path: Path) -> Expression:
        """Compile what holds or does not; one that is always the same is a mistake."""
        ...

    def knowing(self, *names: str) -> Inside:
        """Return one that knows some names more."""
        ...

    def in_order(self, lets: Mapping[str, Value], path: Path) -> list[tuple[str, Value]]:
        """Return `let`s, each after those it is made from."""
        ...

    def add(self, path: Path, what: str, fix: str) -> None:
        """Note a mistake."""
        ...


def constant(value: Value) -> Node:
    """Return a node that is always the same."""

    def read(_: Scope) -> Value:
        return value

    return Node(read=read, is_constant=True)


def folded(node: Node) -> Node:
    """Return a node that is worked out here, where it is always the same: no value is ever written.

    What it depends on nothing for, such as a table of names, would be made anew for every event.
    """
    return constant(node.read({})) if node.is_constant else node


ABSENT = constant(MISSING)
NOTHING = Expression(read=ABSENT.read, holds=lambda _: False, names=())
