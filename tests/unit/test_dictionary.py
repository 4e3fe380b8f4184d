"""The dictionary says what everything means, who owns it and who uses it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from legato.plan.dictionary.entries import Entry, dictionary, search
from legato.plan.dictionary.export import as_csv, as_markdown
from legato.workspace import check_files, read_workspace

SHOP = Path(__file__).parent.parent.parent / "examples" / "shop"


@pytest.fixture(scope="module")
def entries() -> tuple[Entry, ...]:
    loaded = check_files(read_workspace(SHOP))
    assert loaded.plan is not None, loaded.problems
    return dictionary(loaded.plan)


def named(entries: tuple[Entry, ...], name: str) -> Entry:
    (entry,) = search(entries, name)
    return entry


def test_everything_has_an_owner_a_meaning_and_a_type(entries: tuple[Entry, ...]) -> None:
    assert len(entries) > 40
    assert [entry.name for entry in entries if not entry.owner] == []
    assert [entry.name for entry in entries if not entry.definition] == []
    assert [entry.name for entry in entries if not entry.type] == []


def test_a_trait_is_shown_with_everybody_who_uses_it(entries: tuple[Entry, ...]) -> None:
    name = named(entries, "name")

    assert name.owner == "data"
    assert name.purposes == ("service",)
    assert "template welcome_hello" in name.used_by
    assert "journey welcome" in name.used_by
    assert "destination email_provider" in name.used_by


def test_a_segment_is_used_by_what_asks_about_it(entries: tuple[Entry, ...]) -> None:
    complaint = named(entries, "open_complaint")

    assert "journey cart_rescue" in complaint.used_by
    assert "suppression complaint" in complaint.used_by
    assert "segment lapsed" in complaint.used_by


def test_an_event_is_used_by_what_is_measured_from_it(entries: tuple[Entry, ...]) -> None:
    order = named(entries, "order_completed")

    assert order.name == "Order Completed"
    assert "computed trait orders_90d" in order.used_by
    assert "products.price" in [one.name for one in order.properties]


def test_a_term_says_what_it_is_the_same_as(entries: tuple[Entry, ...]) -> None:
    lead = named(entries, "lead")

    assert (lead.owner, lead.same_as, lead.stage_of) == ("growth", "warm", "customer lifecycle")


def test_a_word_that_names_nothing_finds_what_mentions_it(entries: tuple[Entry, ...]) -> None:
    found = {entry.name for entry in search(entries, "complaint")}

    assert "open_complaint" in found
    assert search(entries, "no such word") == ()


def test_the_table_for_spreadsheets_has_a_line_for_each(entries: tuple[Entry, ...]) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(entries))))

    assert {row["name"] for row in rows if row["kind"] == "trait"} >= {"email", "phone"}
    assert "Order Completed / total" in [row["name"] for row in rows if row["kind"] == "property"]


def test_nothing_in_the_table_is_a_formula() -> None:
    entry = Entry(kind="term", name="=1+1", title="", definition="@sum", owner="a")

    (row,) = csv.DictReader(io.StringIO(as_csv([entry])))

    assert (row["name"], row["definition"]) == ("'=1+1", "'@sum")


def test_the_page_for_a_wiki_lists_properties(entries: tuple[Entry, ...]) -> None:
    text = as_markdown(entries)

    assert "| **vip** |" in text
    assert "- `order_id`: string, personal, for service" in text
