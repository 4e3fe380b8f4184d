"""`destination:` a configured account outside, its settings against its connector's manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from legato.connectors.compile import compile_manifest
from legato.connectors.mistake import Mistake
from legato.connectors.settings import check_settings, secret_name
from legato.connectors.spec import Limits, Spec
from legato.core.privacy.law import CEILINGS, CLASSES, is_within
from legato.model.instant import HOUR, MINUTE, SECOND, Duration, parse_duration
from legato.model.plan import AlertAfter, Destination, PrivacyClass, Retry, WhenDown
from legato.model.problem import Place
from legato.plan import form
from legato.plan.findings import Findings
from legato.plan.form import Form
from legato.plan.rules.streams import read_stream
from legato.plan.scope import Scope
from legato.plan.source import Fields, Items, Value, plain

CONCURRENCY = 8
NEVER = "never"
TIMEOUT = 10 * SECOND
TAKE_OVER_AFTER = 20 * SECOND
"""Longer than a slow answer and a retry or two; within half a minute."""


def read_destination(scope: Scope, tree: Fields) -> Destination:
    """Read a destination, its settings against its connector's manifest."""
    part = Form(scope.findings, tree, "this destination")
    name = part.need_read("destination", form.text, "", example="destination: sms_gateway")
    title, owner = part.read("title", form.text, ""), part.read("owner", form.text, "")
    connector = part.need_read("connector", form.text, "", example="connector: twilio_sms")
    if connector:
        scope.refer("connector", connector, part.place_of_value("connector"))
        scope.connectors["destination", name] = connector
    manifest = scope.manifests.get(connector) or scope.shipped.get(connector, {})
    spec = compile_manifest(manifest).spec if manifest else None
    value = part.take("settings")
    settings = form.fields(scope.findings, value, "settings") if value is not None else None
    given = cast("dict[str, Any]", plain(settings)) if settings else {}
    if spec is not None:
        scope.specs[name] = spec
        _check_transport(scope, spec, part.place_of_value("connector"))
        _check_settings(scope, spec, given, value or tree)
    limits = spec.limits if spec else Limits()
    on_doubt = spec.head.on_doubt if spec else "resend"
    events = part.take("events")
    rate, shared = _rate(scope, part, name, limits)
    word = part.read("on_doubt", form.one_of(("skip", "resend")), on_doubt)
    destination = Destination(
        name=name,
        manifest=manifest,
        settings=given,
        concurrency=part.read("concurrency", form.whole, limits.concurrency or CONCURRENCY),
        rate=rate,
        timeout=part.read("timeout", form.duration, limits.timeout or TIMEOUT),
        retry=_retry(scope, part),
        on_doubt="skip" if word == "skip" else "resend",
        allow_private=part.read("allow_private", form.boolean, default=False),
        accepts=_accepts(scope, part, spec),
        regions=part.read("regions", form.texts, ()),
        events=None if events is None else read_stream(scope, events, name, spec),
        when_down=_when_down(scope, part, name),
        rate_shared=shared,
        alert=_alert(scope, part),
        title=title,
        owner=owner,
    )
    part.close()
    return destination


def _alert(scope: Scope, part: Form) -> AlertAfter:
    """Read after how long it is told that it is down, or that deliveries wait."""
    value, usual = part.take("alert"), AlertAfter()
    found = form.fields(scope.findings, value, "alert") if value is not None else None
    if found is None:
        return usual
    inner = Form(scope.findings, found, "`alert`")
    alert = AlertAfter(
        down=inner.read("down_after", _duration_or_never, usual.down),
        waiting=inner.read("waiting_after", _duration_or_never, usual.waiting),
    )
    inner.close()
    return alert


def _duration_or_never(findings: Findings, value: Value, what: str) -> Duration | None:
    written = plain(value)
    if written == NEVER:
        return 0
    if not isinstance(written, str) or not parse_duration(written):
        findings.report(
            "D106",
            value.place,
            f"`{what}` must be a length of time, such as 5m, or `{NEVER}`",
            f"`{what}: 5m` (ms, s, m, h, d or w, as in `1d 12h`), or `{what}: {NEVER}`",
        )
        return None
    return parse_duration(written)


def _when_down(scope: Scope, part: Form, name: str) -> WhenDown | None:
    """Read who takes over; whether they can is checked when all destinations are known."""
    value = part.take("when_down")
    found = form.fields(scope.findings, value, "when_down") if value is not None else None
    if found is None:
        return None
    inner = Form(scope.findings, found, "`when_down`")
    after = inner.read("after", form.duration, TAKE_OVER_AFTER)
    use = inner.need_read("use", form.text, "", example="use: sms_backup")
    inner.close()
    if not use or not scope.refer("destination", use, inner.place_of_value("use")):
        return None
    scope.step_places[name, "when_down"] = inner.place_of_value("use")
    return WhenDown(use=use, after=after)


def check_when_down(scope: Scope, destinations: Mapping[str, Destination]) -> None:
    """Report who cannot take over: another kind of system, itself, or who hands on in turn."""
    for name, destination in destinations.items():
        if destination.when_down is None:
            continue
        other = destinations.get(destination.when_down.use)
        why = "" if other is None else _cannot_take_over(scope, destination, other)
        if why:
            scope.findings.report(
                "X308",
                scope.step_places[name, "when_down"],
                f"`{destination.when_down.use}` cannot take over from `{name}`: {why}",
                "name a destination of the same kind that can send, and takes over itself",
            )


def _cannot_take_over(scope: Scope, one: Destination, other: Destination) -> str:
    if other.name == one.name:
        return "it is the same"
    if other.when_down is not None:
        return f"it gives its own messages to `{other.when_down.use}`"
    spec, of_other = scope.specs.get(one.name), scope.specs.get(other.name)
    if spec is None or of_other is None:
        return ""  # that is another mistake
    for name, each in ((one.name, spec), (other.name, of_other)):
        if "send" not in each.routes:
            return f"`{name}` sends no messages"
    if spec.head.category != of_other.head.category:
        return f"it is for {of_other.head.category}, and not for {spec.head.category}"
    if not is_within(one.accepts, other.accepts):
        return f"it accepts what is {other.accepts} at most, and messages may be {one.accepts}"
    return ""


def _rate(scope: Scope, part: Form, destination: str, limits: Limits) -> tuple[float, str]:
    """Read `50/s`, or `{limit: 50/s, shared: NAME}`: all that share a rate say the same limit."""
    value = part.take("rate")
    if not isinstance(value, Fields):
        given = None if value is None else form.rate(scope.findings, value, "rate")
        return limits.rate if given is None else given, ""
    inner = Form(scope.findings, value, "`rate`")
    limit = inner.read("limit", form.rate, limits.rate)
    shared = inner.need_read("shared", form.text, "", example="shared: twilio")
    inner.close()
    if not shared:
        return limit, ""
    if limit <= 0:
        scope.findings.report(
            "X309",
            value.place,
            f"there is no limit to share under `{shared}`: the connector names none",
            "`rate: {limit: 50/s, shared: NAME}`",
        )
    other, agreed = scope.shared_rates.setdefault(shared, (destination, limit))
    if agreed != limit:
        scope.findings.report(
            "X309",
            value.place,
            f"`{shared}` has another limit at the destination {other}, which shares it",
            "give every destination that shares a rate the same `limit`",
        )
    return limit, shared


def _accepts(scope: Scope, part: Form, spec: Spec | None) -> PrivacyClass:
    """Read the most delicate class that may go there; some kinds of destination get little."""
    fixed = CEILINGS.get(spec.head.category) if spec else None
    given = cast("PrivacyClass", part.read("accepts", form.one_of(CLASSES), fixed or "personal"))
    if fixed is not None and not is_within(given, fixed):
        scope.findings.report(
            "U302",
            part.place_of_value("accepts"),
            f"a destination of this kind is given what is {fixed} and digests of identifiers, "
            f"never what is {given}",
            "remove `accepts`",
        )
    return given


def _check_transport(scope: Scope, spec: Spec, place: Place) -> None:
    command = scope.lacks.get(spec.transport)
    if command is not None:
        what = f"the connector `{spec.head.id}` needs a library that is not installed"
        scope.findings.report("X307", place, what, f"run `{command}`, then start Legato again")


def _check_settings(scope: Scope, spec: Spec, given: Mapping[str, Any], value: Value) -> None:
    for mistake in check_settings(spec, given):
        name = str(mistake.path[0])
        setting = spec.settings.get(name)
        is_open_secret = (
            setting is not None
            and setting.secret
            and name in given
            and secret_name(given[name]) is None
        )
        scope.findings.report(
            "X303" if is_open_secret else "X302",
            place_at(value, mistake.path),
            f"the setting {_quoted(mistake)}",
            mistake.fix,
        )


def _quoted(mistake: Mistake) -> str:
    name = f"`{mistake.path[0]}`"
    return mistake.what if mistake.what.startswith(name) else f"{name}: {mistake.what}"


def _retry(scope: Scope, part: Form) -> Retry:
    value = part.take("retry")
    found = form.fields(scope.findings, value, "retry") if value is not None else None
    if found is None:
        return Retry()
    inner = Form(scope.findings, found, "`retry`")
    retry = Retry(
        first=inner.read("first", form.duration, SECOND),
        factor=inner.read("factor", form.number, 2.0),
        longest=inner.read("longest", form.duration, 5 * MINUTE),
        give_up=inner.read("give_up", form.duration, 6 * HOUR),
    )
    inner.close()
    if retry.factor < 1:
        scope.findings.report(
            "D107",
            inner.place_of("factor"),
            "`factor` must be at least 1: each pause is that much longer than the one before",
            "`factor: 2`",
        )
        return Retry()
    return retry


def place_at(value: Value, path: tuple[str | int, ...]) -> Place:
    """Return the place that a path leads to: a key's, or the nearest there is on the way."""
    place = value.place
    for key in path:
        if isinstance(value, Fields):
            field = next((field for field in value.fields if field.key == key), None)
            if field is None:
                return place
            value, place = field.value, field.place
        elif isinstance(value, Items) and isinstance(key, int) and key < len(value.items):
            value = value.items[key]
            place = value.place
        else:
            return place
    return place
