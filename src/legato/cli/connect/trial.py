"""`legato connectors try`: the requests that something would bring about, without sending any."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast, get_args
from urllib.parse import quote

import click
import msgspec
from rich.console import Console
from rich.text import Text
from ruamel.yaml import YAML, YAMLError

from legato.cli.client import Failure
from legato.cli.connect.shelf import connector_of
from legato.connectors.exchange.exchange import Ask
from legato.connectors.spec import Spec
from legato.connectors.trial import mistakes_in, try_out
from legato.connectors.verify.compare import seen
from legato.model.delivery import Delivery, Operation
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import DAY, SECOND, parse_instant
from legato.model.wire import HttpRequest, Response

File = click.Path(exists=True, dir_okay=False, path_type=Path)
NOW = 1_767_225_600 * SECOND
"""An event that says no time happens in the first second of 2026: the same in, the same out."""

_USUAL: tuple[Operation, ...] = ("event", "send")


@click.command("try")
@click.argument("name")
@click.option(
    "--event", "file", type=File, required=True, help="An event, or a message's content, as JSON."
)
@click.option("--as", "operation", type=click.Choice(get_args(Operation)), help="What is done.")
@click.option("--settings", "settings_file", type=File, help="Its settings, as JSON or YAML.")
@click.option("--answer", "answers", type=File, multiple=True, help="What is answered, in turn.")
def trial(
    name: str,
    *,
    file: Path,
    operation: Operation | None,
    settings_file: Path | None,
    answers: tuple[Path, ...],
) -> None:
    """Print the requests that connector NAME would make of an event. Nothing is sent.

    Of a message where it takes no events, or of what --as says: then FILE holds what it is made
    of, and `address`, where it goes. Secrets are shown by their names. A question that is asked
    before writing is answered from --answer, else with an empty 200.
    """
    _, spec = connector_of(name)
    done = _operation(spec, name, operation)
    content = _object(file)
    _refuse_case(name, file, content)
    given = _object(settings_file) if settings_file is not None else {}
    _check(spec, given)
    delivery = _delivery(done, content)
    tried = try_out(spec, given, delivery, answers=[_answer(path) for path in answers])
    console = Console(highlight=False)
    for ask in tried.asks:
        _show(console, ask, spec)
    if tried.refused is not None:
        what = f"Nothing would be sent: {tried.refused.what}."
        raise Failure(what, "Give another --event, or other --settings.")
    count = f"{tried.made} request{'' if tried.made == 1 else 's'}"
    console.print(f"\n{count}; nothing was sent.")


def _operation(spec: Spec, name: str, wanted: Operation | None) -> Operation:
    """Return what is done: what was asked for, else what comes of an event, or is sent."""
    order: tuple[Operation, ...] = (wanted,) if wanted else (*_USUAL, *spec.routes)
    for one in order:
        if spec.routes.get(one):
            return one
    raise Failure(f"{name} does not do `{wanted}`.", f"It does: {', '.join(spec.routes)}.")


def _delivery(operation: Operation, content: Mapping[str, Any]) -> Delivery:
    now = parse_instant(str(content.get("timestamp", ""))) or NOW
    return Delivery(
        delivery_id=DeliveryId("delivery_trial"),
        person_id=PersonId("person_trial"),
        operation=operation,
        destination="trial",
        channel="",
        purpose="",
        message="",
        address="" if operation == "event" else str(content.get("address", "")),
        content=content,
        decided_at=now,
        expires_at=now + DAY,
        trace=EventId(str(content.get("messageId", "trial"))),
        captured_at=now,
        plan="",
    )


def _object(path: Path) -> dict[str, Any]:
    try:
        found: Any = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))  # pyright: ignore[reportUnknownMemberType] - the library leaves it open
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise Failure(f"{path} cannot be read.", "Write it as one JSON object.") from error
    if not isinstance(found, dict):
        raise Failure(f"{path} holds no object.", "Write it as one JSON object.")
    return cast("dict[str, Any]", msgspec.json.decode(msgspec.json.encode(found)))


def _refuse_case(name: str, file: Path, content: Mapping[str, Any]) -> None:
    """Refuse what `legato connectors new` wrote beside a manifest: an example, and no event."""
    if "input" in content and "expected" in content:
        raise Failure(
            f"{file} holds an example to be scored, and no event.",
            f"Score it: `legato connectors verify {name} --examples {file.parent}`; or give "
            "--event a file with one event alone.",
        )


def _check(spec: Spec, given: Mapping[str, Any]) -> None:
    mistakes = mistakes_in(spec, given)
    if mistakes:
        lines = [f"{one.what}. {one.fix}" for one in mistakes]
        raise Failure("\n".join(lines), "Give them with --settings FILE.")


def _answer(path: Path) -> Response:
    given = _object(path)
    return Response(
        status=int(given.get("status", 200)), body=msgspec.json.encode(given.get("body", {}))
    )


def _show(console: Console, ask: Ask, spec: Spec) -> None:
    data = seen(ask.request, ask.format)
    why = f"  to find {ask.question.lookup.name}" if ask.question is not None else ""
    if isinstance(ask.request, HttpRequest):
        line = f"{ask.request.method} {_named(ask.request.url, spec)}"
        console.print(Text.assemble((f"\n{line}", "bold"), (why, "dim")), soft_wrap=True)
        for key, value in ask.request.headers.items():
            console.print(Text(f"{key}: {_readable(value)}", style="dim"), soft_wrap=True)
    if data.body is not None:
        pretty = msgspec.json.format(msgspec.json.encode(data.body), indent=2).decode()
        console.print(Text(pretty), soft_wrap=True)


def _named(url: str, spec: Spec) -> str:
    """Write the names of secrets in a URL as they stand elsewhere."""
    for name in ("access_token", *spec.settings):
        url = url.replace(quote(f"<{name}>"), f"<{name}>")
    return url


def _readable(header: str) -> str:
    """Write basic authentication as what is encoded in it: no secret, but a name, stands there."""
    kind, _, rest = header.partition(" ")
    return f"Basic base64({b64decode(rest).decode()})" if kind == "Basic" else header
