"""`segment:` and `audience:` who belongs to what, and which lists follow it."""

from __future__ import annotations

from collections.abc import Mapping

from legato.expr import depends
from legato.model.plan import AudienceType, SegmentType
from legato.model.rule import ALWAYS
from legato.plan import form
from legato.plan.conditions.conditions import Hand, read_condition
from legato.plan.form import Form
from legato.plan.rules.channels import default_address, read_address
from legato.plan.scope import Scope
from legato.plan.source import Fields


def read_segment(scope: Scope, tree: Fields) -> SegmentType:
    """Read a segment."""
    part = Form(scope.findings, tree, "this segment")
    name = part.need_read("segment", form.text, "", example="segment: vip")
    condition = part.need("when", "when: {did: Order Completed}")
    destinations = part.read("keep_in", form.texts, ())
    for destination in destinations:
        scope.refer_able("audience_add", destination, part.place_of_value("keep_in"))
    purpose = part.read("purpose", form.text, "")
    if destinations and not purpose:
        part.need("purpose", "purpose: marketing")
    if purpose:
        scope.refer("purpose", purpose, part.place_of_value("purpose"))
    segment = SegmentType(
        name=name,
        title=part.read("title", form.text, name),
        definition=part.read("definition", form.text, ""),
        owner=part.need_read("owner", form.text, "", example="owner: growth"),
        rule=ALWAYS if condition is None else read_condition(scope, condition, Hand()),
        destinations=destinations,
        purpose=purpose,
    )
    part.close()
    return segment


def audiences_of(scope: Scope, segment: SegmentType) -> dict[str, AudienceType]:
    """Return the audiences that follow a segment, one at each destination it is kept in."""
    return {
        segment.audience_of(destination): AudienceType(
            name=segment.audience_of(destination),
            title=segment.title,
            owner=segment.owner,
            destination=destination,
            address=default_address(scope),
            purpose=segment.purpose,
            list=segment.name,
        )
        for destination in segment.destinations
    }


def read_audience(scope: Scope, tree: Fields) -> AudienceType:
    """Read an audience that journeys put people on."""
    part = Form(scope.findings, tree, "this audience")
    name = part.need_read("audience", form.text, "", example="audience: recent_buyers")
    destination = part.need_read("destination", form.text, "", example="destination: ads")
    if destination:
        scope.refer_able("audience_add", destination, part.place_of_value("destination"))
    purpose = part.need_read("purpose", form.text, "", example="purpose: marketing")
    if purpose:
        scope.refer("purpose", purpose, part.place_of_value("purpose"))
    audience = AudienceType(
        name=name,
        title=part.read("title", form.text, name),
        owner=part.read("owner", form.text, ""),
        destination=destination,
        address=read_address(scope, part),
        purpose=purpose,
    )
    part.close()
    return audience


def report_cycles(scope: Scope, segments: Mapping[str, SegmentType]) -> None:
    """Report segments that are defined by themselves, each circle once."""
    done: dict[str, None] = {}
    for name in segments:
        circle = _circle(segments, name, (), done)
        if circle:
            done.update(dict.fromkeys(circle))
            scope.findings.report(
                "S301",
                scope.names["segment"][circle[0]],
                f"segments are defined by each other in a circle: {' → '.join(circle)}",
                "let one of them do without the others",
            )


def _circle(
    segments: Mapping[str, SegmentType], name: str, path: tuple[str, ...], done: dict[str, None]
) -> tuple[str, ...]:
    if name in path:
        return (*path[path.index(name) :], name)
    if name in done or name not in segments:
        return ()
    for inner in depends.segments(segments[name].rule):
        circle = _circle(segments, inner, (*path, name), done)
        if circle:
            return circle
    done[name] = None
    return ()
