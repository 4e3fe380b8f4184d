"""Routes of the example: whether this Legato runs on it, and its removal."""

from __future__ import annotations

from litestar import Router, get, post

from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused


class ExampleStanding(Noun, frozen=True, kw_only=True):
    is_there: bool
    """This Legato runs on the example: its definitions, people and history can be removed."""
    is_removed: bool = False
    """Somebody has removed it: the process ends, and begins anew."""


@get("/", opt=needs("look"), summary="Does it run on the example?")
async def read_example(host: Host) -> ExampleStanding:
    """Return whether its workspace is the example of `legato demo`."""
    return ExampleStanding(is_there=host.example.is_there, is_removed=host.example.is_removed)


@post("/remove", opt=needs("administer"), status_code=202, summary="Remove the example")
async def remove_example(host: Host, caller: Who) -> ExampleStanding:
    """Remove its definitions, people and history; a clean workspace is left.

    Users, their roles and the audit stay. Legato ends and begins anew, which takes some seconds.
    """
    if not host.example.is_there:
        raise Refused(
            status=409,
            code="example.none",
            message="This Legato does not run on the example.",
            fix="Nothing is to be removed: only `legato demo` runs on it.",
        )
    await host.example.remove(by=actor_of(caller))
    return ExampleStanding(is_there=True, is_removed=True)


EXAMPLE = Router(
    "/api/example", route_handlers=[read_example, remove_example], tags=["definitions"]
)
