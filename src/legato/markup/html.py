"""Elements of a page: escaped, labelled, in landmarks, without a script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import NewType

Html = NewType("Html", str)
"""Markup of ours, in which whatever came from elsewhere is escaped."""


def element(tag: str, *inside: Html | str, **attributes: str | bool) -> Html:
    """Return an element. Plain texts are escaped; `True` is an attribute without a value."""
    written = _written(attributes)
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


def field(words: str, name: str, *, type_: str, **attributes: str | bool) -> Html:
    """Return a line to write on, under its label."""
    line = Html(f"<input{_written({'name': name, 'type': type_, **attributes})}>")
    return element("label", element("span", text(words)), line, class_="field")


def document(
    title: str, sheet: str, body: Iterable[Html], *, language: str, more: Iterable[Html] = ()
) -> Html:
    """Return a whole page, kept out of every index."""
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html('<meta name="robots" content="noindex">'),
        Html('<meta name="color-scheme" content="light dark">'),
        *more,
        element("title", text(title)),
        Html(f"<style>{sheet}</style>"),
    )
    return Html(f"<!doctype html>{element('html', head, element('body', *body), lang=language)}")


def _written(attributes: Mapping[str, str | bool]) -> str:
    return "".join(
        f" {name.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for name, value in attributes.items()
        if value is not False
    )
