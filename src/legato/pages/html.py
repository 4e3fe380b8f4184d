"""HTML of a page: escaped, labelled, in landmarks, without a script."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NewType
from urllib.parse import urlsplit

from legato.model.definitions.links import Pages, Sender
from legato.pages.speech import Speech, languages, speech_in
from legato.pages.style import source_of, style

Html = NewType("Html", str)
"""Markup of ours, in which whatever came from elsewhere is escaped."""


def element(tag: str, *inside: Html | str, **attributes: str | bool) -> Html:
    """Return an element. Plain texts are escaped; `True` is an attribute without a value."""
    written = "".join(
        f" {name.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for name, value in attributes.items()
        if value is not False
    )
    return Html(f"<{tag}{written}>{''.join(inside)}</{tag}>")


def text(words: str) -> Html:
    """Return a text as HTML."""
    return Html(escape(words))


def paragraph(words: str, class_: str = "") -> Html:
    """Return a paragraph of a text."""
    return element("p", text(words), **({"class_": class_} if class_ else {}))


def link(words: str, to: str) -> Html:
    """Return a link to another page."""
    return element("a", text(words), href=to)


def hidden(name: str, value: str) -> Html:
    """Return a field of a form that is not shown."""
    return Html(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">')


def checkbox(name: str, words: str, state: str, *, value: str, is_on: bool) -> Html:
    """Return a box with its label and, under it, how things stand."""
    checked = " checked" if is_on else ""
    box = Html(f'<input type="checkbox" name="{escape(name)}" value="{escape(value)}"{checked}>')
    label = element("span", text(words), element("span", text(state), class_="state"))
    return element("label", box, label, class_="choice")


def button(words: str, *, is_plain: bool = False) -> Html:
    """Return a button that sends its form."""
    more: dict[str, str | bool] = {"class_": "plain"} if is_plain else {}
    return element("button", text(words), type="submit", **more)


def form(*inside: Html, action: str = "") -> Html:
    """Return a form that is sent to the page it stands on, unless it says where."""
    more: dict[str, str | bool] = {"action": action} if action else {}
    return element("form", *inside, method="post", accept_charset="utf-8", **more)


def page(pages: Pages, sender: Sender, speech: Speech, *, title: str, main: Iterable[Html]) -> Html:
    """Return a whole page."""
    name = pages.title or sender.name
    sheet = style(pages.accent, pages.background, pages.font)
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html('<meta name="robots" content="noindex">'),
        Html('<meta name="color-scheme" content="light dark">'),
        element("title", text(f"{title} · {name}" if name else title)),
        Html(f"<style>{sheet}</style>"),
    )
    body = element(
        "body",
        element("header", _mast(pages, name)),
        element("main", element("h1", text(title)), *main),
        element("footer", *_foot(pages, sender, speech)),
    )
    return Html(f"<!doctype html>{element('html', head, body, lang=speech.language)}")


def policy(pages: Pages) -> str:
    """Return the Content-Security-Policy of every page of a theme."""
    sheet = style(pages.accent, pages.background, pages.font)
    logo = urlsplit(pages.logo_url)
    picture = f" img-src {logo.scheme}://{logo.netloc};" if pages.logo_url else ""
    return (
        f"default-src 'none'; style-src {source_of(sheet)};{picture} "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _mast(pages: Pages, name: str) -> Html:
    if pages.logo_url:
        return Html(f'<img src="{escape(pages.logo_url)}" alt="{escape(name)}">')
    return text(name)


def _foot(pages: Pages, sender: Sender, speech: Speech) -> Iterable[Html]:
    who = ", ".join(part for part in (sender.name, sender.postal_address) if part)
    if who:
        yield paragraph(who)
    if pages.privacy_url:
        yield element("p", link(speech.say("footer.privacy"), pages.privacy_url))
    ways = [_language(pages, code, speech.language) for code in languages(pages)]
    yield element("nav", element("ul", *ways), aria_label=speech.say("footer.languages"))


def _language(pages: Pages, code: str, present: str) -> Html:
    words = text(speech_in(pages, code).say("language"))
    if code == present:
        return element("li", element("span", words, lang=code, aria_current="true"))
    return element("li", element("a", words, href=f"?lang={code}", hreflang=code, lang=code))
