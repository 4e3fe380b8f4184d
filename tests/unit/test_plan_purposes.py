"""Facts are used for what they are kept for, and go where they may, whatever way round is tried."""

from __future__ import annotations

import pytest

from legato.core.privacy.law import may_serve
from legato.core.privacy.shapes import spot_of
from legato.model.plan import EventType, Purpose
from legato.model.problem import Problem
from legato.workspace import check_files

BASE = """workspace: clinic
---
identity: [{kind: user_id, from: [user_id]}]
---
purposes:
  marketing: {basis: consent, may_use: [service]}
  service: {basis: contract, promotional: false}
  support: {basis: contract, promotional: false}
---
source: web
write_keys: [key-of-the-clinic]
---
event: Visit Booked
owner: front-desk
purpose: service
schema:
  type: object
  properties:
    visit_id: {type: string}
    reason: {type: string, privacy: health, purposes: [support]}
---
event: Plea Made
owner: desk
purpose: support
schema: {type: object, properties: {words: {type: string}}}
---
trait: email
owner: data
purpose: service
schema: {type: string}
---
trait: plea
owner: desk
purpose: support
schema: {type: string}
---
trait: diagnosis
owner: care
purposes: [service, support]
privacy: health
schema: {type: string}
---
trait: tone
owner: data
purpose: marketing
schema: {type: string}
---
computed: pleas
owner: desk
purpose: support
count: Plea Made
---
segment: in_need
owner: desk
when: {trait: {plea: {exists: true}}}
---
segment: in_great_need
owner: desk
when: {in_segment: in_need}
---
journey: rescue
owner: desk
purpose: support
enter: {on: Plea Made}
steps: [{wait: 1d}]
---
destination: post
connector: webhook
settings: {url: "https://example.org/post"}
---
destination: network
connector: ads_audience
settings: {access_token: {secret: ADS}, audience_id: "1"}
---
channel: email
destination: post
address: trait email
---
template: offer
purpose: marketing
email: {body: "Hello"}
---
"""
JOURNEY = """journey: win_back
owner: growth
purpose: marketing
enter: {on: Visit Booked}
steps:
"""
SEND = "  - send: {message: offer, on: email, expires: 1d}\n"


def problems(text: str) -> tuple[Problem, ...]:
    return check_files({"base.yaml": BASE, "x.yaml": text}).problems


def only(text: str) -> Problem:
    found = problems(text)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def guard(condition: str) -> str:
    return f"{JOURNEY}  - when: {condition}\n    then: [{{leave: quietly}}]\n"


def test_what_is_kept_for_support_is_refused_in_a_marketing_guard_by_name() -> None:
    found = only(guard("{trait: {plea: {exists: true}}}"))

    assert found.code == "U301"
    assert "the guard of step `1` of the journey `win_back`" in found.what
    assert "trait `plea`" in found.what
    assert "owned by desk" in found.what
    assert found.fix.startswith("ask desk to add `marketing`")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("{in_segment: in_need}", "through the segment in_need"),
        ("{in_segment: in_great_need}", "the segment in_great_need and the segment in_need"),
        ("{not_in_segment: in_need}", "trait `plea`"),
        ("{trait: {pleas: {over: 1}}}", "trait `pleas`"),
        ("{did: Plea Made}", "event `Plea Made`"),
        ("{in_journey: rescue}", "through the journey rescue"),
        ("{was_in_journey: rescue}", "event `Plea Made`"),
        ("{entry: {reason: {exists: true}}}", "property `reason` of `Visit Booked`"),
        ("{did: Visit Booked, where: {reason: pain}}", "property `reason` of `Visit Booked`"),
        ("{any: [{did: Visit Booked}, {not: {trait: {plea: a}}}]}", "trait `plea`"),
    ],
)
def test_no_way_round_a_purpose_is_overlooked(condition: str, words: str) -> None:
    found = problems(guard(condition))

    assert {one.code for one in found} == {"U301"}
    assert any(words in one.what for one in found)


@pytest.mark.parametrize(
    "text",
    [
        JOURNEY.replace("on: Visit Booked", "on: Plea Made") + "  - wait: 1d",
        JOURNEY.replace("on: Visit Booked", "segment: in_need") + "  - wait: 1d",
        JOURNEY + "  - wait_for: [{on: Plea Made}, {after: 2d}]",
        JOURNEY.replace("steps:", "leave: {when: {in_segment: in_need}}\nsteps:") + "  - wait: 1d",
        JOURNEY + "  - send: {message: offer, on: email, expires: 1d, about: reason}",
        (
            "segment: listed\nowner: a\npurpose: marketing\nkeep_in: network\n"
            "when: {trait: {plea: {exists: true}}}"
        ),
        "suppress: pleading\nwhen: {in_segment: in_need}\nbecause: pleads",
        "template: sorry\npurpose: marketing\nemail: {body: 'You: {{ profile.plea }}'}",
        "computed: cries\nowner: desk\npurpose: marketing\ncount: Plea Made",
        "computed: reasons\nowner: a\npurpose: service\nunique: reason\nof: Visit Booked",
        "channel: slip\ndestination: post\naddress: trait plea\n---\n"
        "template: slip\npurpose: marketing\nslip: {body: a}\n---\n"
        + JOURNEY
        + "  - send: {message: slip, on: slip, expires: 1d}",
    ],
)
def test_every_kind_of_use_is_bound(text: str) -> None:
    assert "U301" in [one.code for one in problems(text)]


def test_a_journey_for_support_that_sends_marketing_serves_marketing_too() -> None:
    text = "journey: helped\nowner: desk\npurpose: support\nenter: {on: Plea Made}\nsteps:\n" + SEND

    found = problems(text)

    assert ("U301", "the entry of the journey `helped` reads the event `Plea Made`") in [
        (one.code, one.what.partition(" for ")[0]) for one in found
    ]


def test_a_trait_that_a_journey_sets_is_no_way_round() -> None:
    text = (
        "journey: mark\nowner: desk\npurpose: support\nenter: {on: Plea Made}\n"
        "steps: [{set: {tone: soft}}]"
    )

    assert "`marketing`" in only(text).what


def test_a_purpose_may_use_what_is_kept_for_another() -> None:
    assert problems(guard("{trait: {email: {exists: true}}}") + SEND) == ()


def test_may_use_never_reaches_what_is_about_health() -> None:
    found = only(guard("{trait: {diagnosis: flu}}"))

    assert found.code == "U301"
    assert "it is health, kept for `service` or `support`" in found.what
    assert "may_use" not in found.fix


def test_a_list_for_advertising_is_never_decided_by_health() -> None:
    text = (
        "segment: ill\nowner: care\npurpose: support\nkeep_in: network\n"
        "when: {trait: {diagnosis: {exists: true}}}"
    )

    found = [one for one in problems(text) if one.code == "U302"]

    assert len(found) == 1
    assert "nothing of the kind ever goes to advertising" in found[0].fix


def test_no_definition_lifts_the_ceiling_of_advertising() -> None:
    text = (
        "destination: network2\nconnector: ads_audience\naccepts: health\n"
        'settings: {access_token: {secret: ADS}, audience_id: "1"}'
    )

    assert only(text).code == "U302"


@pytest.mark.parametrize(("accepts", "codes"), [("personal", ["U302"]), ("health", [])])
def test_a_message_holds_what_its_destination_accepts(accepts: str, codes: list[str]) -> None:
    text = (
        "destination: portal\nconnector: webhook\nsettings: {url: 'https://example.org'}\n"
        f"accepts: {accepts}\n---\nchannel: portal\ndestination: portal\naddress: trait email\n"
        "---\ntemplate: result\npurpose: service\nportal: {body: '{{ profile.diagnosis }}'}"
    )

    assert [one.code for one in problems(text)] == codes


def test_a_property_is_bound_by_the_strictest_part_of_its_schema() -> None:
    event = EventType(
        name="A",
        owner="a",
        purposes=("service",),
        schema={
            "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/item"}}},
            "$defs": {
                "item": {
                    "allOf": [{"properties": {"code": {"privacy": "sensitive"}}}],
                    "properties": {"code": {"purposes": ["support"], "privacy": "public"}},
                }
            },
        },
    )

    spot = spot_of(event).at("items[].code")

    assert spot is not None
    assert (spot.binding.privacy, spot.binding.purposes) == ("sensitive", ("support",))


def test_a_plan_from_before_purposes_bound_goes_on_as_it_did() -> None:
    event = EventType(name="A", owner="a", schema={}, purpose="support")
    marketing = Purpose(name="marketing", basis="consent")

    assert may_serve({"marketing": marketing}, "marketing", spot_of(event).binding)


def test_a_name_that_sounds_like_another_is_refused_with_its_owner() -> None:
    found = only("event: visit-booked\nowner: growth\npurpose: service")

    assert found.code == "C303"
    assert "by front-desk" in found.what


def test_a_second_definition_is_refused_with_the_owner_of_the_first() -> None:
    found = only("trait: diagnosis\nowner: growth\npurpose: marketing\nschema: {type: string}")

    assert found.code == "N201"
    assert "by care" in found.what
    assert "care" in found.fix


def test_owners_are_teams_once_there_are_teams() -> None:
    found = problems("team: desk")

    assert {one.code for one in found} == {"N202"}
    assert any("no team named `care`" in one.what for one in found)


def test_a_term_says_what_it_is_the_same_as() -> None:
    right = "term: needy\nowner: desk\ndefinition: Somebody in need.\nsame_as: in_need"

    assert problems(right) == ()
    assert only(right.replace("in_need", "in_nede")).code == "N202"


def test_terms_that_are_stages_of_each_other_are_refused() -> None:
    text = (
        "term: lead\nowner: a\ndefinition: A.\nstage_of: buyer\n---\n"
        "term: buyer\nowner: a\ndefinition: B.\nstage_of: lead"
    )

    assert only(text).code == "S301"
