"""Retiring, and taking it back in time: as if it had never been, for what was known before."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.model.instant import DAY, HOUR, Duration
from legato.simulate.world import START
from tests.sim.test_retired import Shop, retiring_trait, usual

WORDS = st.sampled_from(("gold", "silver", "iron"))
TRAITS = st.fixed_dictionaries({}, optional={"plan": WORDS, "name": WORDS})
SAID = st.tuples(st.integers(0, 40 * 24), st.sampled_from(("ana", "bob")), TRAITS)


def lived(
    said: list[tuple[int, str, dict[str, str]]],
    window: tuple[Duration, Duration],
    *,
    retires: bool,
) -> list[bytes]:
    """Let people say things; in between the trait is retired, or else nobody says it."""
    shop = Shop(usual())
    world, (begins, ends) = shop.world, window
    if retires:
        world.at(START + begins, lambda: shop.activate(retiring_trait()))
        world.at(START + ends, lambda: shop.activate(usual()))
    for hour, who, traits in sorted(said, key=lambda each: each[:2]):
        at = hour * HOUR + 1
        is_said = retires or not begins <= at < ends
        sent = traits if is_said else {key: traits[key] for key in traits if key != "plan"}
        world.run_until(START + at)
        world.identify(who, sent)
    world.run_until(START + 80 * DAY)
    return [shop.profile(who) for who in ("ana", "bob") if world.state(who) is not None]


@settings(max_examples=40, deadline=None)
@given(
    said=st.lists(SAID, max_size=12),
    begins=st.integers(0, 20 * 24),
    hours=st.integers(1, 30 * 24 - 1),
)
def test_reinstating_in_time_gives_the_profiles_of_never_having_retired(
    said: list[tuple[int, str, dict[str, str]]], begins: int, hours: int
) -> None:
    window = begins * HOUR, (begins + hours) * HOUR

    retired = lived(said, window, retires=True)

    assert retired == lived(said, window, retires=False)
