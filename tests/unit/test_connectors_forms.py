"""In which form values reach a provider, as its documentation asks."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from legato.connectors.language.value import Value
from legato.connectors.terms import Terms
from legato.model.instant import SECOND
from legato.model.problem import Reason
from legato.model.wire import HttpRequest
from tests.unit.connector_world import event_of
from tests.unit.lane_world import START
from tests.unit.rendered import rendered
from tests.unit.test_connectors_golden import spec_of


def rendered_body(connector: str, settings: dict[str, Value], **event: Value) -> dict[str, Any]:
    terms = Terms(settings=settings, timeout=SECOND)
    made = rendered(spec_of(connector), event_of(**event), terms=terms, now=START)
    assert isinstance(made, HttpRequest), made
    return msgspec.json.decode(made.body)


def refusal(connector: str, **event: Value) -> str:
    terms = Terms(settings={}, timeout=SECOND)
    made = rendered(spec_of(connector), event_of(**event), terms=terms, now=START)
    assert isinstance(made, Reason), made
    return str(made)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


PINTEREST: dict[str, Value] = {"api": "v5", "ad_account": "1", "token": "t", "digests": False}


@pytest.mark.parametrize(
    ("traits", "field", "told"),
    [
        ({"phone": "0049 (30) 12-34"}, "ph", digest("49301234")),
        ({"phone": digest("49301234")}, "ph", digest("49301234")),
        ({"lastName": " O'Neill "}, "ln", digest("o'neill")),
        ({"firstName": "Mary Ann"}, "fn", digest("mary ann")),
        ({"city": "St. Ives"}, "ct", digest("stives")),
    ],
)
def test_pinterest_is_told_of_people_in_its_own_normal_forms(
    traits: dict[str, Value], field: str, told: str
) -> None:
    context: Value = {"traits": {"email": "ana@shop.example", **traits}, "locale": "en-GB"}

    body = rendered_body(
        "pinterest", PINTEREST, type="track", event="Order Completed", context=context
    )

    (one,) = body["data"]
    assert one["user_data"][field] == [told]
    assert one["language"] == "en"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2023-05-17T22:49:53", "2023-05-17 22:49:53 +00:00"),
        ("2023-05-17T22:49:53+02:00", "2023-05-17 20:49:53 +00:00"),
        ("2023-05-17", "2023-05-17"),
    ],
)
def test_iterable_reads_an_instant_with_or_without_its_zone(given: str, told: str) -> None:
    body = rendered_body(
        "iterable", {"prefer_user_id": True, "region": "us"},
        type="track", event="Booked", userId="ana", properties={"at": given},
    )  # fmt: skip

    assert body["dataFields"] == {"at": told}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"subscriptions": [{"type": "NEWS", "channel": "TEXT"}]}, "MARKETING"),
        ({"subscriptions": [{"type": "MARKETING", "channel": "FAX"}]}, "TEXT or EMAIL"),
        ({"notification": {"language": "de-DE"}}, "en-US or fr-CA"),
    ],
)
def test_attentive_is_asked_to_end_only_what_it_knows(asked: dict[str, Value], why: str) -> None:
    wish: Value = {"attentive_tag": {"identifyOperation": "unsubscribe", **asked}}

    told = refusal(
        "attentive", type="identify", traits={"email": "ana@shop.example"}, integrations=wish
    )

    assert why in told


def test_freshsales_is_told_the_address_before_what_stands_beside_it() -> None:
    traits: Value = {
        "email": "ana@shop.example",
        "city": "Rome",
        "zip": "1",
        "address": {"city": "Milan", "postalCode": "20121"},
    }

    body = rendered_body(
        "freshsales", {"domain": "shop", "only_numbers": False}, type="identify", traits=traits
    )

    assert (body["contact"]["city"], body["contact"]["zipcode"]) == ("Milan", "20121")
