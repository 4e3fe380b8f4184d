"""`identity:` the kinds of identifiers that people are known by, strongest first."""

from __future__ import annotations

from legato.model.plan import SMS_FROM, IdentifierKind, IdentityRules
from legato.plan import form
from legato.plan.form import Form
from legato.plan.privacy.hashing import read_hash
from legato.plan.scope import Scope
from legato.plan.source import Field, Fields, Items, Value

ROOTS = ("traits.", "properties.", "context.")
FIXED = ("user_id", "anonymous_id", "previous_id", "group_id", SMS_FROM)
JOIN_LIMIT = 10


def declare_kinds(scope: Scope, tree: Fields) -> None:
    """Note the kinds' names, so that channels can refer to them."""
    value = tree.get("identity")
    for item in value.items if isinstance(value, Items) else ():
        field = _kind_field(item)
        if field is not None:
            name = form.text(scope.findings, field.value, "kind")
            if name:
                scope.declare("identifier", name, field.value.place)


def read_identity(scope: Scope, tree: Fields) -> IdentityRules:
    """Read the identity rules."""
    part = Form(scope.findings, tree, "the identity rules")
    value = part.take("identity")
    found = form.items(scope.findings, value, "identity") if value is not None else None
    kinds = [_kind(scope, item) for item in found.items] if found else []
    if found is not None and not found.items:
        scope.findings.report(
            "I301",
            part.place,
            "identity names no kinds of identifiers, so nobody could ever be recognised",
            "add such as `- {kind: user_id, from: [user_id]}`",
        )
    rules = IdentityRules(
        kinds=tuple(kind for kind in kinds if kind is not None),
        join_limit=part.read("join_limit", form.whole, JOIN_LIMIT),
    )
    part.close()
    return rules


def _kind(scope: Scope, item: Value) -> IdentifierKind | None:
    tree = form.fields(scope.findings, item, "identity")
    if tree is None:
        return None
    part = Form(scope.findings, tree, "this kind of identifier")
    paths = part.need_read("from", form.texts, (), example="from: [user_id]")
    value = part.take("from")
    for path in paths:
        if path not in FIXED and not path.startswith(ROOTS) and value is not None:
            scope.findings.report(
                "I302",
                value.place,
                f"no event has an identifier at `{path}`",
                "write user_id, anonymous_id, previous_id, group_id, sms.from, or a path below "
                "`traits`, `properties` or `context`, such as `traits.email`",
            )
        scope.identifier_paths[path] = None
    name = part.need_read("kind", form.text, "", example="kind: email")
    kind = IdentifierKind(
        name=name,
        paths=paths,
        limit=part.read("limit", form.whole, 50),
        is_unique=part.read("unique", form.boolean, default=False),
        blocked=part.read("blocked", form.texts, ()),
        is_lowercase=part.read("lowercase", form.boolean, default=False),
        hash=read_hash(part, name),
        is_phone=part.read("phone", form.boolean, default=False),
    )
    part.close()
    return kind


def _kind_field(item: Value) -> Field | None:
    fields = item.fields if isinstance(item, Fields) else ()
    return next((field for field in fields if field.key == "kind"), None)
