"""What is proved of offers: what goes around their gate, in one journey and between two."""

from __future__ import annotations

from legato.simulate.proof.violation import Violation
from tests.unit.test_proof import broken


def offer(name: str, kind: str, *, more: str = "", item: str = "item: {from: sku}") -> str:
    return f"offer: {name}\nkind: {kind}\n{item}\nfor: 2d\n{more}"


def offers(*texts: str) -> str:
    return "\n---\n".join(texts)


BOTH = offers(offer("full", "full_price"), offer("ten", "discount"))
MESSAGES = "\n---\n".join(
    f"template: {name}\npurpose: marketing\nemail: {{subject: Look, body: At this}}"
    for name in ("full", "ten")
)


def send(message: str, made: str = "") -> str:
    promised = f", offer: {made}" if made else ""
    return f"send: {{message: {message}, on: email, expires: 1h{promised}}}"


def journey(name: str, *steps: str, enter: str = "{on: Product Viewed, again: once}") -> str:
    lines = "\n".join(f"  - {step}" for step in steps)
    return f"journey: {name}\nowner: growth\npurpose: marketing\nenter: {enter}\nsteps:\n{lines}\n"


def lies(*journeys: str, declared: str = BOTH, policy: str = "") -> list[Violation]:
    files = {"offers": declared, "messages": MESSAGES, "policy": policy}
    found = broken(*journeys, **{name: text for name, text in files.items() if text})
    return [each for each in found if each.code == "V512"]


def test_offers_that_the_gate_compares_are_kept_apart_without_a_finding() -> None:
    assert lies(journey("a", send("full", "full")), journey("b", send("ten", "ten"))) == []


def test_a_message_that_makes_its_offer_in_one_send_only_goes_around_the_gate() -> None:
    kept = journey("a", send("full", "full"))
    bare = journey("b", send("ten", "ten"), "wait: 30d", send("ten"))

    (found,) = lies(kept, bare)

    assert (found.journey, found.step) == ("b", "3")
    assert found.story[-4:] == (
        "ten is sent by email.",
        "1 minute passes.",
        "Ana does Product Viewed (sku p1).",
        "full is sent by email.",
    )


def test_what_is_told_after_longer_than_offers_hold_is_told_beside_the_other_journey() -> None:
    kept = journey("a", "wait: 30d", send("full", "full"))
    bare = journey("b", send("ten", "ten"), "wait: 30d", send("ten"))

    (found,) = lies(kept, bare)

    assert found.story[-2:] == ("ten is sent by email.", "Ana is in journey a.")


def test_two_prices_that_are_let_stand_are_told_as_one_story_of_two_journeys() -> None:
    let = offers(
        offer("full", "full_price"), offer("ten", "discount", more="goes_with: full_price")
    )

    found = lies(journey("a", send("full", "full")), journey("b", send("ten", "ten")), declared=let)

    assert [each.journey for each in found] == ["a", "b"]
    assert found[1].story == (
        "Ana does Product Viewed (sku p1).",
        "Ana has agreed to marketing by email.",
        "full is sent by email.",
        "1 minute passes.",
        "Ana does Product Viewed (sku p1).",
        "ten is sent by email.",
    )


def test_a_gift_may_go_with_a_price() -> None:
    let = offers(
        offer("full", "full_price", more="price: 89"),
        offer("ten", "gift", more="price: a scarf\ngoes_with: full_price"),
    )

    assert (
        lies(journey("a", send("full", "full")), journey("b", send("ten", "ten")), declared=let)
        == []
    )


def test_offers_that_name_a_thing_in_two_ways_are_never_compared() -> None:
    apart = offers(
        offer("full", "full_price"), offer("ten", "discount", item="item: {from: product_id}")
    )
    both = journey("a", send("full", "full")), journey("b", send("ten", "ten"))

    found = lies(*both, declared=apart)

    assert [each.fix for each in found] == ["let both find their `item` in the same property"] * 2
    assert "one names it by `sku`, the other by `product_id`" in found[0].what


def test_an_item_of_no_category_is_not_compared_with_a_category() -> None:
    of_all = offer("ten", "discount", item="category: coats")
    both = journey("a", send("full", "full")), journey("b", send("ten", "ten"))
    said = offer("full", "full_price", more="category: {from: category}")

    found = lies(*both, declared=offers(offer("full", "full_price"), of_all))

    assert {each.fix for each in found} == {"add `category` to `full`: `category: {from: ...}`"}
    assert lies(*both, declared=offers(said, of_all)) == []


def test_offers_for_different_things_do_not_meet() -> None:
    let = "goes_with: full_price"
    apart = offers(
        offer("full", "full_price", item="item: coat"),
        offer("ten", "discount", item="item: hat", more=let),
    )
    both = journey("a", send("full", "full")), journey("b", send("ten", "ten"))
    entered = [
        journey(name, send(made, made), enter=f"{{on: Product Viewed, when: {{sku: {sku}}}}}")
        for name, made, sku in (("a", "full", "x"), ("b", "ten", "y"))
    ]

    assert lies(*both, declared=apart) == []
    assert lies(*entered, declared=BOTH.replace("kind: discount", f"kind: discount\n{let}")) == []


def test_a_cap_of_one_message_while_offers_hold_is_enough() -> None:
    let = offers(
        offer("full", "full_price"), offer("ten", "discount", more="goes_with: full_price")
    )
    both = journey("a", send("full", "full")), journey("b", send("ten", "ten"))

    assert lies(*both, declared=let, policy="cap: one\nat_most: 1\nwithin: 2d\n") == []
    assert lies(*both, declared=let, policy="cap: one\nat_most: 1\nwithin: 1d\n") != []


def test_on_one_way_it_matters_how_soon_the_other_is_told() -> None:
    let = BOTH.replace("kind: discount", "kind: discount\ngoes_with: full_price")

    def told(wait: str) -> list[str]:
        steps = send("full", "full"), f"wait: {wait}", send("ten", "ten")
        return [each.story[-2] for each in lies(journey("a", *steps), declared=let)]

    assert told("47h") == ["1 day 23 hours pass."] * 2
    assert told("48h") == []


def test_an_offer_that_no_message_makes_and_that_contradicts_one_is_found() -> None:
    (found,) = lies(journey("a", send("full", "full")))

    assert found.what.startswith("no message makes the offer `ten`")
    assert lies(journey("a", send("full", "full")), declared=offer("full", "full_price")) == []
