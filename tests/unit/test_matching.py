"""Who may be one person: how values agree, which pairs are looked at, and how well that finds."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from legato.govern.matching.blocking import BLOCK_MAX, Blocks
from legato.govern.matching.find import Finder, Found
from legato.govern.matching.levels import LADDERS, MISSING, comparable, level
from legato.model.definitions.matching import CompareKind

FEBRL = Path(__file__).parent.parent / "golden" / "matching" / "febrl_dataset1.csv"
FIELDS: dict[str, CompareKind] = {
    "given_name": "name",
    "surname": "name",
    "postcode": "code",
    "date_of_birth": "date",
}


@pytest.mark.parametrize(
    ("kind", "one", "other", "agreement"),
    [
        ("name", "Zoë", "zoe", "the same"),
        ("name", "mary-ann", "Mary Ann", "the same"),
        ("name", "katherine", "kathrine", "nearly the same"),
        ("name", "jon", "john", "nearly the same"),
        ("name", "dwayne", "duane", "similar"),
        ("name", "ana", "zoe", "different"),
        ("date", "1980-03-07", "19800307", "the same"),
        ("date", "1980-03-07T00:00:00Z", "1980-03-07", "the same"),
        ("date", "1980-03-07", "1980-07-03", "day and month swapped"),
        ("date", "1980-03-07", "1980-03-17", "one digit off"),
        ("date", "1980-03-07", "1992-03-07", "two of day, month and year the same"),
        ("date", "1980-03-07", "1992-11-25", "different"),
        ("code", "AB-1 234", "ab1234", "the same"),
        ("code", "2577", "2757", "one character off"),
        ("code", "1158377", "1258376", "two characters off"),
        ("code", "2577", "2684", "different"),
        ("words", "Madigan  Street", "madigan street", "the same"),
        ("words", "clive steele avenue", "clive stelee avenue", "nearly the same"),
        ("words", "12 mill lane", "mill road", "some words the same"),
        ("words", "redcross units", "the rookery", "different"),
    ],
)
def test_values_agree_as_far_as_a_person_would_say(
    kind: CompareKind, one: str, other: str, agreement: str
) -> None:
    rows = [(comparable(kind, one),), (comparable(kind, other),)]

    assert LADDERS[kind][level([kind], 0, *rows)] == agreement
    assert level([kind], 0, *rows) == level([kind], 0, *reversed(rows))


def test_names_that_changed_places_are_seen() -> None:
    rows = [("ana", "silva"), ("silva", "ana")]

    found = level(["name", "name"], 0, *rows)

    assert LADDERS["name"][found] == "in the place of another name"


@pytest.mark.parametrize("value", [None, "", "  ", "-", True, ["ana"], {"a": 1}])
def test_what_is_missing_or_no_value_says_nothing(value: object) -> None:
    row = (comparable("name", value),)

    assert level(["name"], 0, row, ("ana",)) == MISSING


def test_a_pair_comes_once_however_much_it_shares() -> None:
    rows = [("ana", "x"), ("ana", "x"), ("ben", "x"), ("cy", "z")]

    assert sorted(Blocks(rows).pairs()) == [(0, 1), (0, 2), (1, 2)]


def test_what_too_many_share_is_divided_by_what_else_they_share() -> None:
    people = 2 * BLOCK_MAX
    rows = [("smith", "london", str(number)) for number in range(people)]
    rows = [
        *((name, "london" if at % 2 else "leeds", code) for at, (name, _, code) in enumerate(rows)),
        *(("jones", "leeds", f"j{number}") for number in range(people)),
    ]

    pairs = list(Blocks(rows).pairs())

    assert len(pairs) == 2 * (BLOCK_MAX * (BLOCK_MAX - 1) // 2)
    assert all(rows[one][:2] == rows[other][:2] == ("smith", rows[one][1]) for one, other in pairs)


def test_febrl_people_are_found_by_names_birthday_and_postcode_alone() -> None:
    records, rows = febrl()

    found = Finder(list(FIELDS.values()), rows).find(0.9)

    right = sum(records[each.one] == records[each.other] for each in found)
    f1 = 2 * right / (len(found) + len(records) / 2)
    assert right == len(found)
    assert f1 > 0.99


def test_the_same_people_give_the_same_suggestions() -> None:
    _, rows = febrl()

    once, again = (Finder(list(FIELDS.values()), rows).find(0.9) for _ in range(2))

    assert once == again


def test_a_rare_name_says_more_than_a_usual_one() -> None:
    _, rows = febrl()
    smiths = [(f"n{at}", "smith", "", "") for at in range(40)]
    usual = [("ana", "smith", "2577", ""), ("ana", "smith", "2757", "")]
    rare = [("ana", "dalmatov", "2577", ""), ("ana", "dalmatov", "2757", "")]
    finder = Finder(list(FIELDS.values()), [*usual, *rare, *rows, *smiths])

    found = {(each.one, each.other): each for each in finder.find(0.0)}

    assert found[2, 3].probability > found[0, 1].probability
    assert words(finder, found[2, 3])["surname"] == "the same, rare"
    assert words(finder, found[0, 1])["surname"] == "the same"


def test_a_suggestion_holds_no_values() -> None:
    _, rows = febrl()
    finder = Finder(list(FIELDS.values()), rows)
    told = {words for ladder in LADDERS.values() for words in ladder}

    found = finder.find(0.5)

    said = {text.removesuffix(", rare") for each in found for text in words(finder, each).values()}
    assert said <= told


def test_who_may_not_be_one_is_not_suggested() -> None:
    _, rows = febrl()
    finder = Finder(list(FIELDS.values()), rows)
    first = finder.find(0.9)[0]

    found = finder.find(0.9, may_be=lambda one, other: (one, other) != (first.one, first.other))

    assert found == finder.find(0.9)[1:]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_people_are_no_trouble(count: int) -> None:
    rows = [("ana", "silva", "2577", "19540307")] * count

    assert len(Finder(list(FIELDS.values()), rows).find(0.9)) <= 1


def words(finder: Finder, found: Found) -> dict[str, str]:
    return {each.trait: each.agreement for each in finder.explain(found, list(FIELDS))}


def febrl() -> tuple[list[str], list[Sequence[str]]]:
    """Return whose record each is, and the records as they are compared."""
    with FEBRL.open() as file:
        read = list(csv.DictReader(file))
    rows = [[comparable(kind, each[name]) for name, kind in FIELDS.items()] for each in read]
    return [each["entity_id"] for each in read], [tuple(row) for row in rows]
