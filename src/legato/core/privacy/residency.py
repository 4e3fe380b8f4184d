"""Where a person's data may go: the regions, by the trait that says where they live."""

from __future__ import annotations

from legato.model.note import GateSeen
from legato.model.plan import ANYWHERE, Plan, Residency
from legato.model.problem import Reason
from legato.model.state import State


def region_of(residency: Residency, state: State) -> str:
    """Return the region a person belongs to; that of the unknown where nothing says it."""
    trait = state.traits.get(residency.trait)
    value = trait.value if trait is not None else None
    return region_of_value(residency, value) or residency.unknown


def region_of_value(residency: Residency, value: object) -> str:
    """Return the region that a value of the trait belongs to; empty where it is in none."""
    wanted = str(value).strip().casefold() if isinstance(value, str) else ""
    for region, values in residency.regions.items():
        if wanted and any(wanted == one.casefold() for one in values):
            return region
    return ""


def residency_gates(plan: Plan, state: State, destination: str) -> tuple[GateSeen, ...]:
    """Return the gate of residency; none where no policy asks for it.

    A destination that says no regions is closed: a list forgotten must not open the world.
    """
    residency = plan.policies.residency
    if residency is None:
        return ()
    found = plan.destinations.get(destination)
    regions = found.regions if found is not None else ()
    region = region_of(residency, state)
    if region in regions or ANYWHERE in regions:
        seen = f"{destination} may have data of the region {region}"
        return (GateSeen(gate="residency", verdict="pass", seen=seen),)
    reason = Reason(
        code="residency.outside",
        what=f"data of the region {region} may not go to {destination}",
        definition="policies/residency",
    )
    gate = GateSeen(
        gate="residency",
        verdict="refuse",
        seen=f"{destination} keeps data in {' and '.join(regions) or 'no region that it names'}",
        reason=reason,
        would_change=f"a destination in the region {region}",
    )
    return (gate,)
