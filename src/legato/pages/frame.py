"""The frame of every hosted page: the workspace's name and looks, languages, who sends."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import urlsplit

from legato.markup.html import Html, document, element, link, paragraph, text
from legato.markup.style import source_of, style
from legato.model.definitions.links import Pages, Sender
from legato.pages.speech import Speech, languages, speech_in


def page(pages: Pages, sender: Sender, speech: Speech, *, title: str, main: Iterable[Html]) -> Html:
    """Return a whole page."""
    name = pages.title or sender.name
    sheet = style(pages.accent, pages.background, pages.font)
    body = (
        element("header", _mast(pages, name)),
        element("main", element("h1", text(title)), *main),
        element("footer", *_foot(pages, sender, speech)),
    )
    whole = f"{title} · {name}" if name else title
    return document(whole, sheet, body, language=speech.language)


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
