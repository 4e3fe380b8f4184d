"""`legato why` and `legato profile`: a person or a group, asked of the running process."""

from __future__ import annotations

import json
import sys
from typing import TypeAlias

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from legato.cli.answers.group import Group, ask_group, show_group
from legato.cli.answers.past import AT, ask_profile, ask_why
from legato.cli.client import Client, connects, reveals, segment_of, tell_masked
from legato.insight.past import PastProfile
from legato.insight.profile import (
    Profile,
    SaidBy,
    ShownConsent,
    ShownDelivery,
    ShownEnrollment,
    ShownOffer,
    ShownTrait,
)
from legato.insight.sentences import channel_words, moment
from legato.insight.why.answer import Answer, GateLine, Instead, Line, Stage, Weighing
from legato.insight.why.instead import words_of

Row: TypeAlias = tuple[str, str, str]

_MARKS = {"pass": ("✓", "green"), "hold": ("…", "yellow"), "refuse": ("✗", "red")}


@click.command()
@click.argument("person", default="")
@click.option("--journey", default="", help="Only this journey.")
@click.option("--message", default="", help="Only this message.")
@click.option("--segment", default="", help="Of all who are in it, instead of PERSON.")
@click.option("--since", default="", help="Of many: only from then on: 30d, or 2026-01-31.")
@click.option("--at", default="", help=AT)
@click.option(
    "--what-if",
    is_flag=True,
    help="Compute what would have sent it, or have brought the person into the journey.",
)
@click.option("--destination", default="", help="Why their events went on there, or did not.")
@click.option("--event", default="", help="With --destination: only events of this name.")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def why(  # noqa: PLR0913 - one parameter for each option, as click hands them over
    client: Client,
    *,
    person: str,
    journey: str,
    message: str,
    segment: str,
    since: str,
    at: str,
    what_if: bool,
    destination: str,
    event: str,
    is_json: bool,
) -> None:
    """Say why a message went to PERSON, or did not; or an event of theirs to a destination.

    PERSON is a person id or an identifier, such as email:ana@example.com. The first line answers;
    then comes every gate with what it saw at that time, and what would have changed the answer.

    Without PERSON, with --message and --segment or --journey: how many of all who are in the
    segment, or entered the journey, got the message, and what kept it from each of the others.

    With --at: as it would have been answered at that moment, of what had come in by then.
    """
    if at and (not person or destination):
        raise click.UsageError("--at asks of one person's messages: name PERSON.")
    if not person:
        asked = Group(message=message, segment=segment, journey=journey, since=since)
        _why_group(client, asked, is_json=is_json)
        return
    if segment or since:
        raise click.UsageError("--segment and --since ask of many: leave PERSON out.")
    where = f"/api/people/{segment_of(person)}/why"
    if destination:
        where += "/events"
        answer = client.get(where, Answer, destination=destination, event=event)
    else:
        asked = {
            "journey": journey,
            "message": message,
            "what_if": "true" if what_if else "",
        }
        answer = ask_why(client, person, at, asked) if at else client.get(where, Answer, **asked)
    if is_json:
        print_json(answer)
        return
    show_answer(Console(highlight=False), answer)


def _why_group(client: Client, asked: Group, *, is_json: bool) -> None:
    if not asked.message or not (asked.segment or asked.journey):
        raise click.UsageError(
            "Say of whom: PERSON; or --message MESSAGE with --segment SEGMENT or --journey JOURNEY."
        )
    answer = ask_group(client, asked)
    if is_json:
        print_json(answer)
    else:
        show_group(Console(highlight=False), answer)


def show_answer(console: Console, answer: Answer) -> None:
    """Print an answer for people."""
    style = "green" if answer.is_sent else "yellow" if answer.sentence[:1] != "N" else "red"
    if answer.kind in ("waiting", "held", "in_journey"):
        style = "yellow"
    console.print(Text(answer.sentence, style=f"bold {style}"))
    for weighing in answer.weighed:
        _show_weighing(console, weighing)
    if answer.first_blocking is not None:
        _show_blocking(console, answer.first_blocking)
    if answer.would_change:
        console.print(Text.assemble(("Would have changed it: ", "bold"), answer.would_change))
    if answer.instead is not None:
        _show_instead(console, answer.instead)
    if answer.way:
        _show_way(console, answer.way)
    _show_versions(console, answer)
    if len(answer.decisions) > 1:
        _show_decisions(console, answer.decisions)


def _show_weighing(console: Console, weighing: Weighing) -> None:
    chosen = ", chosen" if weighing.is_chosen and weighing.moment == "decision" else ""
    when = "decided" if weighing.moment == "decision" else "at sending"
    title = f"\n{weighing.channel} ({when} {moment(weighing.at)}{chosen})"
    console.print(Text(title, style="bold"))
    table = Table.grid(padding=(0, 2))
    for gate in weighing.gates:
        mark, style = _MARKS[gate.verdict]
        table.add_row(Text(f"  {mark}", style=style), gate.gate.replace("_", " "), gate.seen)
    console.print(table)


def _show_blocking(console: Console, gate: GateLine) -> None:
    at = f" ({gate.definition})" if gate.definition else ""
    why_not = gate.reason or gate.seen
    line = Text.assemble(("\nFirst that blocked: ", "bold"), f"{gate.gate}: {why_not}{at}")
    console.print(line)


def _show_instead(console: Console, instead: tuple[Instead, ...]) -> None:
    if not instead:
        console.print(Text.assemble(("Instead: ", "bold"), "nothing, within a day of it"))
        return
    console.print(Text("\nWhat went instead", style="bold"))
    table = Table.grid(padding=(0, 2))
    for one in instead:
        what = f"{one.message} by {one.channel} ({one.state})"
        table.add_row(f"  {moment(one.at)}", what, one.journey, words_of(one.relation))
    console.print(table)


def _show_way(console: Console, way: tuple[Stage, ...]) -> None:
    console.print(Text("\nHow it came about", style="bold"))
    table = Table.grid(padding=(0, 2))
    for stage in way:
        table.add_row(f"  {moment(stage.at)}", stage.what, Text(f"#{stage.position}", style="dim"))
    console.print(table)


def _show_versions(console: Console, answer: Answer) -> None:
    rows = (
        ("state", answer.state),
        ("plan", answer.plan),
        ("journey version", answer.journey_version),
        ("journey step", answer.journey_step),
        ("delivery", answer.delivery_id),
        ("event", answer.trace),
        ("receipt", answer.receipt),
    )
    table = Table.grid(padding=(0, 2))
    for name, value in rows:
        if value:
            table.add_row(Text(f"  {name}", style="dim"), Text(value, style="dim"))
    if table.row_count:
        console.print()
        console.print(table)


def _show_decisions(console: Console, decisions: tuple[Line, ...]) -> None:
    console.print(Text(f"\nAll {len(decisions)} decisions, oldest first", style="bold"))
    table = Table.grid(padding=(0, 2))
    for line in decisions:
        table.add_row(f"  {moment(line.at)}", line.sentence)
    console.print(table)


@click.command()
@click.argument("person")
@click.option("--at", default="", help=AT)
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@reveals
@connects
def profile(client: Client, person: str, *, at: str, reason: str, is_json: bool) -> None:
    """Show all that is known of PERSON: an id, or an identifier like email:ana@example.com.

    With --at: all that was known at that moment, of what had come in by then.
    """
    where, stating = f"/api/people/{segment_of(person)}", client.stating(reason)
    console = Console(highlight=False)
    if at:
        past = ask_profile(stating, person, at)
        tell_masked(reason)
        if is_json:
            print_json(past)
        else:
            show_past(console, past)
        return
    found = stating.get(where, Profile)
    tell_masked(reason)
    if is_json:
        print_json(found)
    else:
        show_profile(console, found)


def show_past(console: Console, past: PastProfile) -> None:
    """Print a profile of before for people."""
    console.print(f"As of {moment(past.at)}, under plan {past.plan[:12]}:")
    show_profile(console, past.profile, when="then")
    if past.withheld:
        names = ", ".join(past.withheld)
        console.print(f"\nNot shown, since it may not be kept any longer: {names}")


def show_profile(console: Console, found: Profile, *, when: str = "now") -> None:
    """Print a profile for people; `when` computed traits were measured."""
    console.print(Text(found.person_id, style="bold"))
    console.print(f"  seen {moment(found.first_seen)} to {moment(found.last_seen)}")
    _rows(console, "Identifiers", [(i.kind, i.value, moment(i.since)) for i in found.identifiers])
    _rows(console, "Traits", [_trait(each, when) for each in found.traits])
    _rows(console, "Segments", [(s.name, "since", moment(s.since)) for s in found.segments])
    _rows(console, "Consents", [_consent(each) for each in found.consents])
    _rows(console, "Journeys", [_enrollment(each) for each in found.enrollments])
    _rows(console, "Audiences", [(a.name, "since", moment(a.since)) for a in found.audiences])
    _rows(console, "Offers", [_offer(each) for each in found.offers])
    _rows(console, "On their way", [_delivery(each) for each in found.deliveries])


def _trait(trait: ShownTrait, when: str) -> Row:
    value = json.dumps(trait.value, ensure_ascii=False)
    return trait.name, value, f"computed {when}" if trait.is_computed else moment(trait.at)


_SAID_BY: dict[SaidBy, str] = {
    "person": "the person",
    "tool": "a consent tool",
    "browser": "the browser",
    "unconfirmed": "an answer not confirmed",
}


def _consent(consent: ShownConsent) -> Row:
    said = "yes" if consent.is_granted else "no"
    by = "" if consent.by == "person" else f", by {_SAID_BY[consent.by]}"
    return f"{consent.purpose}, {channel_words(consent.channel)}", said, moment(consent.at) + by


def _enrollment(enrollment: ShownEnrollment) -> Row:
    standing = f"at step {enrollment.step}"
    if enrollment.ended_at is not None:
        standing = f"left ({enrollment.outcome})"
    return enrollment.journey, standing, moment(enrollment.since)


def _offer(offer: ShownOffer) -> Row:
    about = offer.item or offer.category
    return offer.offer, f"{offer.kind} for {about}", f"until {moment(offer.until)}"


def _delivery(delivery: ShownDelivery) -> Row:
    if delivery.held_until is not None:
        return delivery.message, delivery.channel, f"held until {moment(delivery.held_until)}"
    return delivery.message, delivery.channel, moment(delivery.decided_at)


def _rows(console: Console, title: str, rows: list[Row]) -> None:
    if not rows:
        return
    console.print(Text(f"\n{title}", style="bold"))
    table = Table.grid(padding=(0, 2))
    for name, value, at in rows:
        table.add_row(f"  {name}", Text(value), Text(at, style="dim"))
    console.print(table)


def print_json(value: object) -> None:
    """Print a value for programs."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")
