"""What a journey says and writes: its sends and the traits it sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import jsonschema_rs

from legato.model.instant import Duration, format_duration
from legato.model.noun import Noun
from legato.model.problem import Place
from legato.plan import form
from legato.plan.conditions.properties import property_schema
from legato.plan.findings import listed
from legato.plan.form import Form
from legato.plan.offers.reading import read_made
from legato.plan.rules.templates import check_entry
from legato.plan.scope import Scope
from legato.plan.source import Fields, Value, plain

EXPIRES: Duration = 1


class Message(Noun, frozen=True, kw_only=True):
    """A send, without its place among the steps."""

    message: str
    channels: tuple[str, ...]
    prefer: Literal["given", "cheapest"]
    purpose: str
    expires: Duration
    fall_back: Duration
    about: str
    offer: str


def read_send(
    scope: Scope, outer: Form, step_id: str, *, purpose: str, entry: str | None
) -> Message:
    """Read a `send` and check its message in each of its channels."""
    value = outer.take("send")
    tree = form.fields(scope.findings, value, "send") if value is not None else None
    place = value.place if value is not None else outer.place
    part = Form(
        scope.findings, tree or Fields(place=place, fields=()), f"the send of step `{step_id}`"
    )
    message = part.need_read("message", form.text, "", example="message: cart_reminder")
    channels, prefer = _channels(scope, part)
    expires = _expires(scope, part)
    fall_back = _fall_back(scope, part, channels, expires)
    about = part.read("about", form.text, "")
    if about and entry:
        property_schema(scope, entry, about, part.place_of_value("about"))
    own = part.read("purpose", form.text, "")
    if own:
        scope.refer("purpose", own, part.place_of_value("purpose"))
    if message and scope.refer("template", message, part.place_of_value("message")):
        _check_message(scope, message, channels, part=part, entry=entry)
    resolved = own or scope.template_purposes.get(message, "") or purpose
    if not resolved:
        scope.findings.report(
            "J304",
            part.place,
            f"nothing says for what purpose step `{step_id}` sends",
            "add `purpose: marketing` to the journey, the template or the send",
        )
    offer = read_made(scope, part, message, entry=entry)
    part.close()
    return Message(
        message=message,
        channels=channels,
        prefer=prefer,
        purpose=resolved,
        expires=expires,
        fall_back=fall_back,
        about=about,
        offer=offer,
    )


def read_traits(scope: Scope, part: Form) -> Mapping[str, Any]:
    """Read the traits that a `set` writes."""
    value = part.take("set")
    tree = form.fields(scope.findings, value, "set") if value is not None else None
    traits: dict[str, Any] = {}
    for field in tree.fields if tree else ():
        if field.key in scope.names["computed"]:
            scope.findings.report(
                "J310",
                field.place,
                f"the trait `{field.key}` is computed from events and cannot be set",
                "set a trait of your own",
            )
            continue
        if not scope.refer("trait", field.key, field.place):
            continue
        traits[field.key] = plain(field.value)
        _check_value(scope, field.key, traits[field.key], field.value.place)
    return traits


def _check_value(scope: Scope, name: str, value: object, place: Place) -> None:
    if not jsonschema_rs.is_valid(dict(scope.trait_schemas.get(name, {})), value):
        scope.findings.report(
            "R401",
            place,
            f"this is not what the trait `{name}` is declared to be",
            "write a value that its schema in the catalog allows",
        )


def _channels(scope: Scope, part: Form) -> tuple[tuple[str, ...], Literal["given", "cheapest"]]:
    value = part.need("on", "on: email")
    if value is None:
        return (), "given"
    if not isinstance(value, Fields):
        names = part.read("on", form.texts, ())
        scope.refer_all("channel", names, value)
        return names, "given"
    inner = Form(scope.findings, value, "`on`")
    names = inner.need_read("cheapest_of", form.texts, (), example="cheapest_of: [push, email]")
    scope.refer_all("channel", names, inner.take("cheapest_of"))
    inner.close()
    return names, "cheapest"


def _expires(scope: Scope, part: Form) -> Duration:
    if "expires" in part:
        return part.read("expires", form.duration, EXPIRES)
    scope.findings.report(
        "J303",
        part.place,
        f"{part.what} does not say when it is too late to send",
        "add `expires: 6h`: how long after the decision the message still makes sense",
    )
    return EXPIRES


def _fall_back(scope: Scope, part: Form, channels: tuple[str, ...], expires: Duration) -> Duration:
    """Read how long each channel has, where the last of them still has its turn."""
    if "fall_back" not in part:
        return 0
    fall_back = part.read("fall_back", form.duration, 0)
    turns = len(dict.fromkeys(channels)) - 1
    if turns == 0:
        scope.findings.report(
            "J313",
            part.place_of("fall_back"),
            f"{part.what} names one channel, and there is no other to fall back to",
            f"name another, as in `on: [{channels[0]}, ...]`, or remove `fall_back`",
        )
    elif turns > 0 and "expires" in part and fall_back * turns >= expires > EXPIRES:
        begins, ends = format_duration(fall_back * turns), format_duration(expires)
        scope.findings.report(
            "J314",
            part.place_of_value("fall_back"),
            f"the last of {turns + 1} channels would be tried after {begins}, and the message "
            f"expires after {ends}",
            f"make `fall_back` shorter than {format_duration(expires // turns)}, or `expires` "
            f"longer than {begins}",
        )
    return fall_back


def _check_message(
    scope: Scope, message: str, channels: tuple[str, ...], *, part: Form, entry: str | None
) -> None:
    texts = scope.texts.get(message)
    if texts is None:  # the template is broken: that is reported there
        return
    place = _on_place(part.take("on"), part)
    for channel in channels:
        if channel in scope.names["channel"] and channel not in texts:
            scope.findings.report(
                "J309",
                place,
                f"the template `{message}` has no text for `{channel}`",
                f"add `{channel}:` to the template, or send on {listed(texts) or 'no channel'}",
            )
    for text_place, variables in scope.template_variables.get(message, ()):
        check_entry(scope, variables, entry, text_place)


def _on_place(value: Value | None, part: Form) -> Place:
    return value.place if value is not None else part.place
