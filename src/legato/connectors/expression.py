"""Expressions of manifests: JMESPath with a closed set of pure functions.

JMESPath reads a document and cannot loop, write or call out, so a manifest from anybody is safe to
run. Everything that knows of JMESPath is in this module: it could be replaced here alone. Most
expressions are plain paths, or a function of one, which are read without it, thirty times faster.

Two of its traps are refused when a manifest is loaded: `!a.b` means `(!a).b`, and `@` at the top
would be the whole scope, secrets included.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias, cast
from urllib.parse import quote

import jmespath
import msgspec
from jmespath import exceptions as jmespath_exceptions
from jmespath import functions as jmespath_functions

from legato.model.instant import format_instant, parse_instant

Value: TypeAlias = Any
"""Foreign JSON, or MISSING."""
Scope: TypeAlias = Mapping[str, Value]
Read: TypeAlias = Callable[[Scope], Value]
Name: TypeAlias = tuple[str, ...]
"""What an expression looks at: (`settings`, `token`). One element: the whole of it."""

MISSING: Final[Value] = object()
"""Not there. Differs from null, which some providers take for 'clear this field'."""

EXPRESSION_LENGTH_MAX = 1_000
"""A longer one is a program; its cost is paid for every delivery."""

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.(?:[A-Za-z_][A-Za-z0-9_]*|\"[A-Za-z0-9_-]+\"))*")
"""Quoted are names that JMESPath does not take as they are, such as those of headers."""
_CALL = re.compile(r"([a-z0-9]+)\(\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*\)")
_NOT_PATH = re.compile(r"![A-Za-z_][A-Za-z0-9_]*\s*[.\[]")

_TEXT: Any = {"types": ["string", "number", "boolean", "null"]}
_ANY: Any = {"types": []}
_signature: Any = jmespath_functions.signature


class ExpressionError(Exception):
    """An expression met a value it cannot work on. Says which function, never the value."""


class Expression(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled expression."""

    read: Read
    names: tuple[Name, ...]
    """Every name it starts from, with the next step of the path."""


class _Functions(jmespath_functions.Functions):
    """The closed registry. Nothing in, nothing out: each gives null for null."""

    @_signature(_TEXT)
    def _func_lower(self, value: object) -> str | None:
        return None if value is None else _text(value).lower()

    @_signature(_TEXT)
    def _func_upper(self, value: object) -> str | None:
        return None if value is None else _text(value).upper()

    @_signature(_TEXT)
    def _func_trim(self, value: object) -> str | None:
        return None if value is None else _text(value).strip()

    @_signature(_TEXT)
    def _func_digits(self, value: object) -> str | None:
        return None if value is None else "".join(c for c in _text(value) if c in "0123456789")

    @_signature(_ANY)
    def _func_text(self, value: object) -> str | None:
        return None if value is None else _text(value)

    @_signature(_ANY)
    def _func_json(self, value: object) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    @_signature(_ANY)
    def _func_texts(self, value: object) -> dict[str, str] | None:
        """Make all values of an object texts, as push payloads demand."""
        if not isinstance(value, dict):
            return None
        items = cast("dict[str, Any]", value).items()
        return {key: _text(one) for key, one in items if one is not None}

    @_signature(_TEXT)
    def _func_sha256(self, value: object) -> str | None:
        return None if value is None else hashlib.sha256(_text(value).encode()).hexdigest()

    @_signature(_TEXT)
    def _func_digest(self, value: object) -> str | None:
        """Return the SHA-256 of a text, or the text where it is one already."""
        return None if value is None else _digest(_text(value))

    @_signature(_TEXT)
    def _func_base64(self, value: object) -> str | None:
        return None if value is None else base64.b64encode(_text(value).encode()).decode()

    @_signature(_TEXT)
    def _func_escape(self, value: object) -> str | None:
        return None if value is None else quote(_text(value), safe="")

    @_signature(_TEXT, {"types": ["string"]}, {"types": ["string"]})
    def _func_replace(self, value: object, old: str, new: str) -> str | None:
        return None if value is None else _text(value).replace(old, new)

    @_signature(_TEXT)
    def _func_epoch(self, value: object) -> int | None:
        """Unix seconds of an instant (microseconds) or of ISO 8601 text."""
        instant = parse_instant(value) if isinstance(value, str) else value
        return instant // 1_000_000 if isinstance(instant, int) else None

    @_signature({"types": ["number", "null"]})
    def _func_iso(self, value: object) -> str | None:
        return format_instant(value) if isinstance(value, int) else None


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case True:
            return "true"
        case False:
            return "false"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case _:
            return msgspec.json.encode(value).decode()


as_text = _text


def _sha256(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def _digest(value: str) -> str:
    return value.lower() if re.fullmatch(r"[0-9a-fA-F]{64}", value) else _sha256(value)


_PLAIN_CALLS: Mapping[str, tuple[type, Callable[[Any], Value]]] = {
    "iso": (int, format_instant),
    "text": (str, str),
    "lower": (str, str.lower),
    "trim": (str, str.strip),
    "sha256": (str, _sha256),
    "digest": (str, _digest),
}
"""What manifests call most, as the registry does it, on the one type they are called with."""

_OPTIONS = jmespath.Options(custom_functions=_Functions())
_FUNCTION_TABLE = cast("dict[str, Any]", _Functions.FUNCTION_TABLE)


def expr(text: str) -> Expression:
    """Compile an expression. Raises ExpressionError with what is wrong with it."""
    text = text.strip()
    if len(text) > EXPRESSION_LENGTH_MAX:
        raise ExpressionError(f"the expression is longer than {EXPRESSION_LENGTH_MAX} characters")
    if _PATH.fullmatch(text):
        keys = tuple(key.strip('"') for key in text.split("."))
        return Expression(read=_path(keys), names=(keys[:2],))
    if _NOT_PATH.search(text):
        raise ExpressionError("`!a.b` means `(!a).b`; write `!(a.b)`")
    try:
        compiled: Any = jmespath.compile(text)
    except jmespath_exceptions.JMESPathError as error:
        raise ExpressionError(_first_line(error)) from error
    names = tuple(dict.fromkeys(_names(compiled.parsed)))
    call = _CALL.fullmatch(text)
    read = _search(compiled)
    if call is not None and call[1] in _PLAIN_CALLS:
        return Expression(read=_call(call[1], tuple(call[2].split(".")), read), names=names)
    return Expression(read=read, names=names)


def _call(name: str, keys: Name, otherwise: Read) -> Read:
    """Call a function of a path by itself; what it is not made for is left to JMESPath."""
    accepted, function = _PLAIN_CALLS[name]
    path = _path(keys)

    def read(scope: Scope) -> Value:
        value = path(scope)
        return function(value) if type(value) is accepted else otherwise(scope)

    return read


def _path(keys: Name) -> Read:
    if len(keys) == 2:  # noqa: PLR2004 - a name below a root: nearly every one
        return _pair(*keys)

    def read(scope: Scope) -> Value:
        value: Any = scope
        for key in keys:
            try:
                value = value[key]
            except (KeyError, TypeError, IndexError):
                return MISSING
        return value

    return read


def _pair(first: str, second: str) -> Read:
    def read(scope: Scope) -> Value:
        try:
            return scope[first][second]
        except (KeyError, TypeError, IndexError):
            return MISSING

    return read


def _search(compiled: Value) -> Read:
    def read(scope: Scope) -> Value:
        try:
            value = compiled.search(scope, options=_OPTIONS)
        except jmespath_exceptions.JMESPathTypeError as error:
            name = getattr(error, "function_name", "a function")
            raise ExpressionError(f"{name}() was given a value of another type") from error
        except (jmespath_exceptions.JMESPathError, ValueError, OverflowError) as error:
            raise ExpressionError("an expression failed on a value") from error
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
        case "function_expression":
            _check_call(node["value"], children)
            for child in children:
                yield from _names(child)
        case "expref":
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


def _check_call(name: str, arguments: list[Any]) -> None:
    known = _FUNCTION_TABLE.get(name)
    if known is None:
        raise ExpressionError(f"there is no function {name}()")
    signature: tuple[Any, ...] = known["signature"]
    variadic = bool(signature) and bool(signature[-1].get("variadic"))
    if len(arguments) < len(signature) or (len(arguments) > len(signature) and not variadic):
        raise ExpressionError(f"{name}() takes {len(signature)} values, not {len(arguments)}")


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0].rstrip(": ")


def is_true(value: object) -> bool:
    """Return what counts as yes: everything but nothing, false, and what is empty."""
    return not (value is MISSING or value is None or value is False or value in ("", [], {}))
