"""`legato identity`: who is one and who is two, where a person has looked."""

from __future__ import annotations

import click
import msgspec

from legato.cli.client import Client, Failure, connects, segment_of
from legato.cli.govern.matches import accept, matches, reject, suggest

_Try = click.option("--try", "is_trial", is_flag=True, help="Only say what it would come to.")
_Reason = click.option("--reason", default="", help="How you know; goes on record with your name.")


class _Split(msgspec.Struct):
    person_id: str
    other: str


class _Joined(msgspec.Struct):
    person_id: str


class _Parted(msgspec.Struct):
    stays: tuple[str, ...]
    other: str


class _Identifier(msgspec.Struct):
    kind: str


class _Name(msgspec.Struct):
    name: str


class _Said(msgspec.Struct):
    purpose: str
    channel: str
    is_granted: bool


class _Passage(msgspec.Struct):
    journey: str
    ended_at: int | None
    outcome: str


class _Profile(msgspec.Struct):
    person_id: str
    identifiers: tuple[_Identifier, ...]
    traits: tuple[_Name, ...]
    segments: tuple[_Name, ...]
    consents: tuple[_Said, ...]
    enrollments: tuple[_Passage, ...]


class _Refused(msgspec.Struct):
    message: str
    fix: str


class _JoinTrial(msgspec.Struct):
    one: _Profile
    other: _Profile | None
    joined: _Profile | None
    refused: _Refused | None


class _Came(msgspec.Struct):
    name: str
    count: int


class _PartTrial(msgspec.Struct):
    goes: _Profile | None
    stays: tuple[_Profile, ...]
    came: tuple[_Came, ...]
    remains_count: int
    refused: _Refused | None


@click.group()
def identity() -> None:
    """Find people who are one and join them, or part who should never have been joined."""


@identity.command()
@click.argument("who")
@click.argument("gone")
@click.option("--reason", required=True, help="How you know; goes on record with your name.")
@connects
def split(client: Client, who: str, gone: str, reason: str) -> None:
    """Undo a merge: WHO becomes two again, and GONE is the id of who was merged into them.

    What happened is lived again with the two apart, so both are as if they had never been merged.
    Nothing is sent again. `legato profile WHO` shows whom they took in.
    """
    body = {"other": gone, "reason": reason}
    parted = client.post(f"/api/people/{segment_of(who)}/split", _Split, body)
    click.echo(f"Two people again: {parted.person_id} and {parted.other}.")


@identity.command()
@click.argument("who")
@click.argument("other")
@_Reason
@_Try
@connects
def join(client: Client, who: str, other: str, reason: str, *, is_trial: bool) -> None:
    """Make WHO and OTHER one person. `legato identity split` undoes it."""
    path = f"/api/people/{segment_of(who)}/join"
    if is_trial:
        _tell_join(client.get(path, _JoinTrial, other=other))
        return
    body = {"other": other, "reason": _reason(reason)}
    joined = client.post(path, _Joined, body)
    click.echo(f"One person now: {joined.person_id}.")


@identity.command()
@click.argument("who")
@click.argument("identifier")
@_Reason
@_Try
@connects
def part(client: Client, who: str, identifier: str, reason: str, *, is_trial: bool) -> None:
    """Take IDENTIFIER from WHO, whose it is not: a shared device, a mistyped address.

    What came under it alone goes with it; what came under it and another stays. It is a person of
    its own then, and joins WHO no more. IDENTIFIER is `kind:value`, such as email:ana@example.com.
    """
    path = f"/api/people/{segment_of(who)}/part"
    if is_trial:
        _tell_part(client.get(path, _PartTrial, identifier=identifier))
        return
    body = {"identifier": identifier, "reason": _reason(reason)}
    parted = client.post(path, _Parted, body)
    click.echo(f"By itself now: {parted.other}. Without it: {', '.join(parted.stays)}.")


def _reason(text: str) -> str:
    if text:
        return text
    raise Failure("No reason is given.", "Say --reason and how you know, or --try to see first.")


def _tell_join(trial: _JoinTrial) -> None:
    for name, profile in (("One", trial.one), ("Other", trial.other), ("As one", trial.joined)):
        if profile is not None:
            _tell(name, profile)
    _tell_refusal(trial.refused)


def _tell_part(trial: _PartTrial) -> None:
    for profile in trial.stays:
        _tell("Stays", profile)
    if trial.goes is not None:
        _tell("Goes", trial.goes)
        came = ", ".join(f"{each.count} {each.name}" for each in trial.came)
        click.echo(f"Events that go: {came or 'none'}. That stay: {trial.remains_count}.")
    _tell_refusal(trial.refused)


def _tell(name: str, profile: _Profile) -> None:
    click.echo(f"{name}: {profile.person_id}")
    rows = (
        ("known by", [each.kind for each in profile.identifiers]),
        ("traits", [each.name for each in profile.traits]),
        ("consents", [_answer(each) for each in profile.consents]),
        ("segments", [each.name for each in profile.segments]),
        ("journeys", [_passage(each) for each in profile.enrollments]),
    )
    for what, values in rows:
        click.echo(f"  {what}: {', '.join(values) or 'none'}")


def _answer(said: _Said) -> str:
    answer = "yes" if said.is_granted else "no"
    return f"{answer} to {said.purpose}" + (f" by {said.channel}" if said.channel != "*" else "")


def _passage(passage: _Passage) -> str:
    ended = passage.ended_at is not None
    return f"{passage.journey} ({passage.outcome or 'ended'})" if ended else passage.journey


def _tell_refusal(refused: _Refused | None) -> None:
    if refused is not None:
        raise Failure(refused.message, refused.fix)


for command in (suggest, matches, accept, reject):
    identity.add_command(command)
