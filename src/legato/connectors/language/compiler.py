"""Value nodes of manifests: structure in YAML, compiled once to closures.

`=expr` keeps the type of what it finds; text with `{{ expr }}` is always text, and is missing when
a part of it is; a mapping or list leaves out what is missing. A key that begins with `$` is one of
the shapes (`shapes.py`); a field of that name is written `$$`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

from legato.connectors.language.expression import Expression, expr
from legato.connectors.language.fields import KEYS as FIELDS_KEYS
from legato.connectors.language.fields import compile_fields
from legato.connectors.language.node import NOTHING, Node, Path, constant, folded
from legato.connectors.language.registry import FUNCTIONS
from legato.connectors.language.shapes import SHAPES, Build
from legato.connectors.language.value import MISSING, ExpressionError, Name, Scope, Value, as_text
from legato.connectors.mistake import Mistake, one_of

DEPTH_MAX = 40
"""No provider's request is nested deeper; YAML could be made so, to exhaust the stack."""

_PART = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_LIKE_PATH = re.compile(r"([a-z_][a-z0-9_]*)(?:\.[A-Za-z_][A-Za-z0-9_]*|\[\d+\])+")
_LIKE_CALL = re.compile(r"([a-z_][a-z0-9_]*)\(.*\)", re.DOTALL)
_SHAPES: Mapping[str, tuple[tuple[str, ...], Build]] = {
    **SHAPES,
    "$fields": (FIELDS_KEYS, compile_fields),
}


class Compiler:
    """Compiles the values of one manifest; what is wrong is appended to `mistakes`."""

    def __init__(
        self,
        known: Mapping[str, tuple[str, ...] | None],
        mistakes: list[Mistake],
        digested: dict[str, Path] | None = None,
        origins: Mapping[str, tuple[Name, ...]] | None = None,
    ) -> None:
        self.known = dict(known)
        """Root name -> the names below it; None: anything."""
        self.mistakes = mistakes
        self.digested: dict[str, Path] = {} if digested is None else digested
        """Kind of personal data -> where it is digested first; '' where no kind is said."""
        self.origins: Mapping[str, tuple[Name, ...]] = origins or {}
        """`let` -> what it is made from."""

    def add(self, path: Path, what: str, fix: str) -> None:
        self.mistakes.append(Mistake(path=path, what=what, fix=fix))

    def knowing(self, *names: str) -> Compiler:
        """Return a compiler that knows some names more."""
        return self.with_names(dict.fromkeys(names))

    def without(self, *names: str) -> Compiler:
        """Return a compiler that does not know some names, but knows what is made of them."""
        known = {name: below for name, below in self.known.items() if name not in names}
        return Compiler(known, self.mistakes, self.digested, self.origins)

    def with_names(self, known: Mapping[str, tuple[str, ...] | None]) -> Compiler:
        """Return a compiler that knows some names otherwise."""
        known = {**self.known, **known}
        return Compiler(known, self.mistakes, self.digested, self.origins)

    def with_let(self, name: str, node: Node) -> Compiler:
        """Return a compiler that knows a `let` more, and what it is made from."""
        known = {**self.known, name: None}
        origins = {**self.origins, name: node.names}
        return Compiler(known, self.mistakes, self.digested, origins)

    def in_order(self, lets: Mapping[str, Value], path: Path) -> list[tuple[str, Value]]:
        """Return `let`s, each after those it is made from; a stored plan has them sorted by name.

        Which stands first makes no difference, so only a circle is a mistake.
        """
        trial = Compiler({**self.known, **dict.fromkeys(lets)}, [])
        needs = {
            name: [one[0] for one in trial.node(value, path).names if one[0] != name]
            for name, value in lets.items()
        }
        ordered: dict[str, Value] = {}
        while len(ordered) < len(lets):
            waiting = [name for name in lets if name not in ordered]
            ready = [
                name
                for name in waiting
                if not any(one in waiting for one in needs[name] if one in lets)
            ]
            if not ready:
                what = f"`{waiting[0]}` is made of itself, over the names it uses"
                self.add((*path, waiting[0]), what, "Break the circle.")
                break
            ordered |= {name: lets[name] for name in ready}
        return list(ordered.items())

    def expression(self, value: object, path: Path) -> Expression:
        """Compile what is always an expression, with or without its `=`."""
        if not isinstance(value, str):
            self.add(path, "this must be an expression", "Write it as text, as `=body.id`.")
            return NOTHING
        try:
            compiled = expr(value.removeprefix("="))
        except ExpressionError as error:
            fix = error.fix or "Correct the expression; see the guide on connectors."
            self.add(path, str(error), fix)
            return NOTHING
        for name in compiled.names:
            self._check_name(name, path)
        for kind in compiled.kinds:
            self.digested.setdefault(kind, path)
        return compiled

    def condition(self, value: object, path: Path) -> Expression:
        """Compile what holds or does not; one that is always the same is a mistake."""
        compiled = self.expression(value, path)
        if compiled is not NOTHING and not compiled.names:
            what = "this looks at nothing, so it is always the same"
            self.add(path, what, "Name what it is about, as `event.type == 'track'`.")
        return compiled

    def let(self, value: Value, path: Path) -> Node:
        """Compile the value of a name; one that is another name only is a forgotten `=`."""
        if isinstance(value, str) and value in self.known:
            self._report_text(value, path)
        return self.node(value, path)

    def _check_text(self, text: str, path: Path) -> None:
        """Report a text that reads as an expression: it would be sent as it stands, always."""
        found = _LIKE_PATH.fullmatch(text)
        if found is not None and found[1] in self.known:
            self._report_text(text, path)
        found = _LIKE_CALL.fullmatch(text)
        if found is not None and found[1] in FUNCTIONS:
            self._report_text(text, path)

    def _report_text(self, text: str, path: Path) -> None:
        what = f"`{text}` is a text here, and never looked up"
        self.add(path, what, f"Write `={text}`; where the text is meant, `$literal: {text}`.")

    def _check_name(self, name: Name, path: Path) -> None:
        if name[0] not in self.known:
            self.add(path, f"there is no `{name[0]}` here", one_of(name[0], self.known))
            return
        below = self.known[name[0]]
        if below is None:
            return
        if len(name) == 1:
            if name[0] == "in":
                return
            self.add(path, f"`{name[0]}` is used whole", f"Name one: {name[0]}.{'|'.join(below)}.")
        elif name[1] not in below:
            self.add(path, f"there is no `{name[0]}.{name[1]}`", one_of(name[1], below))

    def node(self, value: Value, path: Path) -> Node:
        """Compile any value."""
        if len(path) > DEPTH_MAX:
            self.add(path[:3], f"nested more than {DEPTH_MAX} deep", "Flatten it.")
            return constant(None)
        match value:
            case str() if value.startswith("=") and value != "=":
                compiled = self.expression(value, path)
                return Node(read=compiled.read, names=compiled.names)
            case str() if "{{" in value:
                return self.template(value, path)
            case Mapping():
                return folded(self._mapping(cast("Mapping[Any, Any]", value), path))
            case list() | tuple():
                items = cast("Sequence[Any]", value)
                return folded(_list([self.node(one, (*path, i)) for i, one in enumerate(items)]))
            case str():
                self._check_text(value, path)
                return constant(value)
            case _:
                return constant(value)

    def template(self, text: str, path: Path, *, is_url: bool = False) -> Node:
        """Compile text with parts. In a URL all but settings are percent-encoded."""
        pieces = _PART.split(text)
        if any("{{" in piece or "}}" in piece for piece in pieces[::2]):
            self.add(path, "a `{{` has no `}}`", "Close every part, as `{{ content.name }}`.")
        parts = [self.expression(piece, path) for piece in pieces[1::2]]
        names = tuple(name for part in parts for name in part.names)
        writers = [self._writer(part) if is_url else as_text for part in parts]
        constants = pieces[::2]

        def read(scope: Scope) -> Value:
            out = [constants[0]]
            for part, write, piece in zip(parts, writers, constants[1:], strict=True):
                value = part.read(scope)
                if value is MISSING or value is None:
                    return MISSING
                out.append(write(value))
                out.append(piece)
            return "".join(out)

        return Node(read=read, names=names, is_constant=not parts)

    def _writer(self, part: Expression) -> Callable[[object], str]:
        return as_text if part.names and self.is_trusted(part.names) else _escaped

    def is_trusted(self, names: Sequence[Name]) -> bool:
        """Return whether a value is the operator's own, which may hold a whole address."""
        return all(
            name[0] in ("settings", "token")
            or (name[0] in self.origins and self.is_trusted(self.origins[name[0]]))
            for name in names
        )

    def _mapping(self, value: Mapping[Any, Any], path: Path) -> Node:
        shape = next((key for key in value if str(key).startswith("$") and key[1:2] != "$"), None)
        if shape is not None:
            return self._shape(str(shape), value, path)
        fields = [self._field(key, one, path) for key, one in value.items()]
        names = tuple(name for key, node in fields for name in (*key.names, *node.names))
        is_constant = all(key.is_constant and node.is_constant for key, node in fields)
        if any(not key.is_constant for key, _ in fields):
            return Node(read=_named(fields), names=names)
        readers = tuple((str(key.read({})), node.read) for key, node in fields)

        def read(scope: Scope) -> Value:
            out: dict[str, Value] = {}
            for key, one in readers:
                found = one(scope)
                if found is not MISSING:
                    out[key] = found
            return out

        return Node(read=read, names=names, is_constant=is_constant, fields=readers)

    def _field(self, key: object, value: Value, path: Path) -> tuple[Node, Node]:
        name = str(key)
        where = (*path, name)
        node = self.node(value, where)
        if "{{" in name:
            return self.template(name, where), node
        return constant(name[1:] if name.startswith("$$") else name), node

    def _shape(self, shape: str, value: Mapping[Any, Any], path: Path) -> Node:
        if shape not in _SHAPES:
            self.add((*path, shape), f"there is no `{shape}`", one_of(shape, _SHAPES))
            return constant(None)
        allowed, build = _SHAPES[shape]
        for key in value:
            if key != shape and key not in allowed:
                beside = ", ".join(allowed) or "nothing"
                self.add((*path, str(key)), f"`{key}` has no meaning", f"Beside {shape}: {beside}.")
        return build(self, value, path)


def _escaped(value: object) -> str:
    return quote(as_text(value), safe="")


def _named(fields: list[tuple[Node, Node]]) -> Callable[[Scope], Value]:
    """Read an object of which some names are worked out too."""

    def read(scope: Scope) -> Value:
        out: dict[str, Value] = {}
        for key, node in fields:
            name, found = key.read(scope), node.read(scope)
            if found is not MISSING and name is not MISSING:
                out[name] = found
        return out

    return read


def _list(nodes: list[Node]) -> Node:
    reads = tuple(node.read for node in nodes)

    def read(scope: Scope) -> Value:
        found: list[Value] = []
        for read in reads:
            one = read(scope)
            if one is not MISSING:
                found.append(one)
        return found

    names = tuple(name for node in nodes for name in node.names)
    is_constant = all(node.is_constant for node in nodes)
    return Node(read=read, names=names, is_constant=is_constant, items=reads)
