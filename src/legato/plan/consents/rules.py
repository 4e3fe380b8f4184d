"""`consent:` how far a no reaches, what tools mean, and which yes has to be confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, cast

from legato.model.consent import DoubleOptIn, GlobalPrivacyControl, TransparencyString
from legato.model.instant import DAY
from legato.model.noun import Noun
from legato.model.plan import Purpose
from legato.model.problem import Place
from legato.plan import form
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields, Items, Value

OptOutScope: TypeAlias = Literal["channel", "topic", "global"]
OPT_OUT_SCOPES: tuple[str, ...] = ("channel", "topic", "global")
CONFIRM_URL = "confirm_url"
TCF_PURPOSES = 24
"""Bits that a TC string has for purposes."""
TCF_VENDOR_MAX = 65_535


class ConsentRules(Noun, frozen=True, kw_only=True):
    opt_out_scope: OptOutScope = "topic"
    sms_stop: Literal["", "channel", "topic", "global"] = ""
    categories: Mapping[str, str] = {}
    double_opt_in: tuple[DoubleOptIn, ...] = ()
    gpc: GlobalPrivacyControl | None = None
    tcf: TransparencyString | None = None
    tcpa: Place | None = None
    """Where it says that people are in the United States."""


def read_consent(scope: Scope, tree: Fields, purposes: Mapping[str, Purpose]) -> ConsentRules:
    """Read how opt-outs reach, what tools say, and what has to be confirmed."""
    outer = Form(scope.findings, tree, "the consent rules")
    value = outer.take("consent")
    found = form.fields(scope.findings, value, "consent") if value is not None else None
    outer.close()
    if found is None:
        return ConsentRules()
    part = Form(scope.findings, found, "`consent`")
    rules = ConsentRules(
        opt_out_scope=cast(
            "OptOutScope", part.read("opt_out_scope", form.one_of(OPT_OUT_SCOPES), "topic")
        ),
        sms_stop=cast("OptOutScope", part.read("sms_stop", form.one_of(OPT_OUT_SCOPES), "")),
        categories=_categories(scope, part.take("categories")),
        double_opt_in=_double_opt_ins(scope, part.take("double_opt_in"), purposes),
        gpc=_gpc(scope, part.take("gpc")),
        tcf=_tcf(scope, part.take("tcf")),
        tcpa=part.place_of("tcpa") if part.read("tcpa", form.boolean, default=False) else None,
    )
    part.close()
    return rules


def report_stray_links(scope: Scope, rules: ConsentRules) -> None:
    """Report messages that link to a confirmation which nobody asks for."""
    asking = {rule.message: True for rule in rules.double_opt_in}
    for name, found in scope.template_variables.items():
        for place, variables in found:
            if CONFIRM_URL in variables and name not in asking:
                scope.findings.report(
                    "P304",
                    place,
                    f"`{name}` links to `{CONFIRM_URL}`, and no double opt-in sends it",
                    "name it as the `message` of a `double_opt_in`, or take the link out",
                )


def _categories(scope: Scope, value: Value | None) -> dict[str, str]:
    inner = form.fields(scope.findings, value, "categories") if value is not None else None
    categories: dict[str, str] = {}
    for field in inner.fields if inner else ():
        purpose = form.text(scope.findings, field.value, field.key)
        if purpose and scope.refer("purpose", purpose, field.value.place):
            categories[field.key] = purpose
    return categories


def _double_opt_ins(
    scope: Scope, value: Value | None, purposes: Mapping[str, Purpose]
) -> tuple[DoubleOptIn, ...]:
    """Read one rule, or a list of them."""
    if value is None:
        return ()
    rules: dict[str, DoubleOptIn] = {}
    for each in value.items if isinstance(value, Items) else (value,):
        inner = form.fields(scope.findings, each, "double_opt_in")
        rule = _double_opt_in(scope, inner, purposes) if inner is not None else None
        if rule is not None and rules.setdefault(rule.purpose, rule) is not rule:
            scope.findings.report(
                "N201",
                each.place,
                f"`{rule.purpose}` has a double opt-in already",
                "join the two: `channels` takes a list",
            )
    return tuple(rules.values())


def _double_opt_in(
    scope: Scope, tree: Fields, purposes: Mapping[str, Purpose]
) -> DoubleOptIn | None:
    part = Form(scope.findings, tree, "this double opt-in")
    channels = part.need_read("channels", form.texts, (), example="channels: [email]")
    scope.refer_all("channel", channels, part.take("channels"))
    rule = DoubleOptIn(
        purpose=part.need_read("purpose", form.text, "", example="purpose: marketing"),
        channels=channels,
        message=part.need_read("message", form.text, "", example="message: confirm"),
        at_most=part.read("at_most", form.whole, 2),
        within=part.read("within", form.duration, 7 * DAY),
        expires=part.read("expires", form.duration, 3 * DAY),
    )
    part.close()
    if not (rule.purpose and rule.message and rule.channels):
        return None
    place = part.place_of_value("purpose")
    if not scope.refer("purpose", rule.purpose, place):
        return None
    purpose = purposes.get(rule.purpose)
    if purpose is not None and purpose.basis != "consent":
        scope.findings.report(
            "P302",
            place,
            f"`{rule.purpose}` rests on {purpose.basis}: there is no yes to be confirmed",
            "name a purpose whose basis is consent",
        )
    place = part.place_of_value("message")
    if scope.refer("template", rule.message, place):
        _check_message(scope, rule, place, purposes)
    return rule


def _check_message(
    scope: Scope, rule: DoubleOptIn, place: Place, purposes: Mapping[str, Purpose]
) -> None:
    """Report a message that could not ask: it has no lawful purpose, no text or no link."""
    own = purposes.get(scope.template_purposes.get(rule.message, ""))
    if own is None or own.basis == "consent":
        rests = "rests on the consent it asks for" if own else "names no purpose"
        scope.findings.report(
            "P303",
            place,
            f"`{rule.message}` {rests}, so it could never be sent",
            "give the template a `purpose` of another basis than consent, such as service",
        )
    texts = scope.texts.get(rule.message, {})
    for channel in rule.channels:
        if channel not in texts:
            scope.findings.report(
                "P303",
                place,
                f"`{rule.message}` has no text for `{channel}`",
                f"add `{channel}:` to the template, or take the channel out",
            )
        elif not any(CONFIRM_URL in text for text in texts[channel].values()):
            scope.findings.report(
                "P303",
                place,
                f"`{rule.message}` by `{channel}` has no link to confirm by",
                "write `{{ confirm_url }}` into its text",
            )


def _gpc(scope: Scope, value: Value | None) -> GlobalPrivacyControl | None:
    """Read the purposes, or a mapping that says more."""
    if value is None:
        return None
    if not isinstance(value, Fields):
        purposes = form.texts(scope.findings, value, "gpc") or ()
        scope.refer_all("purpose", purposes, value)
        return GlobalPrivacyControl(purposes=purposes)
    part = Form(scope.findings, value, "`gpc`")
    purposes = part.need_read("purposes", form.texts, (), example="purposes: [advertising]")
    scope.refer_all("purpose", purposes, part.take("purposes"))
    yields = part.read("yields", form.boolean, default=True)
    part.close()
    return GlobalPrivacyControl(purposes=purposes, yields=yields)


def _tcf(scope: Scope, value: Value | None) -> TransparencyString | None:
    tree = form.fields(scope.findings, value, "tcf") if value is not None else None
    if tree is None:
        return None
    part = Form(scope.findings, tree, "`tcf`")
    vendor = part.read("vendor", form.whole, 0) or None
    if vendor is not None and vendor > TCF_VENDOR_MAX:
        _report_number(scope, part.place_of_value("vendor"), "vendor", TCF_VENDOR_MAX)
    inner = part.need("purposes", "purposes: {1: analytics, 4: marketing}")
    part.close()
    found = form.fields(scope.findings, inner, "purposes") if inner is not None else None
    purposes: dict[int, str] = {}
    for field in found.fields if found else ():
        number = int(field.key) if field.key.isdecimal() and field.key.isascii() else 0
        name = form.text(scope.findings, field.value, field.key)
        if not 1 <= number <= TCF_PURPOSES:
            _report_number(scope, field.place, "purpose", TCF_PURPOSES)
        elif name and scope.refer("purpose", name, field.value.place):
            purposes[number] = name
    return TransparencyString(purposes=tuple(sorted(purposes.items())), vendor=vendor)


def _report_number(scope: Scope, place: Place, what: str, greatest: int) -> None:
    scope.findings.report(
        "P305",
        place,
        f"a {what} of the TCF is a number from 1 to {greatest}",
        "see the Global Vendor List for the number",
    )
