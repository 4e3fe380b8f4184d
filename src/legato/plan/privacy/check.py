"""Uses outside a purpose and exits that are too open, as Problems that name everybody concerned."""

from __future__ import annotations

from itertools import chain

from msgspec import structs

from legato.core.privacy.breaches import Bindings, Breach, breaches
from legato.core.privacy.law import most_delicate, rank
from legato.core.privacy.streams import stream_uses
from legato.core.privacy.uses import Use, uses, uses_of_computed
from legato.model.plan import ComputedTrait, Plan
from legato.model.problem import Place
from legato.plan.findings import listed
from legato.plan.scope import Scope

_NAMES = {"suppress": "suppression", "computed": "computed trait"}


def check_uses(scope: Scope, plan: Plan) -> None:
    """Report every use of a fact that the law of purposes and classes forbids."""
    told: dict[tuple[str, ...], None] = {}
    for breach in breaches(plan, chain(uses(plan), stream_uses(plan))):
        use, fact = breach.use, breach.fact
        key = (breach.kind, use.family, use.name, fact.name, fact.path, breach.purpose)
        if key in told:  # of one definition the first place is enough: the others go with it
            continue
        if any(name not in plan.purposes for name in breach.binding.purposes):
            continue  # that name is reported where it stands
        told[key] = None
        if breach.kind == "class":
            _report_class(scope, plan, breach)
        elif breach.purpose:
            _report_purpose(scope, breach)
        else:
            _report_no_purpose(scope, plan, breach)


def with_classes(scope: Scope, plan: Plan) -> Plan:
    """Return the plan with each computed trait as delicate as what it is measured from."""
    bindings = Bindings(plan)
    found = {use.name: use for use in uses_of_computed(plan)}
    computed: dict[str, ComputedTrait] = {}
    for name, trait in plan.computed.items():
        known = [bound for fact in found[name].facts if (bound := bindings.of(fact)) is not None]
        least = most_delicate([one.privacy for one in known] or ["personal"])
        if trait.privacy != "public" and rank(trait.privacy) < rank(least):
            scope.findings.report(
                "U304",
                scope.names["computed"][name],
                f"the computed trait `{name}` says it is {trait.privacy}, and is measured from "
                f"what is {least}",
                f"remove `privacy`: it is {least} of itself",
            )
        computed[name] = structs.replace(trait, privacy=most_delicate((trait.privacy, least)))
    return structs.replace(plan, computed=computed)


def _report_purpose(scope: Scope, breach: Breach) -> None:
    binding, owner = breach.binding, breach.binding.owner
    beyond = "" if rank(binding.privacy) < rank("sensitive") else f"{binding.privacy}, "
    kept = listed(binding.purposes) if binding.purposes else "no purpose at all"
    scope.findings.report(
        "U301",
        _place(scope, breach.use),
        f"{_reader(breach.use)} reads the {breach.fact}{_through(breach)} for `{breach.purpose}`; "
        f"it is {beyond}kept for {kept} and owned by {owner}",
        f"ask {owner} to add `{breach.purpose}` to its purposes, or do without it"
        + ("" if beyond else f"; for all that is kept for {kept}: `may_use` of the purpose"),
    )


def _report_class(scope: Scope, plan: Plan, breach: Breach) -> None:
    use = breach.use
    targets = [one for name in use.destination.split(", ") if (one := plan.destinations.get(name))]
    category = next((str(one.manifest.get("category", "")) for one in targets), "")
    where = f"`{use.destination}`" if use.destination else "a trait that it sets"
    accepts = f"which accepts what is {use.ceiling} at most" if targets else f"only {use.ceiling}"
    scope.findings.report(
        "U302",
        _place(scope, use),
        f"{_reader(use)} reads the {breach.fact}{_through(breach)}, owned by "
        f"{breach.binding.owner}: it is {breach.binding.privacy}, and goes to {where}, {accepts}",
        "do without it: nothing of the kind ever goes to advertising or a prompt"
        if category in ("ads", "prompt")
        else f"do without it, or, if that system may hold it, write `accepts: "
        f"{breach.binding.privacy}` at the destination",
    )


def _report_no_purpose(scope: Scope, plan: Plan, breach: Breach) -> None:
    scope.findings.report(
        "U303",
        _place(scope, breach.use),
        f"{_reader(breach.use)} reads the {breach.fact}{_through(breach)}, and nothing says for "
        "what purpose",
        f"add `purpose:` to the {breach.use.family}: one of {listed(plan.purposes)}",
    )


def _reader(use: Use) -> str:
    return f"{use.part} of the {_NAMES.get(use.family, use.family)} `{use.name}`"


def _through(breach: Breach) -> str:
    through = breach.fact.through
    return f" (through the {' and the '.join(through)})" if through else ""


def _place(scope: Scope, use: Use) -> Place:
    # The lists of `keep_in` stand where their segment does.
    names = (scope.names.get(use.family, {}), scope.names["segment"])
    found = (names[0].get(use.name), names[1].get(use.name.partition("@")[0]))
    named = next(filter(None, found), Place(file="", line=0, column=0))
    return scope.step_places.get((use.name, use.step), named) if use.step else named
