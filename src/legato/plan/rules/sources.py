"""`source:` where events come from."""

from __future__ import annotations

import re

from legato.model.definitions.source import Hours, Source
from legato.model.ids import digest
from legato.plan import form
from legato.plan.form import Form
from legato.plan.rules.hooks import HOOKS, read_hook, read_opt_outs, read_pairing
from legato.plan.rules.inbound import read_inbound
from legato.plan.rules.workspace import zone
from legato.plan.scope import Scope
from legato.plan.source import Fields

FAMILIES = ("segment", "rudder")
_DIGEST = re.compile(r"[0-9a-f]{32}")


def read_source(scope: Scope, tree: Fields) -> Source:
    """Read a source. Write keys are kept as digests: a stored plan opens nothing."""
    part = Form(scope.findings, tree, "this source")
    name = part.need_read("source", form.text, "", example="source: web")
    kind = part.read("kind", form.one_of((*FAMILIES, *HOOKS)), "segment")
    title = part.read("title", form.text, name)
    is_enabled = part.read("enabled", form.boolean, default=True)
    silent_after = part.read("silent_after", form.duration, 0)
    expected = _expected(scope, part)
    if "connector" in part:
        inbound, opt_outs = read_inbound(scope, part, name)
        source = Source(
            name=name,
            title=title,
            key_digests=(),
            is_enabled=is_enabled,
            silent_after=silent_after,
            expected=expected,
            opt_outs=opt_outs,
            inbound=inbound,
            pairs_with=read_pairing(scope, part, name),
        )
    elif kind in HOOKS:
        hook = read_hook(scope, part, kind)
        source = Source(
            name=name,
            title=title,
            key_digests=(),
            is_enabled=is_enabled,
            silent_after=silent_after,
            expected=expected,
            hook=hook,
            opt_outs=read_opt_outs(scope, part, hook),
            pairs_with=read_pairing(scope, part, name),
        )
    else:
        source = Source(
            name=name,
            title=title,
            kind="rudder" if kind == "rudder" else "segment",
            key_digests=_key_digests(scope, part),
            is_enabled=is_enabled,
            silent_after=silent_after,
            expected=expected,
            pairs_with=read_pairing(scope, part, name),
        )
    part.close()
    return source


def _key_digests(scope: Scope, part: Form) -> tuple[str, ...]:
    """Read keys as they are, and digests of such as stand nowhere: whoever made them kept them."""
    has_digests = "key_digests" in part
    given = part.read("key_digests", form.texts, ())
    example = "write_keys: [a-long-key]"
    keys = (
        part.read("write_keys", form.texts, ())
        if has_digests
        else part.need_read("write_keys", form.texts, (), example=example)
    )
    if not all(_DIGEST.fullmatch(one) for one in given):
        scope.findings.report(
            "D107",
            part.place_of_value("key_digests"),
            "the digest of a write key is 32 hexadecimal digits",
            f"`{example}`, or a key that the Studio makes",
        )
    own = part.place_of_value("write_keys"), part.place_of_value("key_digests")
    found = tuple(digest(key.encode()) for key in keys)
    for one, place in [*((one, own[0]) for one in found), *((one, own[1]) for one in given)]:
        scope.declare("write key", one, place)
    return (*found, *given)


def _expected(scope: Scope, part: Form) -> Hours | None:
    value = part.take("expected")
    tree = form.fields(scope.findings, value, "expected") if value is not None else None
    if tree is None:
        return None
    inner = Form(scope.findings, tree, "`expected`")
    hours = Hours(
        start=inner.need_read("from", form.minute_of_day, 0, example='from: "08:00"'),
        end=inner.need_read("to", form.minute_of_day, 0, example='to: "20:00"'),
        zone=inner.read("zone", zone, scope.zone),
    )
    inner.close()
    return hours
