"""Promotional e-mail as the law wants it (CAN-SPAM, RFC 8058): a way out and a postal address.

The texts are looked at once everything else is read, because what a message is for may stand in
its template, its send or its journey, and what carries it in its channel's connector.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from legato.connectors.spec import Spec
from legato.expr.template import Template as Liquid
from legato.expr.template import compile_template
from legato.model.definitions.journey import Journey, Send
from legato.model.definitions.links import WAYS_OUT
from legato.model.plan import Channel, Purpose, Template
from legato.plan.scope import Scope

PARTS = ("body", "html")
"""What a reader sees of an e-mail: one or the other, so each must say it all."""
ADDRESS = "sender.postal_address"
CARRIES = "unsubscribe_url"
"""The input from which a connector of e-mail makes the List-Unsubscribe header."""


def check_letters(
    scope: Scope,
    purposes: Sequence[Purpose],
    *,
    templates: Mapping[str, Template],
    channels: Mapping[str, Channel],
    journeys: Iterable[Journey],
) -> None:
    """Report promotional e-mail that could not lawfully be sent."""
    promotional = {purpose.name: True for purpose in purposes if purpose.is_promotional}
    emails = _emails(scope, channels)
    used = dict.fromkeys(_uses(promotional, templates, journeys))
    for template, channel in used:
        if channel in emails and template in templates:
            texts = templates[template].texts.get(channel)
            if texts is not None:
                _check(scope, (template, channel), texts)
    for channel in dict.fromkeys(channel for _, channel in used if channel in emails):
        _check_connector(scope, channels[channel], emails[channel])


def _emails(scope: Scope, channels: Mapping[str, Channel]) -> dict[str, Spec]:
    specs = {name: scope.specs.get(channel.destination) for name, channel in channels.items()}
    return {name: spec for name, spec in specs.items() if spec and spec.head.category == "email"}


def _uses(
    promotional: Mapping[str, bool], templates: Mapping[str, Template], journeys: Iterable[Journey]
) -> Iterable[tuple[str, str]]:
    """Return every template and channel by which something promotional is or may be sent."""
    for template in templates.values():
        if template.purpose in promotional:
            yield from ((template.name, channel) for channel in template.texts)
    for journey in journeys:
        for step in journey.steps.values():
            if isinstance(step, Send) and step.purpose in promotional:
                yield from ((step.message, channel) for channel in step.channels)


def _check(scope: Scope, about: tuple[str, str], texts: Mapping[str, str]) -> None:
    template, channel = about
    place = scope.text_places[about]
    missing = [
        word
        for word, is_there in (("pages", scope.pages.url), ("sender", scope.sender.postal_address))
        if not is_there
    ]
    for word in missing:
        scope.findings.report(
            "L301",
            place,
            f"`{template}` is promotional e-mail, and nothing says "
            + ("where its links lead" if word == "pages" else "who sends it from where"),
            _DECLARE[word],
        )
    for part in PARTS:
        printed = _variables(texts.get(part, ""))
        if part in texts and not any(way in printed for way in WAYS_OUT):
            scope.findings.report(
                "L302",
                place,
                f"the `{part}` of `{template}` is promotional e-mail without a way out",
                f"write `{{{{ unsubscribe_url }}}}` into the `{part}` of `{channel}`",
            )
        if part in texts and ADDRESS not in printed:
            scope.findings.report(
                "L303",
                place,
                f"the `{part}` of `{template}` is promotional e-mail without a postal address",
                f"write `{{{{ {ADDRESS} }}}}` into the `{part}` of `{channel}`",
            )


_DECLARE = {
    "pages": "add to legato.yaml, after `---`: `pages: {url: https://shop.example}`",
    "sender": "add to legato.yaml, after `---`: `sender: {name: The Shop, postal_address: ...}`",
}


def _variables(text: str) -> tuple[str, ...]:
    compiled = compile_template(text)
    return compiled.variables() if isinstance(compiled, Liquid) else ()


def _check_connector(scope: Scope, channel: Channel, spec: Spec) -> None:
    inputs = spec.inputs("send")
    if not inputs or CARRIES in inputs:
        return
    scope.findings.report(
        "L305",
        scope.names["channel"][channel.name],
        f"`{channel.name}` carries promotional e-mail, and the connector `{spec.head.id}` of "
        f"`{channel.destination}` makes no List-Unsubscribe header",
        f"use another connector, or have its manifest take the input `{CARRIES}`",
    )
