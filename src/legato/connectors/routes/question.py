"""The questions of a route: what has to be known before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from legato.connectors import form
from legato.connectors.form import Given
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.node import Path
from legato.connectors.language.value import Value
from legato.connectors.routes.request import Manner, compile_call, read_alone
from legato.connectors.spec import Lookup

_LOOKUP_KEYS = ("as", "request", "select", "cache", "absent", "accept", "when")
_ANSWER = ("status", "header", "body", "text")


def compile_lookups(inside: Compiler, value: Value, path: Path, manner: Manner) -> Iterable[Lookup]:
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    for index, item in enumerate(items):
        where = (*path, index) if isinstance(value, list) else path
        given = form.mapping(inside, item, where)
        form.only(inside, given, _LOOKUP_KEYS, where)
        if "as" not in given:
            inside.add(where, "nobody can read what is found", "Add `as: contact`.")
        cache = form.mapping(inside, given.get("cache", {}), (*where, "cache"))
        form.only(inside, cache, ("key", "ttl", "negative"), (*where, "cache"))
        answer = inside.with_names(dict.fromkeys(_ANSWER))
        yield Lookup(
            name=str(given.get("as", "")),
            call=compile_call(inside, _request_of(inside, given, where), where, "send", manner),
            select=answer.node(given["select"], (*where, "select")) if "select" in given else None,
            absent=form.statuses(inside, given.get("absent", []), (*where, "absent")),
            accept=form.statuses(inside, given.get("accept", []), (*where, "accept")),
            key=inside.node(cache["key"], (*where, "cache", "key")) if "key" in cache else None,
            ttl=form.duration(inside, cache.get("ttl", "1h"), (*where, "cache", "ttl")),
            negative=form.duration(inside, cache.get("negative", "1m"), (*where, "cache")),
        )


def _request_of(inside: Compiler, given: Given, where: Path) -> Given:
    request = read_alone(inside, given.get("request", {}), (*where, "request"))
    return {**request, **({"when": given["when"]} if "when" in given else {})}
