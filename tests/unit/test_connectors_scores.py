"""What connectors have reached against recorded requests may rise, and never fall."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from legato.cli.connect.new import new
from legato.cli.connect.shelf import EXAMPLES, VECTORS, connector_of, vectors_of
from legato.cli.connect.trial import trial
from legato.cli.connect.verify import verify
from legato.connectors.compile import compile_manifest
from legato.connectors.verify.compare import is_same, normal
from legato.connectors.verify.lock import Mark, Reached, fallen, mark_of, read_lock, write_lock
from legato.connectors.verify.score import score
from legato.connectors.verify.vector import read_vectors
from legato.model.noun import ENCODER
from legato.workspace import shipped_connectors, shipped_score

_ACME = {
    "manifest": 1,
    "id": "acme",
    "name": "Acme",
    "category": "crm",
    "docs": "https://acme.example/docs",
    "routes": [
        {
            "on": "event",
            "id": "event",
            "request": {"url": "https://acme.example/events", "body": {"name": "=event.event"}},
        }
    ],
    "delivery": {"success": ["200-299"]},
}
_SENT = {"method": "POST", "url": "https://acme.example/events", "body": {"name": "Bought"}}


@pytest.mark.parametrize("name", list(shipped_connectors()))
def test_no_connector_falls_below_what_it_has_reached(name: str) -> None:
    known, spec = connector_of(name)
    reached = shipped_score(name)

    for folder, mark in ((VECTORS, reached.vectors), (EXAMPLES, reached.examples)):
        cases = vectors_of(known, spec, folder)
        assert (mark is not None) is bool(cases), "legato connectors verify NAME --update"
        if mark is not None:
            assert fallen(mark, mark_of(score(known, spec, cases))) == ()


@pytest.mark.parametrize("name", list(shipped_connectors()))
def test_a_connector_is_the_same_out_of_a_stored_plan(name: str) -> None:
    manifest = shipped_connectors()[name]

    stored = msgspec.msgpack.decode(ENCODER.encode(manifest))  # its keys are sorted

    assert compile_manifest(stored).mistakes == compile_manifest(manifest).mistakes == ()


def test_names_made_of_each_other_in_a_circle_are_a_mistake() -> None:
    manifest = {**shipped_connectors()["webhook"], "let": {"a": "=b", "b": "=text(a)"}}

    mistakes = compile_manifest(manifest).mistakes

    assert [each.what for each in mistakes if "made of itself" in each.what]


def test_a_connector_is_named_as_its_file() -> None:
    shipped = shipped_connectors()

    assert {name: shipped[name]["id"] for name in shipped} == {name: name for name in shipped}


def test_a_fall_is_told() -> None:
    before = Mark(cases=9, accepted=9, url=8, body=7, headers=6)
    now = Mark(cases=8, accepted=8, url=8, body=8, headers=5, ignored=1)

    assert fallen(before, before) == ()
    assert fallen(before, now) == (
        "cases fell from 9 to 8",
        "accepted fell from 9 to 8",
        "headers fell from 6 to 5",
        "ignored rose from 0 to 1",
    )


def test_a_lock_file_is_read_as_it_was_written() -> None:
    mark = Mark(cases=1, accepted=1, url=1, body=1, headers=0)
    reached = Reached(vectors=mark)

    assert read_lock(write_lock(reached)) == reached


def test_less_than_before_is_not_written_down_without_a_reason(tmp_path: Path) -> None:
    before = shipped_score("webhook")
    lines = gzip.decompress((VECTORS / "webhook.jsonl.gz").read_bytes()).splitlines()
    (tmp_path / "webhook.jsonl.gz").write_bytes(gzip.compress(b"\n".join(lines[1:])))

    run = CliRunner().invoke(verify, ["webhook", "--update", "--vectors", str(tmp_path)])

    assert run.exit_code == 1
    assert "cases fell" in run.output
    assert "--lower WHY" in run.output
    assert shipped_score("webhook") == before


def test_data_is_compared_however_it_is_written() -> None:
    assert is_same(normal({"a": '{"b": 1.0}'}), normal({"a": {"b": 1}}))
    assert not is_same(normal({"a": True}), normal({"a": 1}))
    assert not is_same(normal({"a": None}), normal({}))


def test_what_is_held_out_is_counted_and_never_shown() -> None:
    name, spec = connector_of("webhook")
    scored = score(name, spec, vectors_of(name, spec, VECTORS))

    held = [case for case in scored.details if case.is_held_out]
    assert 0.2 < len(held) / len(scored.details) < 0.5
    assert all(case.why == () for case in held)


@pytest.mark.parametrize(
    ("expected", "reached"), [({"errors": ["too many"]}, 4), ({"requests": [_SENT]}, 0)]
)
def test_a_choice_of_the_other_product_is_held_against_what_it_did(
    expected: dict[str, Any], reached: int
) -> None:
    items = [{"message": {"type": "track", "event": "Bought"}}]
    raw = {
        "id": "acme/1",
        "kind": "processor",
        "destination": "acme",
        "input": {"items": items},
        "expected": expected,
    }
    rule = {"when": "=message.event == 'Bought'", "because": "it takes no purchases"}
    spec = compile_manifest({**_ACME, "conformance": {"refuse_when": [rule]}}).spec
    assert spec is not None

    scored = score("acme", spec, read_vectors(json.dumps(raw)))

    assert scored.refused == {"it takes no purchases": 1}
    assert scored.ignored == 1
    assert [case.level for case in scored.details] == [reached]


def test_a_choice_of_the_other_product_says_why() -> None:
    rule = {"when": "=message.event"}
    compiled = compile_manifest({**_ACME, "conformance": {"refuse_when": [rule]}})

    assert any("because" in str(mistake) for mistake in compiled.mistakes)


def test_a_new_connector_passes_its_own_example(tmp_path: Path) -> None:
    made = CliRunner().invoke(new, ["acme", "--folder", str(tmp_path)])
    nowhere = str(tmp_path / "none")
    run = CliRunner().invoke(
        verify,
        [str(tmp_path / "acme.yaml"), "--vectors", nowhere, "--examples", str(tmp_path)],
    )

    assert made.exit_code == 0, made.output
    assert run.exit_code == 0, run.output
    assert "100.0%" in run.output


def test_a_mistake_in_a_manifest_has_its_place(tmp_path: Path) -> None:
    CliRunner().invoke(new, ["acme", "--folder", str(tmp_path)])
    manifest = tmp_path / "acme.yaml"
    manifest.write_text(manifest.read_text().replace("=event.event", "=evnt.event"))

    run = CliRunner().invoke(verify, [str(manifest), "--examples", str(tmp_path)])

    assert run.exit_code == 1
    assert f"{manifest}:15:" in run.output
    assert "Did you mean `event`?" in run.output


def test_a_trial_shows_the_request_and_no_secret(tmp_path: Path) -> None:
    CliRunner().invoke(new, ["acme", "--folder", str(tmp_path)])
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"type": "track", "event": "Signed Up", "userId": "u1"}))

    run = CliRunner().invoke(trial, [str(tmp_path / "acme.yaml"), "--event", str(event)])

    assert run.exit_code == 0, run.output
    assert "POST https://api.example.com/v1/events" in run.output
    assert "Authorization: Bearer <api_key>" in run.output
    assert '"user_id": "u1"' in run.output
