"""`channel:` the ways to reach people, what each costs and where the address stands."""

from __future__ import annotations

from legato.model.plan import Channel
from legato.plan import form
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields


def read_channel(scope: Scope, tree: Fields) -> Channel:
    """Read a channel."""
    part = Form(scope.findings, tree, "this channel")
    name = part.need_read("channel", form.text, "", example="channel: email")
    title = part.read("title", form.text, "")
    destination = part.need_read("destination", form.text, "", example="destination: smtp")
    if destination:
        scope.refer_able("send", destination, part.place_of_value("destination"))
    scope.channel_destinations[name] = destination
    part.need("address", "address: trait email")
    channel = Channel(
        name=name,
        destination=destination,
        address=read_address(scope, part),
        cost_micros=part.read("cost", form.money, 0),
        title=title,
    )
    part.close()
    return channel


def read_address(scope: Scope, part: Form) -> str:
    """Read `trait phone` or `identifier email`."""
    if "address" not in part:
        return default_address(scope)
    text = part.read("address", form.text, "")
    kind, _, name = text.partition(" ")
    place = part.place_of_value("address")
    match kind:
        case "trait":
            scope.refer("trait", name.strip(), place)
            return name.strip()
        case "identifier":
            scope.refer("identifier", name.strip(), place)
            return f"identifier:{name.strip()}"
        case "":
            return ""
        case _:
            scope.findings.report(
                "A301",
                place,
                "an address must say whether it is a trait or an identifier",
                f"write `address: trait {text}` or `address: identifier {text}`",
            )
            return ""


def default_address(scope: Scope) -> str:
    """Return the e-mail address's place: what lists outside know most people by."""
    return "email" if "email" in scope.names["trait"] else "identifier:email"
