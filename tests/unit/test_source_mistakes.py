"""Mistakes in sources: each is shown where it stands, with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from legato.plan.bloat.reading import things
from legato.plan.load import load
from legato.workspace import shipped_sources

HEAD = """workspace: shop
---
identity: [{kind: user_id, from: [user_id]}]
---
purposes: {marketing: {basis: consent}}
---
"""
GOOD = """inbound: 1
id: bookings
name: Bookings
docs: https://bookings.example
settings:
  key: {type: string, secret: true, required: true}
verify: {kind: hmac, secret: =settings.key, signature: =header.sig, over: [raw]}
events:
  - emit: {event: Booked, user_id: =item.who}
"""
VERIFY = next(line for line in GOOD.splitlines(keepends=True) if line.startswith("verify"))
SOURCE = """source: tables
connector: bookings
settings: {key: {secret: KEY}}
"""


def problems(text: str) -> list[str]:
    loaded = load({"all.yaml": HEAD + text}, {}, shipped_sources())
    return [
        f"{one.place.line - 6}:{one.place.column} {one.code} {one.what}" for one in loaded.problems
    ]


def test_a_source_without_mistakes_compiles() -> None:
    assert problems(GOOD + "---\n" + SOURCE) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"kind: hmac": "kind: hmak"}, "7:10 X301 in this manifest, `hmak` is none of the choices"),
        (
            {"over: [raw]": "over: [row]"},
            "7:76 X301 in this manifest, `row` is none of the choices",
        ),
        ({"=header.sig": "=heeder.sig"}, "7:45 X301 in this manifest, there is no `heeder` here"),
        (
            {"=settings.key,": "=settings.kee,"},
            "7:22 X301 in this manifest, there is no `settings.kee`",
        ),
        (
            {"=item.who": "=settings.key"},
            "9:27 X301 in this manifest, there is no `settings.key`",
        ),
        ({"=item.who": "=body.who"}, "9:27 X301 in this manifest, there is no `body` here"),
        ({"{event: Booked, ": "{"}, "9:5 X301 in this manifest, the event has no name"),
        ({"inbound: 1": "inbound: 2"}, "1:1 X301 in this manifest, the version of the format"),
        (
            {"    emit": "    emit", "  - emit": "  - consent: gone\n    emit"},
            "9:5 X301 in this manifest, `gone` is none of the choices",
        ),
        (
            {"  - emit": "  - consent: withdrawn\n    emit"},
            "8:1 X301 in this manifest, it tells of addresses",
        ),
        (
            {"  - emit": "  - ignore: all\n  - emit"},
            "10:5 X301 in this manifest, no item gets here",
        ),
        (
            {"over: [raw]": "over: [raw], timestamp: =header.at"},
            "7:82 X301 in this manifest, the timestamp is not signed",
        ),
        ({"secret: =settings.key, ": ""}, "7:1 X301 in this manifest, `hmac` needs `secret`"),
        (
            {VERIFY: ""},
            "1:1 X301 in this manifest, nothing says how a call is proven",
        ),
        (
            {"events:": "ack: {status: 500}\nevents:"},
            "8:7 X301 in this manifest, what is taken must be answered with success",
        ),
        (
            {"events:": "let: {a: =b, b: =a}\nevents:"},
            "8:7 X301 in this manifest, `a` is made of itself",
        ),
    ],
)
def test_a_mistake_in_a_manifest_is_shown_where_it_stands(
    changes: Mapping[str, str], found: str
) -> None:
    text = GOOD
    for old, new in changes.items():
        text = text.replace(old, new)

    shown = problems(text)

    assert [one for one in shown if one.startswith(found)], shown


@pytest.mark.parametrize(
    ("source", "code", "what"),
    [
        ("source: a\nconnector: strip\n", "N202", "no source connector named `strip`"),
        ("source: a\nconnector: stripe\n", "X302", "`signing_secret` is missing"),
        (
            "source: a\nconnector: stripe\nsettings: {signing_secret: whsec_x}\n",
            "X302",
            "`signing_secret` is a secret",
        ),
        (
            "source: a\nconnector: stripe\nsettings: {signing_secret: {secret: A}, more: 1}\n",
            "X302",
            "has no setting `more`",
        ),
        (
            "source: a\nconnector: mailgun_events\nsettings: {signing_key: {secret: A}}\n",
            "D102",
            "tells of addresses, and has no `channel`",
        ),
        (
            "source: a\nconnector: mailgun_events\nsettings: {signing_key: {secret: A}}\n",
            "I303",
            "no identifier is read at `properties.email`",
        ),
    ],
)
def test_a_mistake_in_a_source_says_what_is_missing(source: str, code: str, what: str) -> None:
    found = problems(source)

    assert [one for one in found if code in one and what in one], found


def test_events_of_a_source_are_known_without_a_declaration() -> None:
    journey = (
        "---\njourney: j\nowner: a\npurpose: marketing\n"
        "enter: {on: Booked, again: any time}\nsteps: [{wait: 1d}]\n"
    )

    assert problems(GOOD + "---\n" + SOURCE + journey) == []
    assert [one for one in problems(GOOD + journey) if "no event named `Booked`" in one]


def test_what_a_connector_tells_and_nobody_reads_is_no_bloat() -> None:
    plan = load({"all.yaml": HEAD + GOOD + "---\n" + SOURCE}, {}).plan

    assert plan is not None
    assert list(plan.events) == ["Booked"]
    assert things(plan) == {}
