"""The `batch:` of a route: how its requests travel with others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec

from legato.connectors import form
from legato.connectors.form import Given
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.expression import Expression
from legato.connectors.language.node import Node, Path
from legato.connectors.language.value import Value
from legato.connectors.routes.question import compile_lookups
from legato.connectors.routes.reach import compile_lets, lookup_names, reaches, step_names
from legato.connectors.routes.request import Manner, compile_calls, names_of, read_alone
from legato.connectors.spec import Batch, Call, Requirement

_SENT = ("let", "lookup", "request", "requests", "merge")
"""Of a batch: what makes it another where it differs."""
_BATCH_KEYS = (
    "when", "items", "bytes", "wait", "key", "merge", "let", "lookup", "request", "requests",
    "each", "asks", "partial", "across", "least",
)  # fmt: skip


def compile_batch(inside: Compiler, value: Value, path: Path, manner: Manner) -> Batch:
    given = form.mapping(inside, value, path)
    form.only(inside, given, _BATCH_KEYS, path)
    merge = form.texts(inside, given.get("merge", []), (*path, "merge"))
    known = inside.knowing("items", *lookup_names(given))
    known, let = compile_lets(known, given, path, steps=step_names(given))
    lookups = tuple(compile_lookups(known, given.get("lookup", []), (*path, "lookup"), manner))
    calls = _requests(known, given, path, manner)
    if not calls and (lookups or (given.get("across") and not merge)):
        what, fix = "nothing says what is sent for all", "Add `merge:` or `request:`."
        inside.add(path, what, fix)
    seeing = inside.knowing("request") if calls else inside
    each = seeing.node(given["each"], (*path, "each")) if "each" in given else None
    is_by_request = not calls or each is None or _sees(each, "request")
    least = form.whole(inside, given.get("least", 1), (*path, "least")) or 1
    if least > 1 and (not calls or not is_by_request):
        what = "too few would be sent each by its own request, and here is none"
        inside.add((*path, "least"), what, "Leave it out, or make `each` of `request`.")
    partial = form.choice(inside, given.get("partial", ""), ("", "index", "id"), (*path, "partial"))
    return Batch(
        when=_of_settings(inside, given["when"], (*path, "when")) if "when" in given else None,
        items=form.whole(inside, given.get("items", 100), (*path, "items")) or 1,
        bytes_max=form.size(inside, given.get("bytes", 0), (*path, "bytes")),
        wait=form.duration(inside, given.get("wait", "1s"), (*path, "wait")),
        key=inside.node(given["key"], (*path, "key")) if "key" in given else None,
        merge=tuple(tuple(one.split(".")) for one in merge),
        let=let,
        lookups=lookups,
        calls=calls,
        least=least,
        across=_canonical([given.get(key) for key in _SENT]) if given.get("across") else "",
        each=each,
        is_by_request=is_by_request,
        asks=bool(given.get("asks", True)),
        partial=cast("Any", partial),
    )


def _requests(known: Compiler, given: Given, path: Path, manner: Manner) -> tuple[Call, ...]:
    """Read what is sent for all, if it is other than what each would send alone."""
    if "request" in given and "requests" not in given:
        read_alone(known, given["request"], (*path, "request"))
    if "request" in given or "requests" in given:
        return tuple(compile_calls(known, given, path, "event", manner))
    return ()


def _of_settings(inside: Compiler, value: Value, path: Path) -> Expression:
    when = inside.expression(value, path)
    if any(name[0] != "settings" for name in when.names):
        what = "whether deliveries travel together is decided once for a destination"
        inside.add(path, what, "Ask about `settings` alone.")
    return when


def _sees(node: Node, root: str) -> bool:
    return any(name[0] == root for name in node.names)


def check_apart(
    inside: Compiler, calls: Sequence[Call], require: Iterable[Requirement], path: Path
) -> None:
    """Report what needs the answer to a single request: in batches none has one of its own."""
    answered = dict.fromkeys(one.name for one in calls if one.name)
    needed = [one.after for one in require if one.after]
    for name, *_ in (name for call in calls for name in names_of(call)):
        if name in answered or reaches(inside.origins.get(name, ()), answered, inside.origins):
            needed.append(name)
    for name in dict.fromkeys(needed):
        what = f"a batch cannot wait for the answer `{name}`"
        inside.add(path, what, "Leave the batch out, or ask with a `lookup`.")


def _canonical(value: Value) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
