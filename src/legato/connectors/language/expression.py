"""Expressions of manifests: JMESPath with a closed set of pure functions.

JMESPath reads a document and cannot loop, write or call out, so a manifest from anybody is safe to
run. The library parses; what it parsed is compiled to closures here (`evaluate.py`), ten times as
fast as it walks its own tree, and with functions that give null for null.

Three of its traps are refused when a manifest is loaded: `!a.b` means `(!a).b`; a bare number is
none; and `@` at the top would be the whole scope, secrets included.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from typing import Any

import jmespath
import msgspec
from jmespath import exceptions as jmespath_exceptions

from legato.connectors.language.evaluate import compile_test, compile_tree
from legato.connectors.language.pattern import Pattern, compile_pattern
from legato.connectors.language.registry import FUNCTIONS
from legato.connectors.language.value import (
    MISSING,
    ExpressionError,
    Name,
    Read,
    Scope,
    Value,
    is_true,
)

EXPRESSION_LENGTH_MAX = 1_000
"""A longer one is a program; its cost is paid for every delivery."""

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.(?:[A-Za-z_][A-Za-z0-9_]*|\"[^\"\\]+\"))*")
"""Quoted are names that JMESPath does not take as they are, such as those of headers."""
_KEY = re.compile(r"\"([^\"]+)\"|([A-Za-z_][A-Za-z0-9_]*)")
_NOT_PATH = re.compile(r"![A-Za-z_][A-Za-z0-9_]*\s*[.\[]")
_QUOTED = re.compile(r"`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_BARE_NUMBER = re.compile(r"(?:[=<>(,]|\|\||&&)\s*-?\d")


class Expression(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled expression."""

    read: Read
    holds: Callable[[Scope], bool]
    """Return whether it counts as yes, as `is_true` has it of what is read."""
    names: tuple[Name, ...]
    """Every name it starts from, with the next step of the path."""
    calls: tuple[str, ...] = ()
    """The functions in it."""
    kinds: tuple[str, ...] = ()
    """The kinds of personal data that it digests."""


def expr(text: str) -> Expression:
    """Compile an expression. Raises ExpressionError with what is wrong with it."""
    text = text.strip()
    if len(text) > EXPRESSION_LENGTH_MAX:
        raise ExpressionError(f"the expression is longer than {EXPRESSION_LENGTH_MAX} characters")
    if _PATH.fullmatch(text):
        keys = tuple(one[0] or one[1] for one in _KEY.findall(text))
        read = _path(keys)
        return Expression(read=read, holds=_yes(read), names=(keys[:2],))
    _refuse_traps(_QUOTED.sub("''", text))
    try:
        compiled: Any = jmespath.compile(text)
    except (jmespath_exceptions.JMESPathError, ValueError) as error:
        raise ExpressionError(_first_line(error)) from error
    calls: list[str] = []
    kinds: list[str] = []
    for name, arguments in _calls(compiled.parsed):
        calls.append(name)
        kinds += _check_call(name, arguments)
    return Expression(
        read=_found(compile_tree(compiled.parsed, FUNCTIONS)),
        holds=compile_test(compiled.parsed, FUNCTIONS),
        names=tuple(dict.fromkeys(_names(compiled.parsed))),
        calls=tuple(dict.fromkeys(calls)),
        kinds=tuple(dict.fromkeys(kinds)),
    )


def _yes(read: Read) -> Callable[[Scope], bool]:
    def holds(scope: Scope) -> bool:
        value = read(scope)
        return value is True or (value is not False and is_true(value))

    return holds


def _refuse_traps(text: str) -> None:
    if _NOT_PATH.search(text):
        raise ExpressionError("`!a.b` means `(!a).b`", "Write `!(a.b)`.")
    if _BARE_NUMBER.search(text):
        raise ExpressionError("a number here stands in backticks", "Write `0`, not 0.")


def _path(keys: Name) -> Read:
    """Compile names that lead inwards.

    Half of what manifests look for is not there: it is asked first whether it is, since a lookup
    that raises costs five times one that does not.
    """
    if len(keys) == 1:
        return _root(*keys)
    if len(keys) == 2:  # noqa: PLR2004 - a name below a root: nearly every one
        return _pair(*keys)

    first, *rest = keys

    def read(scope: Scope) -> Value:
        try:
            value = scope[first]
            for key in rest:
                if value is None or value is MISSING or key not in value:
                    return MISSING
                value = value[key]
        except (KeyError, TypeError, IndexError):
            return MISSING
        return value

    return read


def _root(name: str) -> Read:
    def read(scope: Scope) -> Value:
        try:
            return scope[name]
        except (KeyError, TypeError, IndexError):
            return MISSING

    return read


def _pair(first: str, second: str) -> Read:
    def read(scope: Scope) -> Value:
        try:
            value = scope[first]
            if value is None or value is MISSING or second not in value:
                return MISSING
            return value[second]
        except (KeyError, TypeError, IndexError):
            return MISSING

    return read


def _found(search: Read) -> Read:
    def read(scope: Scope) -> Value:
        value = search(scope)
        return MISSING if value is None else value

    return read


def _names(node: Value) -> Iterator[Name]:
    """Walk what is evaluated against the scope itself, not against parts of it."""
    kind: str = node["type"]
    children: list[Any] = node.get("children", [])
    match kind:
        case "field":
            yield (node["value"],)
        case "current":
            raise ExpressionError("`@` here is everything there is; name what is meant")
        case "subexpression" | "index_expression":
            yield from _first_two(children)
        case "projection" | "value_projection" | "filter_projection" | "pipe":
            yield from _names(children[0])
        case "expref":
            return
        case "slice":
            return
        case _:
            for child in children:
                yield from _names(child)


def _first_two(children: list[Any]) -> Iterator[Name]:
    first, second = children[0], children[1]
    if first["type"] == "field":
        is_field = second["type"] == "field"
        yield (first["value"], second["value"]) if is_field else (first["value"],)
    else:
        yield from _names(first)


def _calls(node: Value) -> Iterator[tuple[str, list[Any]]]:
    """Walk every call, wherever it stands."""
    children: list[Any] = node.get("children", [])
    if node["type"] == "function_expression":
        yield node["value"], children
    if node["type"] != "slice":
        for child in children:
            yield from _calls(child)


def _check_call(name: str, arguments: list[Any]) -> tuple[str, ...]:
    """Check what can be known of a call; return the kinds of personal data it digests."""
    known = FUNCTIONS.get(name)
    if known is None:
        raise ExpressionError(f"there is no function {name}()", _like(name))
    if not known.least <= len(arguments) <= known.most:
        wanted = str(known.least) if known.least == known.most else f"{known.least}-{known.most}"
        raise ExpressionError(f"{name}() takes {wanted} values, not {len(arguments)}")
    if known.pattern_at is not None and known.pattern_at < len(arguments):
        _pattern(name, arguments[known.pattern_at])
    if known.kind_at is None:
        return ()
    kind = arguments[known.kind_at] if known.kind_at < len(arguments) else None
    if kind is None or kind["type"] != "literal":
        return ("",)
    return (str(kind["value"]),)


def _like(name: str) -> str:
    near = difflib.get_close_matches(name, FUNCTIONS, n=1)
    return (
        f"Did you mean {near[0]}()?" if near else "The guide on connectors lists those there are."
    )


def _pattern(name: str, argument: Value) -> Pattern:
    """Compile a pattern when the manifest is loaded, so that its mistakes are told then."""
    if argument["type"] != "literal" or not isinstance(argument["value"], str):
        raise ExpressionError(f"the pattern of {name}() must be a text in quotes")
    return compile_pattern(argument["value"])


def _first_line(error: Exception) -> str:
    line = str(error).split("\n", 1)[0].rstrip(": ").removesuffix(", for expression")
    return f"this is no expression: {line.partition(' jmespath expression: ')[2] or line}"
