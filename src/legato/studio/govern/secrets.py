"""Routes of the secrets: which there are, and setting them. No route returns a value."""

from __future__ import annotations

import re

from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody

from legato.app.secrets import KnownSecret
from legato.connectors.settings import secrets_of
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused, not_found

VALUE_LENGTH_MAX = 32_768
"""A key file of a cloud provider has three thousand characters."""
SECRETS_MAX = 1_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class Value(Noun, frozen=True, kw_only=True):
    value: str


class ShownSecret(Noun, frozen=True, kw_only=True):
    """A secret by name, and who asks for it."""

    secret: KnownSecret
    asked_by: tuple[str, ...]


class Rotated(Noun, frozen=True, kw_only=True):
    key: str
    """The name of the new key."""


@get("/", opt=needs("administer"), summary="Which secrets there are, and which are asked for")
async def read_secrets(host: Host) -> list[ShownSecret]:
    """Return names: those that are kept, and those that the plan asks for."""
    asked = _asked(host.plan())
    return [
        ShownSecret(secret=each, asked_by=tuple(asked.get(each.name, ())))
        for each in host.secrets.known(tuple(asked))
    ]


@put("/{name:str}", opt=needs("administer"), status_code=204, summary="Keep a secret")
async def set_secret(name: FromPath[str], data: JSONBody[Value], host: Host, caller: Who) -> None:
    """Seal it in place of what was under this name; the next request of a destination uses it."""
    if not _NAME.fullmatch(name):
        raise Refused(
            status=400,
            code="secret.name",
            message="A secret's name is up to 100 letters, digits and `_`, no digit first.",
            fix="Name it as the destination's settings do: `{secret: NAME}`.",
        )
    if not data.value or len(data.value) > VALUE_LENGTH_MAX:
        raise Refused(
            status=400,
            code="secret.value",
            message=f"A secret has 1 to {VALUE_LENGTH_MAX} characters.",
            fix="Send the value alone.",
        )
    if len(host.secrets.known(())) >= SECRETS_MAX:
        raise Refused(
            status=409,
            code="secret.count",
            message=f"There are {SECRETS_MAX} secrets already.",
            fix="Remove those that no destination asks for: GET /api/secrets names them.",
        )
    await host.secrets.put(name, data.value, actor=actor_of(caller))


@delete("/{name:str}", opt=needs("administer"), summary="Forget a secret")
async def remove_secret(name: FromPath[str], host: Host, caller: Who) -> None:
    """Destinations that ask for it wait from now on."""
    if not await host.secrets.remove(name, actor=actor_of(caller)):
        raise not_found(
            "secret.unknown", "No secret of this name is kept.", fix="List them: GET /api/secrets."
        )


@post("/rotate", opt=needs("administer"), status_code=200, summary="Seal all with another key")
async def rotate(host: Host, caller: Who) -> Rotated:
    """Take the key of the environment where it gives another, else a new one."""
    return Rotated(key=await host.secrets.rotate(actor=actor_of(caller)))


def _asked(plan: Plan) -> dict[str, list[str]]:
    """Return secret -> the destinations, and the sources of signed calls, that ask for it."""
    asked: dict[str, list[str]] = {}
    for destination in plan.destinations.values():
        for name in dict.fromkeys(secrets_of(destination.settings).values()):
            asked.setdefault(name, []).append(f"destination {destination.name}")
    for source in plan.sources.values():
        if source.hook is not None:
            asked.setdefault(source.hook.secret, []).append(f"source {source.name}")
    return asked


SECRETS = Router(
    "/api/secrets",
    route_handlers=[read_secrets, set_secret, remove_secret, rotate],
    tags=["secrets"],
)
