"""Manifest -> SourceSpec. Every mistake is found in one pass; nothing is raised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, cast, get_args

from legato.connectors import form
from legato.connectors.inbound.asking import compile_account
from legato.connectors.inbound.fetching import compile_fetch
from legato.connectors.inbound.paging import compile_poll
from legato.connectors.inbound.spec import (
    Ack,
    Algorithm,
    Challenge,
    CompiledSource,
    Emit,
    Encoding,
    Part,
    PartKind,
    Rule,
    SourceHead,
    SourceSpec,
    Telling,
    Verify,
    VerifyKind,
    fixed_events,
)
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.expression import Expression
from legato.connectors.language.node import Node, Path
from legato.connectors.language.value import Value
from legato.connectors.spec import Setting
from legato.model.delivery import Outcome, Reaction
from legato.model.event import CustomerEventKind

Given = Mapping[str, Any]

EMIT_KEYS = (
    "type", "event", "user_id", "anonymous_id", "previous_id", "group_id",
    "timestamp", "properties", "traits", "context",
)  # fmt: skip
_KEYS = (
    "inbound", "id", "name", "docs", "status", "body", "settings", "verify", "challenge", "ack",
    "split", "dedupe", "let", "events", "address", "replies", "auth", "poll",
    "fetch",
)  # fmt: skip
_CALL_NAMES = ("header", "query", "body", "settings", "call")
_RULE_KEYS = ("when", "emit", "ignore", "consent", "address", "delivery")
_VERIFY_KEYS: Mapping[str, tuple[str, ...]] = {
    "hmac": (
        "algorithm", "encoding", "key_encoding", "key_prefix", "prefix", "secret", "signature",
        "pairs", "timestamp", "over", "tolerance",
    ),
    "ecdsa_p256": ("secret", "signature", "timestamp", "over", "tolerance"),
    "sns": ("topics", "tolerance"),
    "secret": ("secret", "given"),
    "none": (),
}  # fmt: skip
_VERIFY_NEEDS: Mapping[str, tuple[str, ...]] = {
    "hmac": ("secret", "signature"),
    "ecdsa_p256": ("secret", "signature"),
    "sns": ("topics",),
    "secret": ("secret", "given"),
    "none": ("allow",),
}
_TELLING_ADDRESS = {"undeliverable": "bounced", "complained": "complained"}


def compile_source(manifest: Given) -> CompiledSource:
    """Check a manifest and compile it."""
    top = Compiler({}, [])
    form.only(top, manifest, _KEYS, ())
    if manifest.get("inbound") != 1:
        top.add(("inbound",), "the version of the format is not 1", "Begin with `inbound: 1`.")
    settings = form.models(top, manifest.get("settings", {}), Setting, ("settings",))
    public = tuple(name for name, one in settings.items() if not one.secret)
    scope: dict[str, tuple[str, ...] | None] = {
        **dict.fromkeys(_CALL_NAMES),
        "settings": tuple(settings),
    }
    door = Compiler(scope, top.mistakes)
    takes_calls = is_posted(manifest)
    verify = _verify(door, manifest.get("verify")) if takes_calls else Verify(kind="none")
    challenges = tuple(_challenges(door, manifest.get("challenge", [])))
    ack = _ack(top, manifest.get("ack", {}))
    # Rules make what is stored: no secret is within their reach. Nor is the whole body: an item
    # must be all that is needed to read it again.
    splitting = Compiler({**scope, "settings": public, "message": None}, top.mistakes)
    split = _split(splitting, manifest["split"]) if "split" in manifest else None
    known = ("item", "header", "query", "call", *(("fetched",) if "fetch" in manifest else ()))
    inside = Compiler({**dict.fromkeys(known), "settings": public}, top.mistakes)
    let, inside = _let(inside, manifest.get("let", {}))
    dedupe = inside.node(manifest["dedupe"], ("dedupe",)) if "dedupe" in manifest else None
    rules = tuple(_rules(inside, manifest.get("events")))
    auth = compile_account(top, manifest, settings)
    poll = compile_poll(top, manifest, settings)
    fetch = compile_fetch(top, manifest, settings)
    head = form.convert(
        top, {k: manifest[k] for k in SourceHead.__struct_fields__ if k in manifest}, SourceHead, ()
    )
    address = _property(top, manifest, "address")
    replies = _property(top, manifest, "replies")
    _check_told(top, rules, address, replies)
    if top.mistakes or head is None:
        return _broken(top, rules)
    spec = SourceSpec(
        head=head,
        settings=settings,
        verify=verify,
        challenges=challenges,
        ack=ack,
        split=split,
        dedupe=dedupe,
        let=let,
        rules=rules,
        address=address,
        replies=replies,
        header_names=tuple(_looked_at("header", dedupe, let, rules)),
        query_names=tuple(_looked_at("query", dedupe, let, rules)),
        auth=auth,
        poll=poll,
        fetch=fetch,
        is_posted=takes_calls,
    )
    return CompiledSource(spec=spec, mistakes=(), events=spec.events())


def _broken(top: Compiler, rules: Sequence[Rule]) -> CompiledSource:
    is_half_read = not rules or any(_is_nameless(rule) for rule in rules)
    mistakes, events = tuple(top.mistakes), fixed_events(rules)
    return CompiledSource(spec=None, mistakes=mistakes, events=events, is_half_read=is_half_read)


def _is_nameless(rule: Rule) -> bool:
    named = [emit for emit in rule.emits if "event" in emit.fields or "type" in emit.fields]
    return not rule.ignore and (not rule.emits or len(named) < len(rule.emits))


def is_posted(manifest: Given) -> bool:
    """Return whether it takes calls: whatever is not polled alone does."""
    return "verify" in manifest or "poll" not in manifest


def _verify(door: Compiler, value: Value) -> Verify:
    path: Path = ("verify",)
    if value is None:
        door.add((), "nothing says how a call is proven", "Add `verify: {kind: hmac, ...}`.")
        return Verify(kind="none")
    given = form.mapping(door, value, path)
    kind = form.choice(door, given.get("kind", ""), get_args(VerifyKind), (*path, "kind"))
    form.only(door, given, ("kind", "allow", *_VERIFY_KEYS[kind]), path)
    for key in _VERIFY_NEEDS[kind]:
        if key not in given:
            door.add(path, f"`{kind}` needs `{key}`", f"Add `{key}:` to verify.")
    pairs = _optional(door, given, "pairs", path)
    inner = door.knowing("pairs") if pairs is not None else door
    name = "signature" if "signature" in given else "given"
    timestamp = _optional(inner, given, "timestamp", path)
    over = tuple(_parts(inner, given.get("over", ["raw"]), (*path, "over")))
    is_dated = any(part.kind == "timestamp" for part in over)
    if is_dated and timestamp is None:
        door.add((*path, "over"), "no `timestamp` is read", "Add `timestamp: =header...`.")
    if timestamp is not None and not is_dated:
        what = "the timestamp is not signed, so anybody could change it"
        door.add((*path, "timestamp"), what, "Name `timestamp` in `over`, or remove it.")
    return Verify(
        kind=cast("VerifyKind", kind),
        algorithm=cast("Algorithm", _word(door, given, "algorithm", get_args(Algorithm), "sha256")),
        encoding=cast("Encoding", _word(door, given, "encoding", get_args(Encoding), "hex")),
        key_encoding=cast(
            "Literal['text', 'hex', 'base64']",
            _word(door, given, "key_encoding", ("text", "hex", "base64"), "text"),
        ),
        prefix=str(given.get("prefix", "")),
        key_prefix=str(given.get("key_prefix", "")),
        secret=door.node(given["secret"], (*path, "secret")) if "secret" in given else None,
        given=inner.node(given[name], (*path, name)) if name in given else None,
        pairs=pairs,
        timestamp=timestamp,
        over=over,
        tolerance=form.duration(door, given.get("tolerance", "0s"), (*path, "tolerance")),
        addresses=_optional(door, given, "allow", path),
        topics=_optional(door, given, "topics", path),
    )


def _parts(door: Compiler, value: Value, path: Path) -> Iterable[Part]:
    """Read what is signed: known words, `{text: .}` and `{value: =header.x}`."""
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    for index, item in enumerate(items):
        where = (*path, index)
        if isinstance(item, Mapping):
            given = cast("Given", item)
            form.only(door, given, ("text", "value"), where)
            found = _optional(door, given, "value", where)
            kind = "text" if found is None else "value"
            yield Part(kind=kind, text=str(given.get("text", "")), value=found)
        else:
            words = ("raw", "timestamp", "url", "method", "form")
            yield Part(kind=cast("PartKind", form.choice(door, item, words, where)))


def _challenges(door: Compiler, value: Value) -> Iterable[Challenge]:
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    for index, item in enumerate(items):
        path: Path = ("challenge", index)
        given = form.mapping(door, item, path)
        form.only(door, given, ("method", "when", "given", "secret", "answer", "visit"), path)
        methods = ("GET", "HEAD", "POST")
        method = form.choice(door, given.get("method", "GET"), methods, (*path, "method"))
        if ("given" in given) != ("secret" in given):
            door.add(path, "`given` is compared with `secret`", "Write both, or none of them.")
        yield Challenge(
            method=cast("Literal['GET', 'HEAD', 'POST']", method),
            when=_optional(door, given, "when", path),
            given=_optional(door, given, "given", path),
            secret=_optional(door, given, "secret", path),
            answer=door.node(given["answer"], (*path, "answer")) if "answer" in given else None,
            visit=_optional(door, given, "visit", path),
        )


def _ack(top: Compiler, value: Value) -> Ack:
    ack = form.convert(top, value, Ack, ("ack",)) or Ack()
    if not 200 <= ack.status <= 299:  # noqa: PLR2004 - what HTTP calls success
        what = "what is taken must be answered with success, or it is sent again for ever"
        top.add(("ack", "status"), what, "Write 200, 202 or 204.")
    return ack


def _split(splitting: Compiler, value: Value) -> Node:
    """Compile where items stand: an expression, with or without its `=`, or a shape."""
    if isinstance(value, str):
        value = f"={value.removeprefix('=')}"
    return splitting.node(value, ("split",))


def _let(inside: Compiler, value: Value) -> tuple[tuple[tuple[str, Node], ...], Compiler]:
    """Compile names that rules use. Which stands first makes no difference: a stored plan sorts."""
    given = {str(name): one for name, one in form.mapping(inside, value, ("let",)).items()}
    for name in given:
        if name in inside.known:
            inside.add(("let", name), f"`{name}` is taken", "Choose another name.")
    ordered = inside.in_order(given, ("let",))
    inside = inside.knowing(*given)
    nodes = [(name, inside.node(one, ("let", name))) for name, one in ordered]
    return tuple(nodes), inside


def _rules(inside: Compiler, value: Value) -> Iterable[Rule]:
    if not isinstance(value, list) or not value:
        inside.add(("events",), "there are no events", "List at least one: `- emit: {...}`.")
        return
    is_closed = False
    for index, item in enumerate(cast("list[Any]", value)):
        path: Path = ("events", index)
        given = form.mapping(inside, item, path)
        form.only(inside, given, _RULE_KEYS, path)
        if is_closed:
            what = "no item gets here: the rule before has no `when` and takes every one"
            inside.add(path, what, "Give that one a `when`, or move it to the end.")
        is_closed = "when" not in given
        if ("emit" in given) == ("ignore" in given):
            what = "a rule says what becomes of an item: either `emit` or `ignore`"
            inside.add(path, what, "Write `emit: {...}`, or `ignore: why`.")
        emits = given.get("emit", [])
        many = cast("list[Any]", emits) if isinstance(emits, list) else [emits]
        yield Rule(
            when=_optional(inside, given, "when", path),
            emits=tuple(_emit(inside, one, (*path, "emit"), i) for i, one in enumerate(many)),
            telling=_telling(inside, given, path),
            ignore=str(given.get("ignore", "")),
        )


def _emit(inside: Compiler, value: Value, path: Path, index: int) -> Emit:
    where = (*path, index) if index else path
    given = form.mapping(inside, value, where)
    form.only(inside, given, EMIT_KEYS, where)
    fields = {key: inside.node(one, (*where, key)) for key, one in given.items()}
    kind = given.get("type", "track")
    if not str(kind).startswith("=") and not isinstance(kind, Mapping):
        form.choice(inside, kind, get_args(CustomerEventKind), (*where, "type"))
        if kind == "track" and "event" not in given:
            inside.add(where, "the event has no name", "Add `event: Order Completed`.")
    return Emit(fields=fields)


def _telling(inside: Compiler, given: Given, path: Path) -> Telling:
    address, consent = given.get("address", ""), given.get("consent", "")
    if address:
        address = form.choice(inside, address, tuple(_TELLING_ADDRESS), (*path, "address"))
    if consent:
        consent = form.choice(inside, consent, ("withdrawn", "granted"), (*path, "consent"))
    delivery = form.mapping(inside, given.get("delivery", {}), (*path, "delivery"))
    where = (*path, "delivery")
    outcome = ""
    if delivery:
        form.only(inside, delivery, ("id", "outcome", "receipt", "code"), where)
        outcome = form.choice(
            inside,
            delivery.get("outcome", ""),
            (*get_args(Outcome), *get_args(Reaction)),
            (*where, "outcome"),
        )
        if "id" not in delivery and "receipt" not in delivery:
            fix = "Add `id: =item...`, or `receipt:`, the id that the provider gave it."
            inside.add(where, "nothing says which delivery it was", fix)
    return Telling(
        address=cast("Any", _TELLING_ADDRESS.get(address, "")),
        consent=cast("Any", consent),
        delivery=_optional(inside, delivery, "id", where),
        outcome=outcome,
        receipt=_optional(inside, delivery, "receipt", where),
        code=_optional(inside, delivery, "code", where),
    )


def _check_told(top: Compiler, rules: Iterable[Rule], address: str, replies: str) -> None:
    is_telling = any(rule.telling.address or rule.telling.consent for rule in rules)
    if (is_telling or replies) and not address:
        what = "it tells of addresses, and nothing says which property holds them"
        top.add(("events",), what, "Add `address: email` at the top.")


def _looked_at(
    root: str, dedupe: Node | None, let: Iterable[tuple[str, Node]], rules: Iterable[Rule]
) -> Iterable[str]:
    """Name the headers that make events of items, so that they are kept with what is not read."""
    names = [*(dedupe.names if dedupe else ()), *(name for _, node in let for name in node.names)]
    for rule in rules:
        nodes = [node for emit in rule.emits for node in emit.fields.values()]
        told = (rule.when, rule.telling.delivery, rule.telling.receipt, rule.telling.code)
        names += [name for node in nodes for name in node.names]
        names += [name for one in told if one is not None for name in one.names]
    return dict.fromkeys(name[1] for name in names if name[0] == root and len(name) > 1)


def _property(top: Compiler, manifest: Given, key: str) -> str:
    value = manifest.get(key, "")
    if not isinstance(value, str) or "." in value or value.startswith("="):
        top.add((key,), "this must be the name of a property", f"Write `{key}: email`.")
        return ""
    return value


def _optional(inside: Compiler, given: Given, key: str, path: Path) -> Expression | None:
    return inside.expression(given[key], (*path, key)) if key in given else None


def _word(top: Compiler, given: Given, key: str, choices: tuple[str, ...], default: str) -> str:
    return form.choice(top, given.get(key, default), choices, ("verify", key))
