"""What is connected, through the API: how it stands, what there is, and changing it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace, shipped_connectors, shipped_sources
from tests.door.answering import Answering
from tests.door.test_api_routes import KEY, Legato, started
from tests.door.test_cli_up_broken_source import MENDED, SOURCE

LOOKS_MAX = 2_000
"""The attempts go on between two calls; eight of them are over within some hundred."""


@pytest.fixture(scope="module")
def legato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    with started(tmp_path_factory.mktemp("connections")) as running:
        yield running


def line_of(legato: Legato, name: str) -> dict[str, Any]:
    lines = legato.call("GET", "/api/destinations").json()
    return next(line for line in lines if line["name"] == name)


def test_the_catalogue_has_every_connector_with_what_it_asks_for(legato: Legato) -> None:
    lines = legato.call("GET", "/api/connectors").json()

    outward = [line["id"] for line in lines if line["direction"] == "destination"]
    inward = [line["id"] for line in lines if line["direction"] == "source"]
    assert outward == sorted(shipped_connectors())
    assert inward == sorted(shipped_sources())
    (used,) = (line for line in lines if line["id"] == "file")
    assert used["used_by"] == ["console"]
    (klaviyo,) = (line for line in lines if line["id"] == "klaviyo")
    assert (klaviyo["asks_for"], klaviyo["accounts"]) == (["api_key"], ["bearer"])
    (twilio,) = (line for line in lines if line["id"] == "twilio_sms")
    assert twilio["inbound"] == ["twilio_status", "twilio_replies"]


def test_a_connector_is_told_from_its_manifest(legato: Legato) -> None:
    shown = legato.call("GET", "/api/connectors/destination/klaviyo").json()
    other = legato.call("GET", "/api/connectors/source/stripe").json()
    missing = legato.call("GET", "/api/connectors/destination/klavyo")

    secret = next(each for each in shown["settings"] if each["name"] == "api_key")
    assert (secret["is_secret"], secret["is_required"]) == (True, True)
    assert {"event", "erase"} <= {route["operation"] for route in shown["routes"]}
    assert "event" in shown["samples"]
    assert other["is_posted"] is True
    assert missing.status == 404
    assert "klaviyo" in missing.json()["fix"]


def test_a_connector_that_the_workspace_wrote_for_a_source_is_told_like_any_other(
    tmp_path: Path,
) -> None:
    with started(tmp_path) as legato:
        files = read_workspace(legato.workspace)
        files["connectors/bookings.yaml"] = MENDED
        files["sources/tables.yaml"] = SOURCE
        legato.call("POST", "/api/plan/apply", {"files": files})

        shown = legato.call("GET", "/api/connectors/source/bookings").json()
        other = legato.call("GET", "/api/connectors/source/booking")

    assert (shown["line"]["name"], shown["line"]["used_by"]) == ("A booking service", ["tables"])
    assert shown["events"] == ["Table Booked", "Table Left"]
    assert [each["name"] for each in shown["settings"]] == ["token"]
    assert other.status == 404


def test_a_destination_tells_how_it_stands_and_what_it_took(legato: Legato) -> None:
    before = line_of(legato, "console")
    legato.identify("c1", email="ana@example.com")
    legato.consent("c1")
    legato.track("c1", "Signed Up", method="web")
    legato.until("settled")

    after = legato.call("GET", "/api/destinations/console").json()

    assert before["standing"] == {"word": "unused", "since": None, "reason": None}
    assert after["line"]["standing"]["word"] == "well"
    assert (after["line"]["accepted"], after["line"]["success"]) == (1, 1.0)
    assert [beat["accepted"] for beat in after["pulse"]["hour"]] == [1]
    assert after["line"]["last_accepted_at"] is not None
    assert legato.call("GET", "/api/destinations/none").status == 404


def test_how_it_is_configured_is_for_whoever_may_propose_another(legato: Legato) -> None:
    path = "/api/destinations/console"

    engineer = legato.call("GET", path, token=legato.token("engineer")).json()
    viewer = legato.call("GET", path, token=legato.token("viewer")).json()

    assert engineer["definition"]["connector"] == "file"
    assert engineer["file"] == "destinations/console.yaml"
    assert viewer["definition"] is None


def test_a_source_tells_how_it_is_heard_and_never_its_keys(legato: Legato) -> None:
    legato.track("c2", "Signed Up", method="web")

    answer = legato.call("GET", "/api/sources/web")

    shown = answer.json()
    assert (shown["kind"], shown["seen"]["heard_at"] is not None) == ("segment", True)
    assert [len(each) for each in shown["keys"]] == [8]
    assert KEY.encode() not in answer.body
    assert "write_keys" not in shown["definition"]


def test_what_misses_a_secret_is_held_and_what_does_not_answer_is_dead(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        files = read_workspace(legato.workspace)
        url = "settings: {url: 'http://127.0.0.1:9/in'}\nallow_private: true\n"
        files["destinations/console.yaml"] = f"destination: console\nconnector: webhook\n{url}"
        files["destinations/team.yaml"] = (
            "destination: team\nconnector: slack\nsettings: {webhook_url: {secret: TEAM}}\n"
        )
        assert legato.call("POST", "/api/plan/apply", {"files": files}).json()["is_changed"]
        for number in range(9):
            legato.identify(f"d{number}", email=f"d{number}@example.com")
            legato.consent(f"d{number}")
            legato.track(f"d{number}", "Signed Up", method="web")
        lines = {line["name"]: line for line in legato.call("GET", "/api/destinations").json()}
        for _ in range(LOOKS_MAX):
            if lines["console"]["standing"]["word"] == "dead":
                break
            lines = {line["name"]: line for line in legato.call("GET", "/api/destinations").json()}

        dead, held = lines["console"]["standing"], lines["team"]["standing"]
        assert (dead["word"], held["word"]) == ("dead", "held")
        assert dead["since"] is not None
        assert dead["reason"]["code"]
        assert "TEAM" in held["reason"]["what"]


HOOK = """# Whoever measures the shop.
destination: console
connector: webhook
settings: {url: "http://127.0.0.1:9/in"}   # a stand-in
"""


def wanted(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"kind": "destination", "name": "team", "is_new": True, "fields": fields}


def test_a_form_is_written_as_text_and_its_mistakes_stand_at_their_fields(legato: Legato) -> None:
    body = wanted(connector="slack", settings={"webhook_url": "https://hooks.example/T0"})

    seen = legato.call("POST", "/api/connections/preview", body).json()

    assert seen["file"] == "destinations/team.yaml"
    (problem,) = seen["problems"]
    assert (problem["path"], problem["problem"]["code"]) == ("settings/webhook_url", "X303")
    assert legato.call("GET", "/api/changes").json() == []


def test_a_destination_is_proposed_with_its_secret_by_name_and_applied(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        fields = {"connector": "slack", "settings": {"webhook_url": {"secret": "TEAM"}}}
        body = {**wanted(**fields), "title": "Tell the team"}

        made = legato.call("POST", "/api/connections/propose", body)
        number = made.json()["shown"]["change"]["number"]
        applied = legato.call("POST", f"/api/changes/{number}/apply")

        assert made.status == 201
        assert made.json()["key"] == ""
        assert applied.json()["is_changed"] is True
        shown = legato.call("GET", "/api/destinations/team").json()
        assert shown["definition"]["settings"] == {"webhook_url": {"secret": "TEAM"}}
        assert shown["secrets"] == [{"setting": "webhook_url", "name": "TEAM", "is_kept": False}]
        again = legato.call("POST", "/api/connections/propose", body)
        assert again.status == 422
        assert again.json()["code"] == "connection.not_written"


def test_a_change_keeps_the_comments_that_others_wrote(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        files = read_workspace(legato.workspace)
        files["destinations/console.yaml"] = HOOK
        legato.call("POST", "/api/plan/apply", {"files": files})
        shown = legato.call("GET", "/api/destinations/console").json()
        fields = {**shown["definition"], "concurrency": 3}
        body = {"kind": "destination", "name": "console", "fields": fields}

        seen = legato.call("POST", "/api/connections/preview", body).json()
        same = {**body, "fields": shown["definition"]}
        nothing = legato.call("POST", "/api/connections/preview", same).json()

        assert seen["text"] == HOOK + "concurrency: 3\n"
        assert (seen["is_same"], seen["problems"]) == (False, [])
        assert (nothing["is_same"], nothing["lines"]) == (True, [])


def test_what_uses_a_connection_is_said_before_it_goes(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        files = read_workspace(legato.workspace)
        spare = "destination: spare\nconnector: file\nsettings: {path: /tmp/spare}\n"
        files["destinations/spare.yaml"] = f"{spare}# of no use\n"
        legato.call("POST", "/api/plan/apply", {"files": files})
        gone: dict[str, Any] = {"kind": "destination", "is_removed": True}
        used, free = {**gone, "name": "console"}, {**gone, "name": "spare"}

        seen = legato.call("POST", "/api/connections/preview", used).json()
        refused = legato.call("POST", "/api/connections/propose", {**used, "title": "Away"})
        alone = legato.call("POST", "/api/connections/preview", free).json()
        wish = {**free, "title": "Unused"}
        made = legato.call("POST", "/api/connections/propose", wish).json()
        number = made["shown"]["change"]["number"]
        applied = legato.call("POST", f"/api/changes/{number}/apply").json()

        uses = [(each["family"], each["name"], each["through"]) for each in seen["uses"]]
        assert ("channel", "email", "") in uses
        assert ("journey", "welcome", "channel email") in uses
        assert seen["problems"][0]["problem"]["place"]["file"]
        assert refused.status == 422
        assert (alone["uses"], alone["problems"]) == ([], [])
        assert alone["lines"][1:] == [f"-{line}" for line in f"{spare}# of no use".splitlines()]
        assert applied["is_changed"] is True
        assert legato.call("GET", "/api/destinations/spare").status == 404


def test_a_write_key_is_answered_once_and_only_its_digest_is_kept(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        body = {
            "kind": "source",
            "name": "app",
            "is_new": True,
            "fields": {"title": "The app"},
            "new_key": True,
            "title": "Let the app send",
        }

        made = legato.call("POST", "/api/connections/propose", body).json()
        number = made["shown"]["change"]["number"]
        assert legato.call("POST", f"/api/changes/{number}/apply").json()["is_changed"] is True
        review = legato.call("GET", f"/api/changes/{number}/review").body
        kept = [path.read_bytes() for path in (tmp_path / "data").glob("*.db*")]

        assert made["key"].startswith("wk_")
        assert all(made["key"].encode() not in each for each in (review, *kept))
        shown = legato.call("GET", "/api/sources/app").json()
        assert len(shown["keys"]) == 1
        basic = base64.b64encode(f"{made['key']}:".encode()).decode()
        headers = [
            (b"content-type", b"application/json"),
            (b"authorization", f"Basic {basic}".encode()),
        ]
        call = b'{"userId": "k1", "event": "Signed Up", "properties": {"method": "web"}}'
        taken = legato.runner.run(legato.ask("POST", "/v1/track", headers, call, "10.0.0.1"))
        assert taken.status == 200
        gone = {"kind": "source", "name": "app", "fields": {"title": "The app"}, "new_key": True}
        gone = {**gone, "without_key": shown["keys"][0], "title": "Another key"}
        other = legato.call("POST", "/api/connections/propose", gone).json()
        legato.call("POST", f"/api/changes/{other['shown']['change']['number']}/apply")
        refused = legato.runner.run(legato.ask("POST", "/v1/track", headers, call, "10.0.0.1"))
        assert refused.status == 401


def test_what_would_be_sent_is_shown_with_secrets_by_name_and_nothing_is_sent(
    legato: Legato,
) -> None:
    sample = legato.call("GET", "/api/connectors/destination/klaviyo").json()["samples"]["event"]
    empty: dict[str, str] = {}
    body = {"connector": "klaviyo", "operation": "event", "settings": empty, **sample}

    tried = legato.call("POST", "/api/connections/try", body).json()
    wrong = legato.call("POST", "/api/connections/try", {**body, "settings": {"apikey": "x"}})
    other = legato.call("POST", "/api/connections/try", {**body, "operation": "send"})

    slack = {"connector": "slack", "operation": "event", **sample}
    hidden = legato.call("POST", "/api/connections/try", slack).json()

    assert hidden["requests"][0]["url"] == "https://webhook_url.secret"
    assert tried["mistakes"] == []
    assert any("<api_key>" in "".join(one["headers"].values()) for one in tried["requests"])
    assert wrong.json()["mistakes"][0]["setting"] == "apikey"
    assert (other.status, other.json()["code"]) == (409, "connection.operation")


def test_a_real_call_goes_out_on_a_word_is_on_record_and_shows_no_secret(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        provider = Answering()
        legato.runner.run(provider.open())
        legato.call("PUT", "/api/secrets/SIGNING", {"value": "a-long-signing-key"})
        settings = {
            "url": f"http://127.0.0.1:{provider.port}/in",
            "signing_key": {"secret": "SIGNING"},
        }
        body = {
            "connector": "webhook",
            "operation": "event",
            "settings": settings,
            "allow_private": True,
            "content": {"type": "track", "event": "Tried", "userId": "u"},
        }

        answer = legato.call("POST", "/api/connections/call", body)
        private = legato.call("POST", "/api/connections/call", {**body, "allow_private": False})

        called = answer.json()
        assert (called["is_taken"], called["why_not"]) == (True, "")
        assert called["exchanged"][0]["answer"]["status"] == 200
        assert [each["event"] for each in provider.bodies] == ["Tried"]
        assert b"a-long-signing-key" not in answer.body
        assert private.json()["is_taken"] is False
        entries = legato.call("GET", "/api/audit?action=connection.call").json()
        assert [each["subject"] for each in entries] == ["connectors/webhook"] * 2
        erase = {**body, "operation": "erase"}
        assert legato.call("POST", "/api/connections/call", erase).status == 409
        legato.runner.run(provider.close())


def test_what_broke_is_counted_by_reason_and_a_dead_one_shows_its_requests(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        files = read_workspace(legato.workspace)
        files["destinations/console.yaml"] = HOOK  # this machine is not called without leave
        legato.call("POST", "/api/plan/apply", {"files": files})
        for number in range(3):
            legato.track(f"q{number}", "Order Completed", order_id="o1")
        legato.identify("z1", email="zoe@example.com")
        legato.consent("z1")
        legato.track("z1", "Signed Up", method="web")
        legato.until("settled")

        broken = legato.call("GET", "/api/quarantine/reasons").json()
        dead = legato.call("GET", "/api/deliveries/reasons").json()
        (group,) = broken["groups"]
        listed = legato.call("GET", f"/api/quarantine?code={group['code']}&limit=2").json()
        (line,) = legato.call("GET", f"/api/deliveries?code={dead['groups'][0]['code']}").json()
        path = f"/api/deliveries/{line['delivery_id']}/requests"
        masked = legato.call("GET", path)
        whole = legato.call("GET", path, reason="ticket 4711: where did it go")

        assert (group["count"], group["name"], group["source"]) == (3, "Order Completed", "web")
        assert (broken["is_all"], broken["looked_at"]) == (True, 3)
        assert [row["position"] for row in listed][-1] < group["last"]
        assert legato.call("GET", "/api/quarantine?code=none").json() == []
        assert (dead["groups"][0]["destination"], dead["groups"][0]["count"]) == ("console", 1)
        assert legato.call("GET", "/api/deliveries?code=none").json() == []
        assert masked.json()["requests"][0]["url"] == "http://127.0.0.1:9/in"
        assert b"zoe@example.com" not in masked.body
        assert b"zoe@example.com" in whole.body
