"""`approvals:` which changes of definitions have to be approved, by whom, and how soon."""

from __future__ import annotations

import re

from legato.model.plan import Approvals
from legato.plan import form
from legato.plan.findings import Findings
from legato.plan.form import Form
from legato.plan.schema_steps import Schema, of, shape
from legato.plan.scope import Scope
from legato.plan.source import Fields, Leaf, Value

APPROVERS = ("approver", "admin")
"""The roles that may approve: govern.roles says so, and a test holds the two together."""
_WORKING = re.compile(r"(\d{1,2}) working days?")

APPROVALS: Schema = shape(
    "Which changes of definitions have to be approved.",
    "approvals",
    {
        "approvals": shape(
            "Which changes of definitions have to be approved, and by whom.",
            "when",
            {
                "when": shape(
                    "Any of these makes it necessary.",
                    "",
                    {
                        "reaches_over": {
                            "type": "integer",
                            "minimum": 0,
                            "description": "It concerns more people than this.",
                        },
                        "costs_over": {
                            "type": ["number", "string"],
                            "description": "What it concerns may cost more than this.",
                        },
                        "breaking": {
                            "type": "boolean",
                            "description": "It removes, retypes or measures anew what is known.",
                        },
                    },
                ),
                "by": of("names", "Roles that may answer for a team: approver, admin."),
                "within": {
                    "type": "string",
                    "description": "How soon: `3 working days`, or a length of time as `12h`.",
                },
            },
        )
    },
)


def read_approvals(scope: Scope, tree: Fields) -> Approvals | None:
    """Read which changes have to be approved."""
    outer = Form(scope.findings, tree, "the policy of approvals")
    value = outer.take("approvals")
    found = form.fields(scope.findings, value, "approvals") if value is not None else None
    outer.close()
    if found is None:
        return None
    part = Form(scope.findings, found, "`approvals`")
    value = part.need("when", "when: {breaking: true}")
    when = form.fields(scope.findings, value, "when") if value is not None else None
    by = part.read("by", form.texts, APPROVERS)
    for role in by:
        if role not in APPROVERS:
            scope.findings.report(
                "P309",
                part.place_of_value("by"),
                f"`{role}` is no role that may approve",
                f"write `by: [{', '.join(APPROVERS)}]` or one of the two",
            )
    days, duration = part.read("within", _within, (3, 0))
    part.close()
    return None if when is None else _conditions(scope, when, by, (days, duration))


def _conditions(
    scope: Scope, tree: Fields, by: tuple[str, ...], within: tuple[int, int]
) -> Approvals:
    part = Form(scope.findings, tree, "`when`")
    approvals = Approvals(
        reaches_over=part.read("reaches_over", form.count, None),
        costs_over_micros=part.read("costs_over", form.money, None),
        is_breaking=part.read("breaking", form.boolean, default=False),
        by=by,
        within_days=within[0],
        within=within[1],
    )
    part.close()
    return approvals


def _within(findings: Findings, value: Value, what: str) -> tuple[int, int] | None:
    """Read working days, or a length of time: (days, duration), one of them 0."""
    written = value.value if isinstance(value, Leaf) else None
    match = _WORKING.fullmatch(written) if isinstance(written, str) else None
    if match is not None:
        return int(match[1]), 0
    duration = form.duration(findings, value, what)
    return None if duration is None else (0, duration)
