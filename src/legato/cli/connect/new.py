"""`legato connectors new`: a manifest, a file of examples and a test to begin with."""

from __future__ import annotations

import re
from pathlib import Path

import click

from legato.cli.client import Failure

_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
_MANIFEST = """\
# Facts: (the pages of the provider's documentation that say what stands here)
manifest: 1
id: {name}
name: {title}
category: api
docs: https://example.com/docs
settings:
  api_key: {{type: string, secret: true, required: true, title: API key}}
auth: {{kind: bearer, token: =settings.api_key}}
routes:
  - on: event
    id: track
    types: [track]
    inputs:
      name: {{type: string, required: true, from: =event.event, title: Name of the event}}
      user: {{type: string, from: {{$first: [=event.userId, =event.anonymousId]}}, title: Who}}
    require:
      - {{that: =in.user, else: nobody knows whose event it is}}
    request:
      url: https://api.example.com/v1/events
      body:
        name: =in.name
        user_id: =in.user
        time: =iso(event.timestamp)
        properties: =event.properties
delivery:
  success: [200-299]
  throttle: {{status: [429], after: 'header."retry-after"'}}
limits: {{timeout: 10s}}
idempotency: ''
"""
_EXAMPLE = (
    '{{"id":"{name}/1","destination":"{name}","kind":"processor","case":"an event",'
    '"input":{{"items":[{{"message":{{"type":"track","event":"Signed Up","userId":"u1",'
    '"timestamp":"2026-01-01T00:00:00.000Z","properties":{{"plan":"pro"}}}},'
    '"config":{{"apiKey":"key"}}}}]}},"expected":{{"requests":[{{"method":"POST",'
    '"url":"https://api.example.com/v1/events","headers":{{"authorization":"Bearer key"}},'
    '"params":{{}},"body":{{"name":"Signed Up","user_id":"u1",'
    '"time":"2026-01-01T00:00:00.000Z","properties":{{"plan":"pro"}}}},'
    '"body_format":"json"}}]}}}}\n'
)
_TEST = '''\
"""The connector {name}: its manifest is right, and its examples pass."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from legato.cli.connect.verify import verify

HERE = Path(__file__).parent


def test_the_examples_of_its_documentation_pass() -> None:
    run = CliRunner().invoke(
        verify,
        [str(HERE / "{name}.yaml"), "--vectors", str(HERE / "none"), "--examples", str(HERE)],
    )

    assert run.exit_code == 0, run.output
    assert "100.0%" in run.output
'''


@click.command()
@click.argument("name")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
def new(name: str, *, folder: Path) -> None:
    """Write a manifest, an example and a test for connector NAME into a folder."""
    if not _NAME.fullmatch(name):
        raise Failure(f"{name} is no name for a connector.", "Use small letters, digits and _.")
    texts = {
        f"{name}.yaml": _MANIFEST.format(name=name, title=name.replace("_", " ").title()),
        f"{name}.jsonl": _EXAMPLE.format(name=name),
        f"test_{name}.py": _TEST.format(name=name),
    }
    taken = [file for file in texts if (folder / file).exists()]
    if taken:
        raise Failure(f"{folder / taken[0]} is there already.", "Choose another name or folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
        click.echo(f"Wrote {folder / file}.")
    click.echo(f"  score it    legato connectors verify {folder / name}.yaml --examples {folder}")
    click.echo("  how to go on stands in docs/guide/connectors-walk.md")
