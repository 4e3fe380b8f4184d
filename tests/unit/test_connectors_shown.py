"""What the command line shows of connectors: the list, one of them, their scores."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from click.testing import CliRunner, Result

from legato.cli.connect.connectors import connectors
from legato.cli.connect.sunset import endings
from legato.connectors.verify.lock import Mark, Part, Reached, fallen, read_lock, write_lock
from legato.connectors.verify.page import scores_page
from legato.connectors.verify.score import score
from legato.connectors.verify.tally import SIXTY, tally, unscored
from legato.connectors.verify.vector import Vector
from legato.workspace import shipped_connectors, shipped_sources
from tests.unit.connector_world import manifest, spec_of


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(connectors, list(arguments))


def test_every_connector_has_one_line_of_80_columns() -> None:
    lines = run().output.splitlines()

    named = [line.split()[0] for line in lines if line.startswith("  ")]
    assert sorted(named) == sorted(shipped_connectors())
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if "of the sixty in wide use" in line]


def test_the_list_is_there_for_programs() -> None:
    told = json.loads(run("--json").output)

    assert [one["id"] for one in told] == sorted(shipped_connectors())
    assert {"send"} <= {operation for one in told for operation in one["operations"]}


def test_one_connector_is_shown_with_its_account_and_settings() -> None:
    shown = run("klaviyo").output

    for part in ("Klaviyo", "documentation", "account", "settings", "secret, needed", "does"):
        assert part in shown
    assert json.loads(run("klaviyo", "--json").output)["manifest"]["id"] == "klaviyo"


def test_a_connector_says_which_sources_tell_what_became_of_it() -> None:
    shown = run("twilio_sms").output
    paired = [each for one in shipped_connectors().values() for each in one.get("inbound", [])]

    assert "comes back by   twilio_status, twilio_replies" in shown
    assert len(set(paired)) > 10
    assert set(paired) <= set(shipped_sources())


def test_an_api_that_is_switched_off_soon_or_was_is_told_of() -> None:
    off = {"id": "a", "name": "A", "api_version": "v1", "sunset": "2026-01-31"}
    soon = {"id": "b", "name": "B", "sunset": "2026-06-30"}
    far = {"id": "c", "name": "C", "sunset": "2026-09-30"}
    unsaid = {"id": "d", "name": "D"}

    told = list(endings([off, soon, far, unsaid], date(2026, 2, 1)))

    assert told == [
        "A (a): its API v1 was switched off on 2026-01-31.",
        "B (b): its API will be switched off on 2026-06-30.",
    ]


def test_a_connector_that_is_not_there_is_named_with_the_nearest() -> None:
    failed = run("klavio")

    assert failed.exit_code == 1
    assert "Did you mean klaviyo?" in failed.output


def test_scores_are_printed_in_80_columns_with_levels_of_their_own() -> None:
    lines = run("verify", "courier", "slack").output.splitlines()

    head = lines[0].split()
    assert {"acc", "url", "body", "head", "group", "class", "held", "ign", "skip"} <= set(head)
    assert max(map(len, lines)) <= 80


def test_every_mark_is_on_the_page_of_scores() -> None:
    mark = Mark(cases=4, accepted=4, url=4, body=3, headers=2, classes=Part(cases=2, alike=1))
    one = {"name": "Own", "category": "crm", "docs": "https://own.example"}

    page = scores_page({"own": one}, {"own": Reached(vectors=mark)})

    assert "`own` | generic | 4 | 4 | 4 | 3 (75%) | 2 |  | 1 of 2 |  |  |  |" in page
    assert "- All: 75.00% of the bodies of 4 recorded cases alike" in page


def test_scores_add_up_over_those_in_wide_use() -> None:
    mark = Mark(cases=10, accepted=9, url=9, body=8, headers=7, ignored=1)
    reached = {"braze": Reached(vectors=mark), "mine": Reached(vectors=mark), "slack": Reached()}

    sixty = tally(reached, SIXTY)

    assert len(dict.fromkeys(SIXTY)) == 60
    assert (sixty.connectors, sixty.scored, sixty.cases) == (2, 1, 10)
    assert (sixty.alike, sixty.ignored_share) == (0.8, 0.1)


def vector(name: str, kind: str, raw: dict[str, object]) -> Vector:
    return Vector(id=name, kind=kind, slug="own", action="", raw=raw)  # pyright: ignore[reportArgumentType] - of the file


def request(*emails: str) -> dict[str, object]:
    body = [{"email": one} for one in emails]
    return {"method": "POST", "url": "https://a.example/any", "body": body}


def router(*groups: list[int]) -> dict[str, object]:
    items = [{"message": {"email": name}} for name in "ab"]
    batches = [{"items": one, "requests": [request(*("ab"[at] for at in one))]} for one in groups]
    return {"input": {"items": items}, "expected": {"batches": batches}}


def test_what_travels_together_and_what_answers_mean_are_counted_by_themselves() -> None:
    given = manifest()
    given["routes"][0]["batch"] = {"items": 9}
    answers = {"aborted": 400, "retryable": 400}
    vectors = [
        vector("rs/own/router/1", "router", router([0, 1])),
        vector("rs/own/router/2", "router", router([0], [1])),
        *(
            vector(
                f"rs/own/delivery/{word}",
                "delivery",
                {"input": {}, "vendor_response": {"status": status}, "expected": {"class": word}},
            )
            for word, status in answers.items()
        ),
    ]

    scored = score("own", spec_of(given), vectors)

    assert scored.grouping == Part(cases=2, alike=1)
    assert scored.classes == Part(cases=2, alike=1)


def test_a_lock_keeps_groups_and_classes_and_tells_their_fall() -> None:
    part = Part(cases=3, alike=2)
    mark = Mark(cases=3, accepted=3, url=3, body=3, headers=3, grouping=part)
    worse = Mark(cases=3, accepted=3, url=3, body=3, headers=3, grouping=Part(cases=3, alike=1))

    assert read_lock(write_lock(Reached(vectors=mark))) == Reached(vectors=mark)
    assert "classes" not in write_lock(Reached(vectors=mark))
    assert fallen(mark, worse) == ("grouping fell from 2 to 1",)
    assert fallen(worse, mark) == ()


def test_of_the_sixty_those_that_nobody_recorded_are_named() -> None:
    mark = Mark(cases=1, accepted=1, url=1, body=1, headers=1)
    reached = {name: Reached(vectors=mark) for name in SIXTY} | {"s3": Reached()}

    assert unscored(reached) == ("s3",)
    assert "of `s3` nobody recorded any" in scores_page({}, reached)


def test_what_nothing_scores_counts_among_the_sixty_and_is_named(tmp_path: Path) -> None:
    told = " ".join(run("verify", "--vectors", str(tmp_path)).output.split())

    assert f"{len(shipped_connectors())} connectors:" in told
    assert "60 of the sixty in wide use" in told
    assert "nobody recorded any request of sendgrid, mailchimp" in told


def test_every_setting_says_what_it_is() -> None:
    untitled = [
        (name, setting)
        for name, one in shipped_connectors().items()
        for setting, field in one.get("settings", {}).items()
        if not field.get("title")
    ]

    assert untitled == []
