"""Functions of texts."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qs, quote, unquote, urlsplit

import msgspec

from legato.connectors.language.function import Function
from legato.connectors.language.pattern import compile_pattern
from legato.connectors.language.value import Value, as_text, rows_of

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+|[^\W\d_a-zA-Z]+")


def _lower(value: object) -> str:
    return as_text(value).lower()


def _upper(value: object) -> str:
    return as_text(value).upper()


def _trim(value: object) -> str:
    return as_text(value).strip()


def _digits(value: object) -> str:
    return "".join(filter("0123456789".__contains__, as_text(value)))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _from_json(value: object) -> Value:
    """Return what a JSON text says; null where it is none."""
    try:
        return msgspec.json.decode(value) if isinstance(value, str) else value
    except msgspec.DecodeError:
        return None


def _texts(value: object) -> dict[str, str] | None:
    """Make all values of an object texts, as push payloads demand."""
    if not isinstance(value, Mapping):
        return None
    items = cast("Mapping[str, Any]", value).items()
    return {key: as_text(one) for key, one in items if one is not None}


def _base64(value: object) -> str:
    return base64.b64encode(as_text(value).encode()).decode()


def _from_base64(value: object) -> str | None:
    try:
        return base64.b64decode(as_text(value), validate=True).decode()
    except ValueError:
        return None


def _escape(value: object) -> str:
    return quote(as_text(value), safe="")


def _unescape(value: object) -> str:
    return unquote(as_text(value))


def _replace(value: object, old: str, new: str) -> str:
    return as_text(value).replace(old, new)


def _replace_pattern(value: object, pattern: str, new: str) -> str:
    return compile_pattern(pattern).replace(as_text(value), new)


def _matches(value: object, pattern: str) -> bool:
    """Return whether a pattern is found in a text; `^` and `$` tie it to the ends."""
    return compile_pattern(pattern).search(as_text(value)) is not None


def _match(value: object, pattern: str, group: int = 0) -> str | None:
    """Return what a pattern, or a group of it, matches."""
    found = compile_pattern(pattern).search(as_text(value))
    if found is None or int(group) > found.re.groups:
        return None
    return found.group(int(group))


def _split(value: object, separator: str) -> list[str]:
    if not separator:
        raise ValueError(separator)
    return as_text(value).split(separator)


def _left(value: object, length: int) -> str:
    return as_text(value)[: int(length)]


def _words(value: object) -> list[str]:
    return _WORD.findall(as_text(value))


def _snake(value: object) -> str:
    return "_".join(_words(value)).lower()


def _camel(value: object) -> str:
    first, *rest = _words(value) or [""]
    return first.lower() + "".join(word.capitalize() for word in rest)


def _title(value: object) -> str:
    """Capitalise each word, leaving what stands between words alone."""
    return re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), as_text(value))


def _capitalise(value: object) -> str:
    text = as_text(value)
    return text[:1].upper() + text[1:]


def _join(separator: str, values: object) -> str:
    if not isinstance(values, list | tuple):
        raise TypeError
    return separator.join(as_text(value) for value in rows_of(values))


def _starts_with(value: object, start: str) -> bool:
    return as_text(value).startswith(start)


def _ends_with(value: object, end: str) -> bool:
    return as_text(value).endswith(end)


def _url_part(value: object, part: str) -> str | None:
    """Return `scheme`, `host`, `path`, `query` or `fragment` of a URL."""
    found = urlsplit(as_text(value))
    parts = {
        "scheme": found.scheme,
        "host": found.hostname or "",
        "path": found.path,
        "query": found.query,
        "fragment": found.fragment,
    }
    return parts[part] or None


def _query(value: object, name: str) -> str | None:
    """Return a parameter of a URL's query."""
    asked = urlsplit(as_text(value)).query
    return parse_qs(asked).get(name, [None])[0] if asked else None


def _xml(value: object) -> str:
    return html.escape(as_text(value))


TEXTS: Mapping[str, Function] = {
    "lower": Function(_lower),
    "upper": Function(_upper),
    "trim": Function(_trim),
    "digits": Function(_digits),
    "text": Function(as_text),
    "to_string": Function(as_text),
    "json": Function(_json),
    "from_json": Function(_from_json),
    "texts": Function(_texts),
    "base64": Function(_base64),
    "from_base64": Function(_from_base64),
    "escape": Function(_escape),
    "unescape": Function(_unescape),
    "xml": Function(_xml),
    "replace": Function(_replace, 3, 3),
    "replace_pattern": Function(_replace_pattern, 3, 3, pattern_at=1),
    "matches": Function(_matches, 2, 2, pattern_at=1),
    "match": Function(_match, 2, 3, pattern_at=1),
    "split": Function(_split, 2, 2),
    "left": Function(_left, 2, 2),
    "words": Function(_words),
    "snake": Function(_snake),
    "camel": Function(_camel),
    "title": Function(_title),
    "capitalise": Function(_capitalise),
    "join": Function(_join, 2, 2, about=1),
    "starts_with": Function(_starts_with, 2, 2),
    "ends_with": Function(_ends_with, 2, 2),
    "url_part": Function(_url_part, 2, 2),
    "query": Function(_query, 2, 2),
}
