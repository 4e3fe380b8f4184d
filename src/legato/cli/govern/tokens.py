"""`legato tokens`: which programs may call the API, what they may, and for how long."""

from __future__ import annotations

from typing import TypedDict, Unpack

import click
import msgspec

from legato.cli.client import Client, connects, segment_of
from legato.govern.roles import PERMISSIONS, ROLES
from legato.insight.sentences import moment
from legato.model.instant import Duration, Instant, parse_duration


class _Token(msgspec.Struct):
    name: str
    role: str
    created_at: Instant = 0
    token: str = ""
    permissions: list[str] | None = None
    prefixes: list[str] = []
    expires_at: Instant | None = None
    seen_at: Instant | None = None
    team: str = ""


class _Wish(TypedDict):
    role: str
    may: list[str] | None
    routes: tuple[str, ...]
    expires: Duration | None
    team: str
    user: str
    reveal_reason: str


def _duration(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> Duration | None:
    if text is None:
        return None
    duration = parse_duration(text)
    if duration is None:
        raise click.BadParameter("write a number and a unit, such as 90d or 12h.")
    return duration


def _permissions(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> list[str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    wrong = [name for name in names if name not in PERMISSIONS]
    if wrong:
        raise click.BadParameter(
            f"there is no {wrong[0]!r}; these there are: {', '.join(PERMISSIONS)}."
        )
    return names


@click.group()
def tokens() -> None:
    """Say which programs may call the API, and what each of them may."""


@tokens.command("list")
@connects
def tokens_list(client: Client) -> None:
    """List names, roles and what each was narrowed to."""
    for token in client.get("/api/tokens", list[_Token]):
        click.echo(f"{token.name}  {_scope(token)}")
        used = f"last used {moment(token.seen_at)}" if token.seen_at else "not used yet"
        ends = f", until {moment(token.expires_at)}" if token.expires_at else ""
        click.echo(f"    since {moment(token.created_at)}{ends}; {used}")


@tokens.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
@click.option(
    "--may",
    callback=_permissions,
    metavar="A,B",
    help="Narrower than the role: only these permissions of it.",
)
@click.option(
    "--route",
    "routes",
    multiple=True,
    metavar="PATH",
    help="Only for routes under this path, as /api/people; again for more.",
)
@click.option("--expires", callback=_duration, metavar="TIME", help="Holds for so long: 90d, 12h.")
@click.option("--team", default="", help="The team whose program it is.")
@click.option(
    "--for",
    "user",
    default="",
    metavar="EMAIL",
    help="It acts for this user: of their team, never more than they may, gone when they are.",
)
@click.option(
    "--reveal-reason",
    default="",
    metavar="WHY",
    help="For a program: it sees personal values for this reason, and is counted by the minute.",
)
@connects
def tokens_add(client: Client, name: str, **wish: Unpack[_Wish]) -> None:
    """Make a token for NAME, and show it this once."""
    wanted = {
        "name": name,
        "role": wish["role"],
        "permissions": wish["may"],
        "prefixes": wish["routes"],
        "expires_in": wish["expires"],
        "team": wish["team"],
        "user": wish["user"],
        "reveal_reason": wish["reveal_reason"],
    }
    created = client.post("/api/tokens", _Token, wanted)
    click.echo(f"A {created.role} token for {created.name}, shown this once:", err=True)
    click.echo(created.token)


@tokens.command("revoke")
@click.argument("name")
@connects
def tokens_revoke(client: Client, name: str) -> None:
    """Revoke the token of NAME: it stops working at once."""
    client.delete(f"/api/tokens/{segment_of(name)}")
    click.echo(f"{name} may call no more.")


def _scope(token: _Token) -> str:
    parts = [token.role]
    if token.permissions is not None:
        parts.append(f"may only {', '.join(token.permissions)}")
    if token.prefixes:
        parts.append(f"only under {', '.join(token.prefixes)}")
    if token.team:
        parts.append(f"of team {token.team}")
    return "; ".join(parts)
