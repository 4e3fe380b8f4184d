"""The `batch:` of a route: how its requests travel with others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import msgspec

from legato.connectors import form
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.expression import Expression
from legato.connectors.language.node import Node, Path
from legato.connectors.language.value import Value
from legato.connectors.routes.request import Manner, compile_call, read_alone
from legato.connectors.spec import Batch, Call

_BATCH_KEYS = (
    "when", "items", "bytes", "wait", "key", "merge", "request", "each", "asks", "partial",
    "across", "least",
)  # fmt: skip


def compile_batch(inside: Compiler, value: Value, path: Path, manner: Manner) -> Batch:
    given = form.mapping(inside, value, path)
    form.only(inside, given, _BATCH_KEYS, path)
    merge = form.texts(inside, given.get("merge", []), (*path, "merge"))
    call = None
    if "request" in given:
        request = read_alone(inside, given["request"], (*path, "request"))
        known = inside.knowing("items")
        call = compile_call(known, request, (*path, "request"), "event", manner)
    elif given.get("across") and not merge:
        what, fix = "nothing says what is sent for all", "Add `merge:` or `request:`."
        inside.add((*path, "across"), what, fix)
    seeing = inside.knowing("request") if call is not None else inside
    each = seeing.node(given["each"], (*path, "each")) if "each" in given else None
    is_by_request = call is None or each is None or _sees(each, "request")
    least = form.whole(inside, given.get("least", 1), (*path, "least")) or 1
    if least > 1 and (call is None or not is_by_request):
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
        call=call,
        least=least,
        across=_canonical([given.get("request"), merge]) if given.get("across") else "",
        each=each,
        is_by_request=is_by_request,
        asks=bool(given.get("asks", True)),
        partial=cast("Any", partial),
    )


def _of_settings(inside: Compiler, value: Value, path: Path) -> Expression:
    when = inside.expression(value, path)
    if any(name[0] != "settings" for name in when.names):
        what = "whether deliveries travel together is decided once for a destination"
        inside.add(path, what, "Ask about `settings` alone.")
    return when


def _sees(node: Node, root: str) -> bool:
    return any(name[0] == root for name in node.names)


def check_apart(inside: Compiler, calls: Sequence[Call], path: Path) -> None:
    """Report requests that need the answer of another: in batches none has one of its own."""
    names = [one.name for one in calls if one.name]
    for call in calls:
        read = [name[0] for node in call.fields.values() for name in node.names]
        read += [
            name[0] for one in (call.when, call.for_each) if one is not None for name in one.names
        ]
        for name in dict.fromkeys(one for one in read if one in names):
            what = f"a batch cannot wait for the answer `{name}`"
            inside.add(path, what, "Leave the batch out, or ask with a `lookup`.")


def _canonical(value: Value) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
