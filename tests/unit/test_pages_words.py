"""What pages say and how they look: whole in every language, readable in every colour."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.markup.colour import TEXT_CONTRAST, Colour, contrast, parse
from legato.markup.html import element, text
from legato.markup.style import source_of, style
from legato.model.definitions.links import Pages, Sender
from legato.pages.frame import page, policy
from legato.pages.speech import negotiate, speech_in
from legato.pages.texts import TEXTS
from legato.plan.rules.pages import TEXT_NAMES

BASE = Pages(url="https://shop.example")
COLOURS = st.builds(Colour, *[st.integers(0, 255)] * 3).map(str)


@pytest.mark.parametrize("language", TEXTS)
def test_a_language_has_every_text_with_the_names_it_is_given(language: str) -> None:
    english, other = TEXTS["en"], TEXTS[language]

    assert sorted(other) == sorted(english)
    for name, words in english.items():
        assert sorted(re.findall(r"\{\w+\}", other[name])) == sorted(re.findall(r"\{\w+\}", words))
    assert len(other["months"].split()) == 12


def test_a_workspace_can_replace_every_text() -> None:
    assert sorted(TEXT_NAMES) == sorted(TEXTS["en"])


@given(COLOURS, COLOURS)
def test_whatever_colours_are_picked_text_can_be_read(accent: str, background: str) -> None:
    for part in style(accent, background, "").split("@media")[:2]:
        colours = {name: parse(value) for name, value in re.findall(r"--([\w-]+):(#\w{6})", part)}
        for front, back in (
            ("ink", "paper"),
            ("quiet", "paper"),
            ("button", "paper"),
            ("on-button", "button"),
            ("ink", "tint"),
        ):
            assert contrast(colours[front], colours[back]) >= TEXT_CONTRAST


def test_contrast_is_what_the_standard_computes() -> None:
    assert contrast(parse("#000000"), parse("#ffffff")) == pytest.approx(21)
    assert contrast(parse("#767676"), parse("#ffffff")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("accepted", "asked", "language"),
    [
        ("de-AT, en;q=0.5", "", "de"),
        ("en;q=0.1, fr;q=0.9", "", "fr"),
        ("de", "es", "es"),
        ("de", "xx", "de"),
        ("*", "", "en"),
        ("de;q=0, fr;q=0.1", "", "fr"),
        ("", "", "en"),
        ("de;q=2;;, \x00, " + "x" * 9_000, "", "en"),
    ],
)
def test_the_language_is_the_best_that_both_sides_know(
    accepted: str, asked: str, language: str
) -> None:
    assert negotiate(BASE, accepted, asked).language == language


def test_a_workspace_has_words_and_languages_of_its_own() -> None:
    pages = Pages(
        url="https://shop.example",
        texts={"de": {"unsubscribe.button": "Weg damit"}, "nl": {"language": "Nederlands"}},
    )

    assert negotiate(pages, "de").say("unsubscribe.button") == "Weg damit"
    assert negotiate(pages, "nl").say("unsubscribe.button") == "Unsubscribe"
    assert speech_in(pages, "de").title("purpose", "x", "Offers") == "Offers"


def test_what_comes_from_elsewhere_is_escaped() -> None:
    pages = Pages(url="https://a.example", title="<script>", privacy_url="https://a.example/?a&b")
    sender = Sender(name="A & B", postal_address="<b>")

    whole = page(pages, sender, negotiate(pages, "en"), title="“<i>”", main=[text("</main>")])

    assert "<script>" not in whole
    assert "<i>" not in whole
    assert "&lt;/main&gt;" in whole
    assert element("p", text('"'), class_='"') == '<p class="&quot;">&quot;</p>'


def test_only_our_own_style_and_the_logo_are_let_in() -> None:
    logo = Pages(url="https://a.example", logo_url="https://cdn.example/logo.png")
    sheet = style("", "", "")

    assert source_of(sheet) in policy(BASE)
    assert "img-src" not in policy(BASE)
    assert "img-src https://cdn.example;" in policy(logo)
    assert f"<style>{sheet}</style>" in page(
        BASE, Sender(), negotiate(BASE, "en"), title="t", main=[]
    )
