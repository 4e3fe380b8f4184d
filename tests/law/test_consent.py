"""Laws of the ledger: what holds does not depend on the order in which lines arrive."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from legato.core.consents.standing import awaited, holding
from legato.core.identity.merge import merge
from legato.core.program import Program
from legato.model.consent import ConsentLine
from legato.model.event import ConsentSaid, CustomerEvent
from legato.model.ids import EventId, PersonId
from legato.model.instant import DAY, HOUR
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.state import State, decode_state, encode_state
from legato.simulate.world import START, World
from tests.sim.shopkeeping import BASE, compile_plan, open_world
from tests.sim.test_propagation import DESTINATIONS

CONSENT = """consent:
  opt_out_scope: {scope}
  categories: {{Ads: marketing, Likes: tailoring}}
  gpc: [tailoring]
"""
SCOPES = ("channel", "topic", "global")


class Word(Noun, frozen=True, kw_only=True):
    """One thing heard of a person."""

    how: str
    purpose: str
    channel: str
    is_granted: bool
    hour: int


@cache
def plan_of(scope: str) -> Plan:
    purposes = BASE["policies.yaml"].split("---")[0]
    purposes += "  tailoring: {basis: consent, promotional: true}\n"
    policies = purposes + "---\n" + CONSENT.format(scope=scope)
    return compile_plan(policies=policies, destinations=DESTINATIONS)


WORDS = st.lists(
    st.builds(
        Word,
        how=st.sampled_from(("said", "event", "tool", "gpc")),
        purpose=st.sampled_from(("marketing", "tailoring")),
        channel=st.sampled_from(("*", "email", "sms")),
        is_granted=st.booleans(),
        hour=st.integers(0, 5),
    ),
    max_size=7,
)


def utter(world: World, person_id: PersonId, number: int, word: Word) -> None:
    at = START + word.hour * HOUR
    if word.how == "said":
        line = ConsentLine(purpose=word.purpose, is_granted=word.is_granted, channel=word.channel)
        said = ConsentSaid(
            event_id=EventId(f"ev_{number}"),
            received_at=world.now,
            occurred_at=at,
            person_id=person_id,
            lines=(line,),
            source="desk",
        )
        world.feed(said)
        return
    world.feed(_event_of(world, number, word, at))


def _event_of(world: World, number: int, word: Word, at: int) -> CustomerEvent:
    context: dict[str, object] = {}
    if word.how == "event":
        body = {"purpose": word.purpose, "granted": word.is_granted, "channel": word.channel}
        event = world.event("ana", "track", body, name="Consent Changed")
    else:
        event = world.event("ana", "page", {})
        category = "Ads" if word.purpose == "marketing" else "Likes"
        context = {"consent": {"categoryPreferences": {category: word.is_granted}}}
        if word.how == "gpc":
            context = {"gpc": True}
    return msgspec.structs.replace(
        event,
        event_id=EventId(f"ev_{number}"),
        occurred_at=at,
        context=msgspec.json.encode(context),
    )


def after(scope: str, words: Sequence[tuple[int, Word]]) -> State:
    world = open_world(plan_of(scope))
    world.now = START + DAY
    world.identify("ana", {"email": "ana@example.com"})
    first = world.state("ana")
    assert first is not None
    for number, word in words:
        utter(world, first.person_id, number, word)
    state = world.state("ana")
    assert state is not None
    return state


def standing(scope: str, state: State) -> list[tuple[str, str, bool, int] | None]:
    """Return what holds for every purpose and channel, and since when it was said."""
    plan = plan_of(scope)
    found: list[tuple[str, str, bool, int] | None] = []
    for purpose in ("marketing", "tailoring"):
        for channel in ("", "email", "sms"):
            line = holding(plan, state, purpose, channel)
            found.append(line and (purpose, channel, line.is_granted, line.at))
    return found


@settings(max_examples=150, deadline=None)
@given(words=WORDS, scope=st.sampled_from(SCOPES), data=st.data())
def test_what_holds_is_the_same_in_any_order(
    words: list[Word], scope: str, data: st.DataObject
) -> None:
    numbered = list(enumerate(words))
    shuffled = data.draw(st.permutations(numbered))

    one, other = after(scope, numbered), after(scope, shuffled)

    assert standing(scope, one) == standing(scope, other)


NO = Word(how="said", purpose="marketing", channel="*", is_granted=False, hour=1)
YES = Word(how="said", purpose="marketing", channel="*", is_granted=True, hour=2)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(words=WORDS, scope=st.sampled_from(SCOPES))
@example(words=[NO, YES], scope="channel")
def test_a_destination_has_been_told_of_every_no_that_holds(words: list[Word], scope: str) -> None:
    state = after(scope, list(enumerate(words)))

    closed = [(one[0], one[1]) for one in standing(scope, state) if one and not one[2]]

    assert state.told.get("mail/email", []) == [name for name, by in closed if by == "email"]


@settings(max_examples=100, deadline=None)
@given(words=WORDS, scope=st.sampled_from(SCOPES), share=st.integers(0, 7))
def test_two_halves_that_become_one_person_hold_what_the_whole_does(
    words: list[Word], scope: str, share: int
) -> None:
    numbered = list(enumerate(words))
    one, other = after(scope, numbered[:share]), after(scope, numbered[share:])
    whole = after(scope, numbered)

    merged = decode_state(encode_state(one))
    merge(Program(plan_of(scope)), merged, other, START)

    assert standing(scope, merged) == standing(scope, whole)


@settings(max_examples=100, deadline=None)
@given(words=WORDS, scope=st.sampled_from(SCOPES))
def test_who_said_no_last_themselves_is_never_opted_in_by_software(
    words: list[Word], scope: str
) -> None:
    own = [word for word in words if word.how in ("said", "event") and word.purpose == "marketing"]
    latest = max((word.hour for word in own), default=-1)
    last = [word for word in own if word.hour == latest]

    state = after(scope, list(enumerate(words)))

    if last and all(not word.is_granted and word.channel == "*" for word in last):
        line = holding(plan_of(scope), state, "marketing", "email")
        assert line is not None
        assert not line.is_granted
        assert awaited(plan_of(scope), state, "marketing", "email") is None
