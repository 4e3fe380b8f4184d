"""What a call asks of an API, and what is kept back from it, from the event to the request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from legato.app.config import Config
from tests.door.test_api_routes import KEY, Legato
from tests.door.test_canary import Sinks

MANIFEST = """manifest: 1
id: assistant
name: An assistant
category: prompt
docs: https://example.org
settings:
  url: {type: string, required: true, title: Where it is asked}
routes:
  - on: call
    request: {method: POST, url: "{{ settings.url }}", body: =content}
delivery: {success: [200-299], answer: =body}
"""
WORKSPACE = """workspace: asked
---
identity:
  - {{kind: user_id, from: [user_id]}}
  - {{kind: email, from: [traits.email], lowercase: true}}
---
purposes:
  service: {{basis: contract, promotional: false}}
---
source: web
write_keys: [{key}]
---
trait: email
owner: data
purpose: service
schema: {{type: string}}
---
trait: email_for_ads
owner: data
purpose: service
hash: sha256
schema: {{type: string}}
---
trait: nick
owner: data
purpose: service
privacy: public
schema: {{type: string}}
---
event: Help Wanted
owner: desk
purpose: service
schema:
  type: object
  properties: {{about: {{type: string}}, phone: {{type: string, hash: sha256}}}}
---
destination: crm
connector: http_call
settings: {{url: "{sink}/crm"}}
allow_private: true
---
destination: assistant
connector: assistant
settings: {{url: "{sink}/assistant"}}
allow_private: true
---
journey: helped
owner: desk
purpose: service
enter: {{on: Help Wanted, again: any time}}
steps:
  - call: {{destination: {destination}, content: {{asked: "{asked}"}}}}
"""
EMAIL = "Ana@Example.org"
DIGEST = hashlib.sha256(EMAIL.lower().encode()).hexdigest()
PHONE = hashlib.sha256(b"+442079460958").hexdigest()


@contextmanager
def asking(folder: Path, destination: str, asked: str) -> Generator[tuple[Legato, Sinks]]:
    sinks = Sinks()
    (folder / "workspace" / "connectors").mkdir(parents=True)
    (folder / "workspace" / "connectors" / "assistant.yaml").write_text(MANIFEST)
    text = WORKSPACE.format(key=KEY, sink=sinks.url, destination=destination, asked=asked)
    (folder / "workspace" / "all.yaml").write_text(text)
    config = Config(
        workspace=folder / "workspace",
        data=folder / "data",
        keys=folder / "keys",
        is_one_process=True,
    )
    legato = Legato(folder, config)
    try:
        yield legato, sinks
    finally:
        legato.close()
        sinks.close()


def ask(legato: Legato, nick: str = "Annie") -> list[dict[str, Any]]:
    """Let somebody want help; return what became of the call."""
    legato.identify("ana", email=EMAIL, email_for_ads=EMAIL, nick=nick)
    legato.track("ana", "Help Wanted", about="a bill", phone="+44 20 7946 0958")
    steps = legato.until("settled")
    return [note for step in steps for note in step["notes"] if note["type"] == "settled"]


@pytest.mark.parametrize("destination", ["crm", "assistant"])
def test_a_call_sends_the_digests_that_were_taken_in(tmp_path: Path, destination: str) -> None:
    asked = "{{ profile.email_for_ads }} {{ event.phone }}"

    with asking(tmp_path, destination, asked) as (legato, sinks):
        ask(legato)

    body = sinks.at(f"/{destination}")
    assert DIGEST.encode() in body
    assert PHONE.encode() in body
    assert EMAIL.lower().encode() not in body.lower()


def test_a_call_can_make_a_digest_of_what_it_sends(tmp_path: Path) -> None:
    with asking(tmp_path, "crm", "{{ profile.email | sha256: 'email' }}") as (legato, sinks):
        ask(legato)

    (sent,) = [body for path, body in sinks.received if path == "/crm"]
    assert json.loads(sent[sent.index(b"{") :]) == {"asked": DIGEST}


def test_a_prompt_that_would_name_somebody_is_refused_by_name_when_checked(tmp_path: Path) -> None:
    with asking(tmp_path, "assistant", "{{ profile.email }}") as (legato, _):
        problems = legato.call("GET", "/api/problems").json()

    (problem,) = problems
    assert problem["code"] == "U302"
    assert "the content of the call" in problem["what"]
    assert "the trait `email`" in problem["what"]


def test_a_prompt_that_names_somebody_all_the_same_is_not_sent(tmp_path: Path) -> None:
    with asking(tmp_path, "assistant", "{{ profile.nick }}") as (legato, sinks):
        (settled,) = ask(legato, nick=f"write to {EMAIL}")

    assert settled["outcome"] == "refused"
    assert settled["reason"]["code"] == "call.exposed"
    assert sinks.at("/assistant") == b""
