"""Value nodes of manifests: structure in YAML, compiled once to closures.

`=expr` keeps the type of what it finds; text with `{{ expr }}` is always text, and is missing when
a part of it is; a mapping or list leaves out what is missing. `$if`, `$first`, `$lookup`,
`$prune`, `$each`, `$merge` and `$literal` are the shapes; a key that begins with `$` is written
`$$`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast
from urllib.parse import quote

import msgspec

from legato.connectors.expression import (
    MISSING,
    Expression,
    ExpressionError,
    Name,
    Read,
    Scope,
    Value,
    as_text,
    expr,
    is_true,
)
from legato.connectors.mistake import Mistake, one_of

Path: TypeAlias = tuple[str | int, ...]

DEPTH_MAX = 30
"""No provider's request is nested deeper; YAML could be made so, to exhaust the stack."""

_PART = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_SHAPES: dict[str, tuple[str, ...]] = {
    "$if": ("then", "else"),
    "$first": (),
    "$lookup": ("table", "default"),
    "$prune": (),
    "$each": ("do",),
    "$merge": (),
    "$literal": (),
}


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled value."""

    read: Read
    names: tuple[Name, ...] = ()
    """Every name it looks at."""
    is_constant: bool = False


class Compiler:
    """Compiles the values of one manifest; what is wrong is appended to `mistakes`."""

    def __init__(
        self, known: Mapping[str, tuple[str, ...] | None], mistakes: list[Mistake]
    ) -> None:
        self.known = dict(known)
        """Root name -> the names below it; None: anything."""
        self.mistakes = mistakes

    def add(self, path: Path, what: str, fix: str) -> None:
        self.mistakes.append(Mistake(path=path, what=what, fix=fix))

    def knowing(self, *names: str) -> Compiler:
        """Return a compiler that knows some names more."""
        return Compiler(self.known | dict.fromkeys(names), self.mistakes)

    def expression(self, value: object, path: Path) -> Expression:
        """Compile what is always an expression, with or without its `=`."""
        if not isinstance(value, str):
            self.add(path, "this must be an expression", "Write it as text, as `=body.id`.")
            return _NOTHING
        try:
            compiled = expr(value.removeprefix("="))
        except ExpressionError as error:
            self.add(path, str(error), "Correct the expression; see jmespath.org.")
            return _NOTHING
        for name in compiled.names:
            self._check_name(name, path)
        return compiled

    def _check_name(self, name: Name, path: Path) -> None:
        if name[0] not in self.known:
            self.add(path, f"there is no `{name[0]}` here", one_of(name[0], self.known))
            return
        below = self.known[name[0]]
        if below is None:
            return
        if len(name) == 1:
            self.add(path, f"`{name[0]}` is used whole", f"Name one: {name[0]}.{'|'.join(below)}.")
        elif name[1] not in below:
            self.add(path, f"there is no `{name[0]}.{name[1]}`", one_of(name[1], below))

    def node(self, value: Value, path: Path) -> Node:
        """Compile any value."""
        if len(path) > DEPTH_MAX:
            self.add(path[:3], f"nested more than {DEPTH_MAX} deep", "Flatten it.")
            return _constant(None)
        match value:
            case str() if value.startswith("=") and value != "=":
                compiled = self.expression(value, path)
                return Node(read=compiled.read, names=compiled.names)
            case str() if "{{" in value:
                return self.template(value, path)
            case Mapping():
                return self._mapping(cast("Mapping[Any, Any]", value), path)
            case list() | tuple():
                items = cast("Sequence[Any]", value)
                return _list([self.node(one, (*path, i)) for i, one in enumerate(items)])
            case _:
                return _constant(value)

    def template(self, text: str, path: Path, *, is_url: bool = False) -> Node:
        """Compile text with parts. In a URL all but settings are percent-encoded."""
        pieces = _PART.split(text)
        if any("{{" in piece or "}}" in piece for piece in pieces[::2]):
            self.add(path, "a `{{` has no `}}`", "Close every part, as `{{ content.name }}`.")
        parts = [self.expression(piece, path) for piece in pieces[1::2]]
        names = tuple(name for part in parts for name in part.names)
        writers = [_escaped if is_url and not _is_setting(part) else as_text for part in parts]
        constants = pieces[::2]

        def read(scope: Scope) -> Value:
            out = [constants[0]]
            for part, write, constant in zip(parts, writers, constants[1:], strict=True):
                value = part.read(scope)
                if value is MISSING or value is None:
                    return MISSING
                out.append(write(value))
                out.append(constant)
            return "".join(out)

        return Node(read=read, names=names, is_constant=not parts)

    def _mapping(self, value: Mapping[Any, Any], path: Path) -> Node:
        shape = next((key for key in value if str(key).startswith("$") and key[1:2] != "$"), None)
        if shape is not None:
            return self._shape(str(shape), value, path)
        fields = [
            (str(key).removeprefix("$") if str(key).startswith("$$") else str(key), node)
            for key, node in (
                (key, self.node(one, (*path, str(key)))) for key, one in value.items()
            )
        ]
        names = tuple(name for _, node in fields for name in node.names)
        readers = [(key, node.read) for key, node in fields]

        def read(scope: Scope) -> Value:
            out: dict[str, Value] = {}
            for key, one in readers:
                found = one(scope)
                if found is not MISSING:
                    out[key] = found
            return out

        return Node(read=read, names=names, is_constant=all(n.is_constant for _, n in fields))

    def _shape(self, shape: str, value: Mapping[Any, Any], path: Path) -> Node:
        if shape not in _SHAPES:
            self.add((*path, shape), f"there is no `{shape}`", one_of(shape, _SHAPES))
            return _constant(None)
        for key in value:
            if key != shape and key not in _SHAPES[shape]:
                allowed = ", ".join(_SHAPES[shape]) or "nothing"
                self.add(
                    (*path, str(key)), f"`{key}` has no meaning", f"Beside {shape}: {allowed}."
                )
        match shape:
            case "$if":
                node = self._if(value, path)
            case "$first":
                node = self._first(value[shape], (*path, shape))
            case "$lookup":
                node = self._lookup(value, path)
            case "$prune":
                node = _through(self.node(value[shape], (*path, shape)), _prune)
            case "$each":
                node = self._each(value, path)
            case "$merge":
                node = _through(self.node(value[shape], (*path, shape)), _merge)
            case _:
                node = _constant(value[shape])
        return node

    def _if(self, value: Mapping[Any, Any], path: Path) -> Node:
        condition = self.expression(value["$if"], (*path, "$if"))
        then = self.node(value["then"], (*path, "then")) if "then" in value else _ABSENT
        otherwise = self.node(value["else"], (*path, "else")) if "else" in value else _ABSENT

        def read(scope: Scope) -> Value:
            return (then if is_true(condition.read(scope)) else otherwise).read(scope)

        return Node(read=read, names=condition.names + then.names + otherwise.names)

    def _first(self, value: Value, path: Path) -> Node:
        if not isinstance(value, list):
            self.add(path, "`$first` needs a list", "Write `$first: [=a, =b]`.")
            return _ABSENT
        items = cast("list[Any]", value)
        nodes = [self.node(one, (*path, i)) for i, one in enumerate(items)]

        def read(scope: Scope) -> Value:
            for node in nodes:
                found = node.read(scope)
                if found is not MISSING and found is not None and found != "":
                    return found
            return MISSING

        return Node(read=read, names=tuple(name for node in nodes for name in node.names))

    def _lookup(self, value: Mapping[Any, Any], path: Path) -> Node:
        key = self.expression(value["$lookup"], (*path, "$lookup"))
        table = self.node(value.get("table", {}), (*path, "table"))
        default = self.node(value["default"], (*path, "default")) if "default" in value else _ABSENT

        def read(scope: Scope) -> Value:
            rows, wanted = table.read(scope), key.read(scope)
            if isinstance(rows, Mapping) and wanted is not MISSING:
                found = cast("Mapping[str, Any]", rows).get(as_text(wanted), MISSING)
                if found is not MISSING:
                    return found
            return default.read(scope)

        return Node(read=read, names=key.names + table.names + default.names)

    def _each(self, value: Mapping[Any, Any], path: Path) -> Node:
        many = self.expression(value["$each"], (*path, "$each"))
        do = self.knowing("item").node(value.get("do", "=item"), (*path, "do"))

        def read(scope: Scope) -> Value:
            items = many.read(scope)
            if not isinstance(items, list):
                return MISSING
            found = [do.read({**scope, "item": one}) for one in cast("list[Any]", items)]
            return [one for one in found if one is not MISSING]

        return Node(read=read, names=many.names + do.names)


def _escaped(value: object) -> str:
    return quote(as_text(value), safe="")


def _is_setting(part: Expression) -> bool:
    return bool(part.names) and all(name[0] == "settings" for name in part.names)


def _constant(value: Value) -> Node:
    def read(_: Scope) -> Value:
        return value

    return Node(read=read, is_constant=True)


_ABSENT = _constant(MISSING)
_NOTHING = Expression(read=_ABSENT.read, names=())


def _list(nodes: list[Node]) -> Node:
    def read(scope: Scope) -> Value:
        found = (node.read(scope) for node in nodes)
        return [one for one in found if one is not MISSING]

    names = tuple(name for node in nodes for name in node.names)
    return Node(read=read, names=names, is_constant=all(node.is_constant for node in nodes))


def _through(node: Node, change: Callable[[Value], Value]) -> Node:
    def read(scope: Scope) -> Value:
        return change(node.read(scope))

    return Node(read=read, names=node.names)


def _prune(value: Value) -> Value:
    """Leave out nulls and everything empty; what is then empty itself is missing."""
    match value:
        case dict():
            pairs = ((key, _prune(one)) for key, one in cast("dict[str, Any]", value).items())
            return {key: one for key, one in pairs if one is not MISSING} or MISSING
        case list():
            return [o for o in map(_prune, cast("list[Any]", value)) if o is not MISSING] or MISSING
        case None | "":
            return MISSING
        case _:
            return value


def _merge(value: Value) -> Value:
    """Join mappings; the later one wins."""
    out: dict[str, Any] = {}
    for one in cast("list[Any]", value) if isinstance(value, list) else []:
        if isinstance(one, Mapping):
            out.update(cast("Mapping[str, Any]", one))
    return out
