"""Sources and destinations in a workspace's texts: only what differs is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from legato.plan.connecting.texts import begun, changed, definition_of, definitions_in, without
from legato.plan.drawing.layout import Misfit

TEXT = """\
# The first is for letters.
destination: mail
connector: smtp
settings:
  host: 127.0.0.1        # this machine
  port: 25
rate: 5/s                # as their contract says
---
# The second is for measuring.
destination: analytics
connector: webhook
settings: {url: "https://a.example/in"}
"""
FILES = {"destinations/all.yaml": TEXT, "journeys/one.yaml": "journey: one\n"}


def with_fields(name: str, **more: Any) -> Mapping[str, str]:  # noqa: ANN401 - JSON
    written = definition_of(FILES, "destination", name)
    assert written is not None
    return changed(FILES, written, "destination", {**written.fields, **more})


def test_every_definition_of_a_kind_is_found_where_it_stands() -> None:
    found = [(one.name, one.file, one.number) for one in definitions_in(FILES, "destination")]

    file = "destinations/all.yaml"
    assert found == [("mail", file, 0), ("analytics", file, 1)]


def test_a_change_writes_only_what_differs_and_keeps_every_comment() -> None:
    after = with_fields("mail", settings={"host": "127.0.0.1", "port": 587}, concurrency=4)

    expected = TEXT.replace("port: 25", "port: 587").replace(
        "as their contract says\n", "as their contract says\nconcurrency: 4\n"
    )
    assert after == {**FILES, "destinations/all.yaml": expected}


def test_saying_the_same_again_changes_no_byte() -> None:
    assert with_fields("analytics") == FILES


def test_a_field_that_is_left_out_goes_with_its_line() -> None:
    written = definition_of(FILES, "destination", "mail")
    assert written is not None
    fields = {name: value for name, value in written.fields.items() if name != "rate"}

    after = changed(FILES, written, "destination", fields)

    line = "rate: 5/s                # as their contract says\n"
    assert after["destinations/all.yaml"] == TEXT.replace(line, "")


def test_a_new_one_gets_a_file_of_its_own_with_its_secret_by_name() -> None:
    fields = {"connector": "slack", "settings": {"webhook": {"secret": "SLACK"}}}

    after = begun(FILES, "destination", "team", fields)

    text = after["destinations/team.yaml"]
    assert text == "destination: team\nconnector: slack\nsettings: {webhook: {secret: SLACK}}\n"


@pytest.mark.parametrize("name", ["mail", "Mail", "", "a-b", "x" * 61])
def test_a_name_that_is_taken_or_none_is_refused(name: str) -> None:
    with pytest.raises(Misfit):
        begun(FILES, "destination", name, {"connector": "slack"})


def test_what_goes_takes_its_comments_along_and_leaves_the_rest() -> None:
    written = definition_of(FILES, "destination", "mail")
    assert written is not None

    after = without(FILES, written)["destinations/all.yaml"]

    assert after == TEXT.partition("---\n")[2]
    (left,) = definitions_in({"destinations/all.yaml": after}, "destination")
    assert without({"destinations/all.yaml": after}, left) == {}
