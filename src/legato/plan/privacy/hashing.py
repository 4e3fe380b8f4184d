"""Whether digests on entry leave everything that is needed."""

from __future__ import annotations

import jsonschema_rs

from legato.core.privacy.law import CEILINGS
from legato.expr.hashing import WORDS, hash_kind
from legato.model.plan import HashKind, Plan
from legato.plan import form
from legato.plan.form import Form
from legato.plan.scope import Scope

_SAMPLE = "0123456789abcdef" * 4


def read_hash(part: Form, name: str) -> HashKind:
    """Read `hash: sha256`, or with how the value is spelled first: `sha256 phone`."""
    word = part.read("hash", form.one_of(("sha256", *WORDS)), "")
    return hash_kind(word, name) if word else ""


def check_hashing(scope: Scope, plan: Plan) -> None:
    """Report addresses and shapes that a digest cannot be, and two minds about one value."""
    for name, trait in plan.traits.items():
        if trait.hash and not jsonschema_rs.is_valid(dict(trait.schema), _SAMPLE):
            scope.findings.report(
                "U307",
                scope.names["trait"][name],
                f"of the trait `{name}` only a digest is kept, which its schema does not allow",
                "let the schema be `{type: string}`: 64 hexadecimal digits",
            )
    for name, channel in plan.channels.items():
        destination = plan.destinations.get(channel.destination)
        category = str(destination.manifest.get("category", "")) if destination else ""
        if _is_hashed(plan, channel.address) and category not in CEILINGS:
            scope.findings.report(
                "U307",
                scope.names["channel"][name],
                f"the channel `{name}` has a digest for an address, at which nobody is reached",
                "remove `hash` from it, or keep the digest under another name for matching",
            )
    for kind in plan.identity.kinds:
        for path in kind.paths:
            _check_agreement(scope, plan, kind.name, kind.hash, path=path)


def _check_agreement(scope: Scope, plan: Plan, kind: str, hashing: HashKind, *, path: str) -> None:
    trait = plan.traits.get(path.removeprefix("traits.")) if path.startswith("traits.") else None
    if trait is not None and trait.hash != hashing:
        scope.findings.report(
            "U308",
            scope.names["trait"][trait.name],
            f"the trait `{trait.name}` and the identifier `{kind}` are one value in every call, "
            "and only one of them says `hash`",
            "write the same `hash` for both, or for neither",
        )


def _is_hashed(plan: Plan, address: str) -> bool:
    kind = address.removeprefix("identifier:")
    if kind != address:
        return any(one.name == kind and one.hash for one in plan.identity.kinds)
    return address in plan.traits and bool(plan.traits[address].hash)
