"""`legato users` and `legato teams`: who may sign in, in which role, and where they belong."""

from __future__ import annotations

from typing import TypedDict, Unpack

import click
import msgspec

from legato.cli.client import Client, Failure, connects, segment_of
from legato.govern.access.teams import Standing
from legato.govern.roles import ROLES

ADMIN = "admin"


class _User(msgspec.Struct):
    user_id: str
    email: str
    role: str
    team: str = ""
    is_disabled: bool = False
    has_password: bool = False
    is_provided: bool = False


class _Invited(msgspec.Struct):
    user: _User
    code: str
    link: str = ""


class _Wish(TypedDict):
    role: str
    team: str
    name: str
    is_first: bool


_role = click.Choice(ROLES)


@click.group()
def users() -> None:
    """Say who may sign in, in which role and team."""


@users.command("list")
@connects
def users_list(client: Client) -> None:
    """List users, their roles and how they sign in."""
    found = client.get("/api/users", list[_User])
    for user in found:
        team = f", team {user.team}" if user.team else ""
        click.echo(f"{user.email}  {user.role}{team}  {_standing(user)}")
    if not found:
        click.echo("There are no users. Make the first: legato users add YOU@EXAMPLE.COM --first")


@users.command("add")
@click.argument("email")
@click.option("--role", type=_role, default="viewer", show_default=True)
@click.option("--team", default="", help="The team they belong to.")
@click.option("--name", default="", help="What they are called.")
@click.option("--first", "is_first", is_flag=True, help="The first admin: asks for a password.")
@connects
def users_add(client: Client, email: str, **wish: Unpack[_Wish]) -> None:
    """Make a user, and show a link on which EMAIL chooses a password, once."""
    wanted = {"email": email, "role": wish["role"], "team": wish["team"], "name": wish["name"]}
    if not wish["is_first"]:
        _tell_link(client, client.post("/api/users", _Invited, wanted))
        return
    _refuse_second(client.get("/api/users", list[_User]))
    wanted |= {"role": ADMIN, "password": _ask_password()}
    invited = client.post("/api/users", _Invited, wanted)
    click.echo(f"{invited.user.email} is admin, and may sign in at {client.url}/sign-in")


@users.command("role")
@click.argument("email")
@click.argument("role", type=_role)
@connects
def users_role(client: Client, email: str, role: str) -> None:
    """Give EMAIL another ROLE; it holds from the next call on."""
    _change(client, email, {"role": role})
    click.echo(f"{email} is {role} now.")


@users.command("team")
@click.argument("email")
@click.argument("team", default="")
@connects
def users_team(client: Client, email: str, team: str) -> None:
    """Put EMAIL into TEAM; without one, take them out of theirs."""
    _change(client, email, {"team": team})
    click.echo(f"{email} belongs to {team or 'no team'} now.")


@users.command("disable")
@click.argument("email")
@connects
def users_disable(client: Client, email: str) -> None:
    """Sign EMAIL out everywhere and let them in no more; their tokens stop too."""
    _change(client, email, {"is_disabled": True})
    click.echo(f"{email} is signed out and may not sign in. Undo: legato users enable {email}")


@users.command("enable")
@click.argument("email")
@connects
def users_enable(client: Client, email: str) -> None:
    """Let EMAIL in again."""
    _change(client, email, {"is_disabled": False})
    click.echo(f"{email} may sign in again.")


@users.command("invite")
@click.argument("email")
@connects
def users_invite(client: Client, email: str) -> None:
    """Show a new link on which EMAIL chooses a password, once; links before it end."""
    user = _find(client, email)
    _tell_link(client, client.post(f"{_path(user)}/invitation", _Invited))


@users.command("password")
@click.argument("email")
@connects
def users_password(client: Client, email: str) -> None:
    """Set the password of EMAIL, who is signed out everywhere."""
    user = _find(client, email)
    client.post(f"{_path(user)}/password", object, {"password": _ask_password()})
    click.echo(f"{email} has a new password.")


@users.command("remove")
@click.argument("email")
@connects
def users_remove(client: Client, email: str) -> None:
    """Forget EMAIL, with the tokens they made. The audit keeps what they did, by their id."""
    client.delete(_path(_find(client, email)))
    click.echo(f"{email} is removed.")


@click.command()
@connects
def teams(client: Client) -> None:
    """List the teams that the workspace names, what they own, and who is in each."""
    found = client.get("/api/teams", list[Standing])
    for team in found:
        _show_team(team)
    if not found:
        click.echo("There are no teams. A workspace names them: `team: growth` in a file of it.")


def _show_team(team: Standing) -> None:
    title = f"  {team.title}" if team.title else ""
    owned = "1 definition" if team.owned_count == 1 else f"{team.owned_count} definitions"
    click.echo(f"{team.name}{title}  owns {owned}")
    for who in (*team.users, *(f"token {name}" for name in team.tokens)):
        click.echo(f"  {who}")
    if not team.is_known:
        click.echo("  The workspace does not name this team any more.")
    elif team.owned_count and not (team.users or team.tokens):
        click.echo(f"  Nobody. Put somebody in it: legato users team EMAIL {team.name}")


def _standing(user: _User) -> str:
    if user.is_disabled:
        return "disabled"
    if user.is_provided:
        return "signs in at the identity provider"
    return "signs in by password" if user.has_password else "invited, has no password yet"


def _refuse_second(found: list[_User]) -> None:
    admins = [user for user in found if user.role == ADMIN and not user.is_disabled]
    if admins:
        raise Failure(
            "There is an admin already.",
            "Have them make you a user, or leave --first out: legato users add EMAIL --role admin",
        )


def _ask_password() -> str:
    return click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)


def _tell_link(client: Client, invited: _Invited) -> None:
    click.echo(
        f"{invited.user.email} chooses a password here, within three days. "
        "The link works once, for whoever has it; it is shown this once:",
        err=True,
    )
    where = client.url if invited.link.startswith("/") else ""
    click.echo(f"{where}{invited.link}")


def _change(client: Client, email: str, change: dict[str, object]) -> None:
    client.patch(_path(_find(client, email)), change)


def _find(client: Client, email: str) -> _User:
    wanted = email.strip().lower()
    for user in client.get("/api/users", list[_User]):
        if user.email == wanted:
            return user
    raise Failure("There is no user with this address.", "List them: legato users list")


def _path(user: _User) -> str:
    return f"/api/users/{segment_of(user.user_id)}"
