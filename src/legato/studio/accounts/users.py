"""Routes of users and teams: list, add, change, invite, remove."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from legato.app.app import App
from legato.govern.access.callers import Caller
from legato.govern.access.records import Session, User
from legato.govern.access.teams import Standing
from legato.govern.access.users import UserChange, UserWish
from legato.govern.roles import Role
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.ports.audit import AuditEntry
from legato.studio.access import needs
from legato.studio.host import Host, Who

INVITATION = "/invitation"
"""Where the page stands on which a password is chosen."""


class ShownUser(Noun, frozen=True, kw_only=True):
    user_id: str
    email: str
    role: Role
    created_at: Instant
    name: str
    team: str
    is_disabled: bool
    has_password: bool
    is_provided: bool
    """Made by signing in at the identity provider, which says the role."""
    session_count: int = 0
    """Browsers in which they are signed in now."""
    seen_at: Instant | None = None
    """When one of these last called."""


class Invited(Noun, frozen=True, kw_only=True):
    user: ShownUser
    code: str
    """Shown this once, for them to choose a password with; empty where they have one."""
    link: str = ""
    """The page to do so on; without a host where no name of this Legato is known."""


class NewUser(UserWish, frozen=True, kw_only=True):
    """A user to be made, perhaps with a password right away."""

    password: str = ""


class Ended(Noun, frozen=True, kw_only=True):
    count: int
    """Sessions."""


class Password(Noun, frozen=True, kw_only=True):
    password: str


@get("/", opt=needs("administer"), summary="Who may sign in")
async def read_users(host: Host) -> list[ShownUser]:
    """Return every user by address, and whether they are signed in."""
    present = host.access.sessions.present(host.clock.now())
    return [_shown(user, present.get(user.user_id, ())) for user in host.access.users.all()]


@post("/", opt=needs("administer"), summary="A new user")
async def create_user(data: JSONBody[NewUser], host: Host, caller: Who) -> Invited:
    """Make a user with this password, or a link that holds for three days to choose one."""
    now = host.clock.now()
    kept = await host.access.sign_in.hashed(data.password, data.email) if data.password else ""
    user, code = await host.access.users.add(data, giver=caller, now=now, kept=kept)
    await _note(host, caller, "user.create", user, role=user.role, team=user.team)
    return _invited(host, user, code)


@patch("/{user_id:str}", opt=needs("administer"), summary="Another role, team or name; on or off")
async def change_user(
    user_id: FromPath[str], data: JSONBody[UserChange], host: Host, caller: Who
) -> ShownUser:
    """Change what is given; whoever is disabled is signed out, and their tokens stop."""
    user = await host.access.users.change(user_id, data, giver=caller)
    off = "yes" if user.is_disabled else "no"
    await _note(host, caller, "user.change", user, role=user.role, team=user.team, disabled=off)
    return _shown(user)


@delete("/{user_id:str}", opt=needs("administer"), summary="Remove a user")
async def remove_user(user_id: FromPath[str], host: Host, caller: Who) -> None:
    """Forget them, with their sessions and the tokens they made."""
    user = host.access.users.get(user_id)
    await host.access.users.remove(user_id, giver=caller)
    await _note(host, caller, "user.remove", user)


@post("/{user_id:str}/invitation", opt=needs("administer"), summary="A new code for a user")
async def invite_user(user_id: FromPath[str], host: Host, caller: Who) -> Invited:
    """Make a code to choose a password with; codes before it end."""
    code = await host.access.users.invite(user_id, giver=caller, now=host.clock.now())
    user = host.access.users.get(user_id)
    await _note(host, caller, "user.invite", user)
    return _invited(host, user, code)


@post("/{user_id:str}/password", opt=needs("administer"), status_code=200, summary="Set a password")
async def set_password(
    user_id: FromPath[str], data: JSONBody[Password], host: Host, caller: Who
) -> None:
    """Set somebody's password; they are signed out everywhere."""
    user = host.access.users.touched(user_id, caller)
    await host.access.sign_in.set_password(user, data.password)
    await _note(host, caller, "user.password", user, way="by an admin")


@delete(
    "/{user_id:str}/sessions",
    opt=needs("administer"),
    status_code=200,
    summary="Sign somebody out everywhere",
)
async def end_sessions(user_id: FromPath[str], host: Host, caller: Who) -> Ended:
    """End every session of a user's at once; they may sign in again."""
    user = host.access.users.touched(user_id, caller)
    count = await host.access.sessions.end_all(user_id)
    await _note(host, caller, "session.end_all", user, sessions=str(count))
    return Ended(count=count)


@get("/", opt=needs("administer"), summary="Which teams there are, and who is in each")
async def read_teams(host: Host) -> list[Standing]:
    """Return the teams that the workspace names; `PATCH /api/users/ID` puts somebody into one."""
    return host.access.teams.all()


async def _note(host: App, caller: Caller, action: str, user: User, **detail: str) -> None:
    entry = AuditEntry(actor=caller.actor, action=action, subject=user.user_id, detail=detail)
    await host.audit.record(entry)


def _invited(host: App, user: User, code: str) -> Invited:
    path = f"{INVITATION}/{code}" if code else ""
    provider = host.plan().sign_in
    if path and provider is not None:
        path = f"{provider.url}{path}"
    elif path and host.config.names:
        path = f"https://{host.config.names[0]}{path}"
    return Invited(user=_shown(user), code=code, link=path)


def _shown(user: User, sessions: Sequence[Session] = ()) -> ShownUser:
    return ShownUser(
        user_id=user.user_id,
        email=user.email,
        role=user.role,
        created_at=user.created_at,
        name=user.name,
        team=user.team,
        is_disabled=user.is_disabled,
        has_password=bool(user.password),
        is_provided=user.is_provided,
        session_count=len(sessions),
        seen_at=max((each.seen_at for each in sessions), default=None),
    )


USERS = Router(
    "/api/users",
    route_handlers=[
        read_users,
        create_user,
        change_user,
        remove_user,
        invite_user,
        set_password,
        end_sessions,
    ],
    tags=["users"],
)
TEAMS = Router("/api/teams", route_handlers=[read_teams], tags=["users"])
