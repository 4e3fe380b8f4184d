"""`legato check` of a workspace with connectors of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from legato.cli.begin.init import init
from legato.cli.check import check

PLANTED = """\
manifest: 1
id: acme
name: Acme
category: crmm
docs: https://acme.example/docs
pii: [email]
settings:
  api_key: {type: string, secret: true, required: true}
  region: {type: strng}
auth: {kind: bearer, token: =settings.apikey}
let:
  phone: "=hashed(event.context.traits.phone, 'phone')"
  who: "=!event.userId"
  many: "=event.properties.count > 3"
  name: "=lowr(event.event)"
routes:
  - on: event
    id: all
    types: [track]
    request:
      url: "https://api.acme.example/{{ settings.api_key }}"
      body: {a: =nosuch.thing, b: lower(event.event)}
  - on: event
    id: never
    types: [track]
    events: [Order Completed]
    request: {url: "https://api.acme.example/orders", methd: PUT}
delivery:
  retry: [700]
limits: {rate: fast}
"""
FOUND = {
    4: "Did you mean `crm`?",
    9: "Did you mean `string`?",
    10: "Did you mean `api_key`?",
    13: "Write `!(a.b)`.",
    14: "Write `0`, not 0.",
    15: "Did you mean lower()?",
    21: "Send it in a header or body",
    22: "Known here: clock",
    23: "Put it first",
    27: "Did you mean `method`?",
    29: "Write 429 or 500-599.",
    30: "Write it as `50/s`",
}
SPEAKS = """\
manifest: 1
id: acme
name: Acme
category: crm
docs: https://acme.example/docs
api_version: v1
sunset: 2020-01-31
routes:
  - {on: event, request: {url: "https://api.acme.example", body: =event}}
"""
USED = """\
destination: acme
connector: acme
events: {purpose: service}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    assert CliRunner().invoke(init, [str(folder)]).exit_code == 0
    (folder / "connectors").mkdir()
    return folder


def checked(workspace: Path, *more: str) -> Result:
    return CliRunner().invoke(check, [str(workspace), *more])


def test_mistakes_planted_in_a_manifest_are_all_told_with_place_and_fix(workspace: Path) -> None:
    (workspace / "connectors" / "acme.yaml").write_text(PLANTED)

    answer = checked(workspace, "--json")

    problems = json.loads(answer.output)
    assert answer.exit_code == 1
    assert {one["place"]["file"] for one in problems} == {"connectors/acme.yaml"}
    for line, fix in FOUND.items():
        fixes = [one["fix"] for one in problems if one["place"]["line"] == line]
        assert any(fix in one for one in fixes), (line, fixes)


def test_an_api_that_has_ended_is_told_of_where_it_is_used(workspace: Path) -> None:
    (workspace / "connectors" / "acme.yaml").write_text(SPEAKS)

    unused = checked(workspace)
    (workspace / "destinations" / "acme.yaml").write_text(USED)
    used = checked(workspace)

    assert unused.exit_code == used.exit_code == 0, used.output
    assert "switched off" not in unused.output
    assert "Acme (acme): its API v1 was switched off on 2020-01-31." in used.output
