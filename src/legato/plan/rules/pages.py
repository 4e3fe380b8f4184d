"""`pages:` and `sender:` the hosted pages, and who stands at the foot of what is promotional."""

from __future__ import annotations

import re
from collections.abc import Mapping

from legato.model.definitions.links import VALID, VALID_MIN, Pages, Sender
from legato.model.instant import format_duration
from legato.plan import form
from legato.plan.findings import Findings, nearest
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Field, Fields, Value

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9-]+(?::\d{1,5})?"
_PATH = r"(?:/[A-Za-z0-9._~-]+)*"
_SECURE = re.compile(rf"https://{_HOST}{_PATH}")
_LOOPBACK = re.compile(rf"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{{1,5}})?{_PATH}")
_LINK = re.compile(r"https://[!#-;=?-\[\]_a-z~%]+")
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_FONT = re.compile(r"[A-Za-z0-9 ,'-]{1,200}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")

TEXT_NAMES = (
    "language", "months", "date", "footer.privacy", "footer.languages", "unsubscribe.title",
    "unsubscribe.channel", "unsubscribe.topic", "unsubscribe.global", "unsubscribe.still",
    "unsubscribe.button", "unsubscribe.choose", "unsubscribed.title", "unsubscribed.text",
    "unsubscribed.again", "unsubscribed.since", "unsubscribed.choose", "preferences.title",
    "preferences.intro", "preferences.unsaid", "preferences.on", "preferences.off",
    "preferences.pending", "preferences.everywhere", "preferences.save", "preferences.saved",
    "preferences.unchanged", "preferences.nothing", "preferences.none.title",
    "preferences.none.text", "preferences.none.button", "preferences.stopped", "confirm.title",
    "confirm.text", "confirm.button", "confirm.otherwise", "confirmed.title", "confirmed.text",
    "confirmed.again", "confirmed.since", "confirmed.nothing", "confirmed.why", "gone.title",
    "gone.text", "malformed.title", "malformed.text", "unsigned.title", "unsigned.text",
    "expired.title", "expired.text", "outdated.title", "outdated.text", "limited.title",
    "limited.text", "failed.title", "failed.text", "missing.title", "missing.text",
)  # fmt: skip
"""What pages say, by name: all of it can be said in other words."""
TITLED = ("purpose", "channel")
"""What can be called otherwise in a language, as in `purpose.marketing`."""


def read_pages(scope: Scope, tree: Fields) -> Pages:
    """Read where the hosted pages stand, how they look and what they say."""
    findings = scope.findings
    part = _inner(findings, tree, "pages")
    if part is None:
        return Pages()
    valid = part.read("valid", form.duration, VALID)
    pages = Pages(
        url=part.need_read("url", _base, "", example="url: https://shop.example"),
        mailto=part.read("mailto", _like(_MAILBOX, "a mailbox", "leave@shop.example"), ""),
        valid=valid,
        title=part.read("title", form.text, ""),
        logo_url=part.read("logo_url", _like(_LINK, "an https link", _LOGO), ""),
        accent=part.read("accent", _like(_COLOUR, "a colour", "#1f6f5c"), ""),
        background=part.read("background", _like(_COLOUR, "a colour", "#ffffff"), ""),
        font=part.read("font", _like(_FONT, "names of fonts", "Georgia, serif"), ""),
        privacy_url=part.read("privacy_url", _like(_LINK, "an https link", _PRIVACY), ""),
        texts=_texts(scope, part),
    )
    part.close()
    if valid < VALID_MIN:
        findings.report(
            "D107",
            part.place_of_value("valid"),
            f"links to unsubscribe must work for {format_duration(VALID_MIN)} or longer",
            f"`valid: {format_duration(VALID)}`",
        )
    return pages


_LOGO = "https://shop.example/logo.png"
_PRIVACY = "https://shop.example/privacy"


def read_sender(scope: Scope, tree: Fields) -> Sender:
    """Read who writes, and where they are to be found."""
    part = _inner(scope.findings, tree, "sender")
    if part is None:
        return Sender()
    address = "postal_address: 1 Example Yard, London"
    sender = Sender(
        name=part.need_read("name", form.text, "", example="name: The Little Gift Shop"),
        postal_address=part.need_read("postal_address", form.text, "", example=address),
    )
    part.close()
    return sender


def _inner(findings: Findings, tree: Fields, word: str) -> Form | None:
    outer = Form(findings, tree, f"the document of `{word}`")
    value = outer.take(word)
    found = form.fields(findings, value, word) if value is not None else None
    outer.close()
    return None if found is None else Form(findings, found, f"`{word}`")


def _base(findings: Findings, value: Value, what: str) -> str | None:
    text = form.text(findings, value, what)
    if text is None:
        return None
    url = text.rstrip("/")
    if _SECURE.fullmatch(url) or _LOOPBACK.fullmatch(url):
        return url
    findings.report(
        "D107",
        value.place,
        f"`{what}` must be an https address without a query (http only on this machine)",
        f"`{what}: https://shop.example`",
    )
    return None


def _like(pattern: re.Pattern[str], wanted: str, example: str) -> form.Read[str]:
    """Return a reader of a text of a certain shape."""

    def read(findings: Findings, value: Value, what: str) -> str | None:
        text = form.text(findings, value, what)
        if text is None or pattern.fullmatch(text):
            return text
        findings.report("D107", value.place, f"`{what}` must be {wanted}", f'`{what}: "{example}"`')
        return None

    return read


def _texts(scope: Scope, part: Form) -> Mapping[str, Mapping[str, str]]:
    findings = scope.findings
    value = part.take("texts")
    tree = form.fields(findings, value, "texts") if value is not None else None
    texts: dict[str, Mapping[str, str]] = {}
    for field in tree.fields if tree else ():
        if not _LANGUAGE.fullmatch(field.key):
            findings.report(
                "D107",
                field.place,
                "texts are given by language, as `en`, `de` or `pt-BR`",
                "`texts: {en: {unsubscribe.title: Leave our letters?}}`",
            )
            continue
        inner = form.fields(findings, field.value, field.key)
        found = {one.key: _text(scope, one) for one in _fields(inner)}
        texts[field.key] = {name: text for name, text in found.items() if text is not None}
    return texts


def _text(scope: Scope, field: Field) -> str | None:
    kind, _, name = field.key.partition(".")
    if kind in TITLED and field.key not in TEXT_NAMES:
        scope.refer(kind, name, field.place)
    elif field.key not in TEXT_NAMES:
        near = nearest(field.key, TEXT_NAMES)
        scope.findings.report(
            "D103",
            field.place,
            f"pages say nothing called `{field.key}`",
            f"did you mean `{near}`?" if near else "docs/guide/pages.md has the names",
        )
    return form.text(scope.findings, field.value, field.key)


def _fields(tree: Fields | None) -> tuple[Field, ...]:
    return tree.fields if tree is not None else ()
