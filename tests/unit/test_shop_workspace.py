"""The example workspace: without a problem, and in step with its history and its stand-ins."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import jsonschema_rs
import pytest

from legato.cli.demo.demo import HTTP_PORT, SECRETS, SENDERS, SMTP_PORT, Providers, prepare
from legato.cli.demo.replay import Fact, load_history
from legato.model.definitions.journey import Send
from legato.model.event import NAME_OF_KIND
from legato.model.ids import digest
from legato.model.instant import SECOND
from legato.model.plan import Plan
from legato.plan.scale import scale_plan
from legato.workspace import check_files, read_workspace

SHOP = Path(__file__).parents[2] / "examples" / "shop"


@pytest.fixture(scope="module")
def plan() -> Plan:
    loaded = check_files(read_workspace(SHOP))
    assert loaded.problems == ()
    assert loaded.plan is not None
    return loaded.plan


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    return load_history(SHOP / "history.jsonl.gz")


def test_the_workspace_has_no_problem_and_its_journeys(plan: Plan) -> None:
    assert sorted(plan.journeys) == [
        "ads_after_purchase",
        "browse_abandon",
        "cart_rescue",
        "complaint_hold",
        "login_help",
        "post_purchase",
        "welcome",
        "win_back",
    ]


def test_every_definition_has_an_owner(plan: Plan) -> None:
    owned = (plan.events, plan.traits, plan.computed, plan.segments, plan.journeys)

    ownerless = [name for family in owned for name, value in family.items() if not value.owner]

    assert ownerless == []


def test_every_message_has_a_text_for_every_channel_it_may_take(plan: Plan) -> None:
    for journey in plan.journeys.values():
        for step in journey.steps.values():
            if isinstance(step, Send):
                assert not set(step.channels) - set(plan.templates[step.message].texts), step


def test_every_fact_of_the_history_has_its_declared_shape(plan: Plan, facts: list[Fact]) -> None:
    shapes = {
        name: jsonschema_rs.validator_for(dict(event.schema)) for name, event in plan.events.items()
    }
    wrong: Counter[str] = Counter()
    for fact in facts:
        name = fact.item.get("event") or NAME_OF_KIND[fact.item["type"]]
        if name == "Consent Changed":  # known to every workspace
            continue
        body: object = fact.item.get("properties", fact.item.get("traits"))
        wrong[name] += not shapes[name].is_valid(body)

    assert +wrong == Counter()


def test_every_trait_of_the_history_has_its_declared_shape(plan: Plan, facts: list[Fact]) -> None:
    shapes = {
        name: jsonschema_rs.validator_for(dict(trait.schema)) for name, trait in plan.traits.items()
    }

    for fact in facts:
        for name, value in fact.item.get("traits", {}).items():
            assert shapes[name].is_valid(value), name


def test_the_replay_holds_the_keys_of_the_sources_it_plays(plan: Plan, facts: list[Fact]) -> None:
    assert {fact.source for fact in facts} == set(SENDERS)
    for name, sender in SENDERS.items():
        assert digest(sender.write_key.encode()) in plan.sources[name].key_digests


def test_the_demonstration_knows_every_secret_that_is_asked_for(plan: Plan) -> None:
    texts = [str(destination.settings) for destination in plan.destinations.values()]

    asked = re.findall(r"\{'secret': '(\w+)'\}", "".join(texts))

    assert sorted(asked) == sorted(SECRETS)


def test_nothing_leaves_the_machine(plan: Plan) -> None:
    for destination in plan.destinations.values():
        settings = destination.settings
        where = settings.get("endpoint") or settings.get("url") or settings.get("host")
        assert str(where).removeprefix("http://").startswith("127.0.0.1"), destination.name


def test_the_copy_of_the_workspace_is_pointed_at_the_stand_ins(tmp_path: Path) -> None:
    providers = Providers(http_port=1234, smtp_port=1235)

    config = prepare(tmp_path, providers, speed=60)

    texts = "".join(read_workspace(config.workspace).values())
    assert "http://127.0.0.1:1234/sms" in texts
    assert "port: 1235" in texts
    assert str(HTTP_PORT) not in texts
    assert str(SMTP_PORT) not in texts


def test_a_sped_up_shop_waits_a_second_instead_of_half_an_hour(plan: Plan) -> None:
    patience = scale_plan(plan, 1_800).journeys["cart_rescue"].steps["patience"]

    assert getattr(patience, "duration", None) == SECOND
