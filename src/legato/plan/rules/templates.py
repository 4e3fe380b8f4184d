"""`template:` the texts of messages, in Liquid, by channel and field."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping

from legato.expr.template import TemplateFault, compile_template
from legato.model.definitions.links import LINKS
from legato.model.plan import Template
from legato.model.problem import Place
from legato.plan import form
from legato.plan.conditions.properties import property_schema
from legato.plan.findings import listed, nearest
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Field, Fields, Items, Leaf, Value

ROOTS = ("profile", "event", "journey", "person", "sender")
SENDER = ("name", "postal_address")
_NAME = re.compile(r"([\w-]+)(?:\.([\w-]+)|\[[\"']([^\"']+)[\"']\])?")


def read_template(scope: Scope, tree: Fields) -> Template:
    """Read a message's texts; every text must be Liquid."""
    part = Form(scope.findings, tree, "this template")
    name = part.need_read("template", form.text, "", example="template: cart_reminder")
    title = part.read("title", form.text, name)
    part.read("owner", form.text, "")
    purpose = part.read("purpose", form.text, "")
    if purpose:
        scope.refer("purpose", purpose, part.place_of_value("purpose"))
    offer = part.read("offer", form.text, "")
    if offer:
        scope.refer("offer", offer, part.place_of_value("offer"))
    texts: dict[str, dict[str, str]] = {}
    for field in part.rest():
        if not scope.refer("channel", field.key, field.place):
            continue
        inner = form.fields(scope.findings, field.value, field.key)
        if inner is not None:
            scope.text_places[name, field.key] = field.place
            texts[field.key] = _texts(scope, inner, name)
            _check_inputs(scope, field, texts[field.key])
    if not texts:
        scope.findings.report(
            "T302",
            part.place,
            f"the template `{name}` has no text for any channel",
            "add such as `email: {subject: ..., body: ...}`",
        )
    scope.texts[name] = texts
    scope.template_purposes[name] = purpose
    scope.template_offers[name] = offer
    return Template(name=name, texts=texts, purpose=purpose, title=title)


def check_text(scope: Scope, leaf: Leaf, text: str) -> tuple[str, ...]:
    """Report a text that is no Liquid; return the variables it reads."""
    compiled = compile_template(text)
    if isinstance(compiled, TemplateFault):
        scope.findings.report(
            "T301",
            leaf.place,
            f"this text is not valid Liquid (line {compiled.line} of the text): {compiled.what}",
            "close every `{{` with `}}` and every tag with its end, as in "
            "`{% if profile.name %}…{% endif %}`",
        )
        return ()
    return compiled.variables()


def check_variables(
    scope: Scope, names: Iterable[str], place: Place, *, links: Container[str] = LINKS
) -> None:
    """Report variables that no message is given, and traits that nobody declared."""
    for variable in names:
        match = _NAME.match(variable)
        if match is None:
            continue
        root, name = match[1], match[2] or match[3]
        if root in links:
            _check_link(scope, root, place)
        elif root == "sender":
            _check_sender(scope, name, place)
        elif root not in ROOTS:
            near = nearest(root, ROOTS)
            scope.findings.report(
                "T303",
                place,
                f"a message is given nothing called `{root}`",
                f"did you mean `{near}`?" if near else f"use {listed(ROOTS)}",
            )
        elif root == "profile" and name:
            scope.refer("trait", name, place)


def _check_link(scope: Scope, name: str, place: Place) -> None:
    if not scope.pages.url:
        scope.findings.report(
            "L304",
            place,
            f"`{name}` leads to a hosted page, and nothing says where those stand",
            "add to legato.yaml, after `---`: `pages: {url: https://shop.example}`",
        )


def _check_sender(scope: Scope, name: str | None, place: Place) -> None:
    if name not in SENDER:
        scope.findings.report(
            "T303",
            place,
            f"a sender has nothing called `{name}`" if name else "`sender` alone says nothing",
            f"use {listed(f'sender.{one}' for one in SENDER)}",
        )
    elif not scope.sender.postal_address:
        scope.findings.report(
            "L304",
            place,
            f"`sender.{name}` is printed, and nothing says who sends",
            "add to legato.yaml, after `---`: `sender: {name: The Shop, postal_address: ...}`",
        )


def check_entry(scope: Scope, names: Iterable[str], entry: str | None, place: Place) -> None:
    """Report variables that the event which begins the journey does not have."""
    for variable in names:
        match = _NAME.match(variable)
        name = (match[2] or match[3]) if match and match[1] == "event" else None
        # Lists have `first`, `size` and the like in Liquid: only the head of a path is declared.
        if entry and name:
            property_schema(scope, entry, name, place)


def check_content(scope: Scope, value: Value, entry: str | None) -> None:
    """Check every text inside a call's content."""
    match value:
        case Leaf(value=str() as text):
            variables = check_text(scope, value, text)
            # A call has no purpose that a link could end or confirm.
            check_variables(scope, variables, value.place, links=("preferences_url",))
            check_entry(scope, variables, entry, value.place)
        case Leaf():
            return
        case Items():
            for item in value.items:
                check_content(scope, item, entry)
        case Fields():
            for field in value.fields:
                check_content(scope, field.value, entry)


def _texts(scope: Scope, inner: Fields, template: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for field in inner.fields:
        text = _text(scope, field)
        if text is not None and isinstance(field.value, Leaf):
            texts[field.key] = text
            variables = check_text(scope, field.value, text)
            check_variables(scope, variables, field.value.place)
            scope.template_variables.setdefault(template, []).append((field.value.place, variables))
    return texts


def _check_inputs(scope: Scope, field: Field, texts: Mapping[str, str]) -> None:
    """Report a text that the channel's connector cannot do without."""
    spec = scope.specs.get(scope.channel_destinations.get(field.key, ""))
    for name, needed in spec.inputs("send").items() if spec else ():
        if needed.required and name not in texts:
            scope.findings.report(
                "T304",
                field.place,
                f"a message by `{field.key}` needs `{name}`, and this one has none",
                f"add `{name}: ...` under `{field.key}`",
            )


def _text(scope: Scope, field: Field) -> str | None:
    if isinstance(field.value, Leaf) and field.value.value == "":
        return ""
    return form.any_text(scope.findings, field.value, field.key)
