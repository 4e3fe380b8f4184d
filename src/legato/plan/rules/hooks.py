"""Sources of which the provider posts by itself: how it proves who it is, and its opt-outs."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from legato.connectors.settings import secret_name
from legato.model.definitions.source import Hook, OptOuts
from legato.model.instant import MINUTE
from legato.model.plan import SMS_FROM
from legato.plan import form
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields, plain

HOOKS = ("twilio_sms", "webhook")
TOLERANCE = 5 * MINUTE


def read_hook(scope: Scope, part: Form, kind: str) -> Hook:
    """Read how calls are proven and what they are called."""
    if kind == "twilio_sms":
        secret = _secret(scope, part, "auth_token", "auth_token: {secret: SMS_AUTH_TOKEN}")
        return Hook(kind="twilio_sms", secret=secret, url=part.read("url", form.text, ""))
    secret = _secret(scope, part, "signing_key", "signing_key: {secret: MAIL_HOOK_KEY}")
    event = part.need_read("event", form.text, "", example="event: Mail Event")
    if event:
        scope.refer("event", event, part.place_of_value("event"))
    signature = _inner(scope, part, "signature")
    hook = Hook(
        kind="webhook",
        secret=secret,
        header=signature.read("header", form.text, "Legato-Signature"),
        encoding=_encoding(signature),
        prefix=signature.read("prefix", form.text, ""),
        timestamp=signature.read("timestamp", form.text, ""),
        tolerance=signature.read("within", form.duration, TOLERANCE),
        event=event,
        message_id=part.read("message_id", form.text, ""),
        user_id=part.read("user_id", form.text, ""),
    )
    signature.close()
    return hook


def read_opt_outs(scope: Scope, part: Form, hook: Hook) -> OptOuts | None:
    """Read what is said of consent, and report where nobody could be found by it."""
    if hook.kind == "twilio_sms":
        opt_outs = _of_replies(scope, part)
        path = SMS_FROM
    else:
        opt_outs = _of_provider(scope, part)
        path = f"properties.{opt_outs.address}" if opt_outs else ""
    if opt_outs is not None and not hook.user_id and path not in scope.identifier_paths:
        scope.findings.report(
            "I303",
            part.place,
            f"nobody would be found by what this source tells: no identifier is read at `{path}`",
            f"add a kind such as `{{kind: phone, from: [traits.phone, {path}]}}` to identity",
        )
    return opt_outs


def read_pairing(scope: Scope, part: Form, name: str) -> str:
    """Read the destination at the same system; a destination of the same name is one."""
    paired = part.read("pairs_with", form.text, "")
    if paired:
        scope.refer("destination", paired, part.place_of_value("pairs_with"))
        return paired
    return name if name in scope.names["destination"] else ""


def read_answers(scope: Scope, part: Form, opt_outs: OptOuts) -> OptOuts:
    """Read which templates answer what people write."""
    answering = replace(
        opt_outs,
        help=_template(scope, part, "help"),
        ask=_template(scope, part, "ask"),
        confirm=_template(scope, part, "confirm"),
    )
    for name in (answering.help, answering.ask, answering.confirm):
        _check_answer(scope, part, name, opt_outs.channel)
    return answering


def _of_replies(scope: Scope, part: Form) -> OptOuts:
    channel, purposes = _channel(scope, part), _purposes(scope, part)
    replies = OptOuts(channel=channel, at="body", address="from", purposes=purposes)
    return read_answers(scope, part, replies)


def _of_provider(scope: Scope, part: Form) -> OptOuts | None:
    if "opt_outs" not in part:
        return None
    inner = _inner(scope, part, "opt_outs")
    opt_outs = OptOuts(
        channel=_channel(scope, inner),
        at=inner.need_read("at", form.text, "", example="at: event"),
        address=inner.need_read("address", form.text, "", example="address: email"),
        values=inner.need_read("values", form.texts, (), example="values: [unsubscribe]"),
        purposes=_purposes(scope, inner),
    )
    inner.close()
    return opt_outs


def _check_answer(scope: Scope, part: Form, template: str, channel: str) -> None:
    if not template or template not in scope.texts:
        return
    if channel not in scope.texts[template] or not scope.template_purposes[template]:
        scope.findings.report(
            "T305",
            part.place,
            f"`{template}` cannot answer a reply: it has no text for `{channel}`, or no purpose",
            f"give it `purpose:` and `{channel}: {{body: ...}}`",
        )


def _secret(scope: Scope, part: Form, key: str, example: str) -> str:
    value = part.need(key, example)
    if value is None:
        return ""
    name = secret_name(plain(value))
    if name is None:
        scope.findings.report(
            "X303", value.place, f"`{key}` is a secret", f"write `{example}`, and keep its value"
        )
    return name or ""


def _inner(scope: Scope, part: Form, key: str) -> Form:
    value = part.take(key)
    tree = form.fields(scope.findings, value, key) if value is not None else None
    return Form(scope.findings, tree or Fields(place=part.place, fields=()), f"`{key}`")


def _encoding(part: Form) -> Literal["hex", "base64"]:
    is_hex = part.read("encoding", form.one_of(("hex", "base64")), "hex") == "hex"
    return "hex" if is_hex else "base64"


def _channel(scope: Scope, part: Form) -> str:
    name = part.need_read("channel", form.text, "", example="channel: sms")
    if name:
        scope.refer("channel", name, part.place_of_value("channel"))
    return name


def _purposes(scope: Scope, part: Form) -> tuple[str, ...]:
    names = part.read("purposes", form.texts, ())
    scope.refer_all("purpose", names, part.take("purposes"))
    return names


def _template(scope: Scope, part: Form, key: str) -> str:
    name = part.read(key, form.text, "")
    if name:
        scope.refer("template", name, part.place_of_value(key))
    return name
