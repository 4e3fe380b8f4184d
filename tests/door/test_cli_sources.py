"""`legato sources catalog` and `try`, run as people run them."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

from click.testing import CliRunner

from legato.cli.guard.sources import sources
from legato.workspace import shipped_sources

SECOND = 1_767_225_600
BODY = json.dumps(
    {
        "id": "evt_1",
        "type": "invoice.paid",
        "created": SECOND - 60,
        "data": {"object": {"id": "in_1", "customer_email": "ana@example.com", "currency": "eur"}},
    }
)


def call(folder: Path, body: str = BODY) -> list[str]:
    mac = hmac.digest(b"whsec_x", f"{SECOND}.{BODY}".encode(), "sha256").hex()
    recorded = {"headers": {"Stripe-Signature": f"t={SECOND},v1={mac}"}, "body": body}
    (folder / "call.json").write_text(json.dumps(recorded))
    (folder / "settings.yaml").write_text("signing_secret: whsec_x\n")
    return ["--call", str(folder / "call.json"), "--settings", str(folder / "settings.yaml")]


def test_every_connector_is_listed_with_how_far_it_is_known_to_be_right() -> None:
    result = CliRunner().invoke(sources, ["catalog"])

    assert result.exit_code == 0
    assert [name for name in shipped_sources() if name not in result.output] == []
    assert "documented" in result.output
    assert max(len(line.rstrip()) for line in result.output.splitlines()) <= 80


def test_a_recorded_call_shows_the_events_that_would_come_of_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(sources, ["try", "stripe", *call(tmp_path)])

    assert result.exit_code == 0, result.output
    assert "It is proven." in result.output
    assert "track Invoice Paid at 2025-12-31T23:59:00.000Z" in result.output
    assert "whsec_x" not in result.output


def test_a_changed_call_is_shown_to_be_forged(tmp_path: Path) -> None:
    result = CliRunner().invoke(sources, ["try", "stripe", *call(tmp_path, BODY + " ")])

    assert "Its signature is another's" in result.output


def test_a_name_that_is_not_there_is_answered_with_the_nearest(tmp_path: Path) -> None:
    result = CliRunner().invoke(sources, ["try", "strip", *call(tmp_path)])

    assert result.exit_code == 1
    assert "Did you mean stripe?" in result.output
