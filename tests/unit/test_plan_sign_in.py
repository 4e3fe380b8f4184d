"""The `sign_in:` document: what it means, what is wrong with it, and what a change of it is."""

from __future__ import annotations

import pytest

from legato.govern.roles import ROLES
from legato.model.definitions.sign_in import RoleRule
from legato.plan.access.sign_in import ROLE_NAMES
from legato.plan.diff import compare
from legato.workspace import check_files

WORKSPACE = {
    "legato.yaml": "workspace: test\n",
    "identity.yaml": "identity:\n  - {kind: user_id, from: [user_id], limit: 5, unique: true}\n",
}
SIGN_IN = """
sign_in: company
issuer: https://login.example.com/realms/staff
client_id: legato
client_secret: {secret: OIDC_CLIENT}
url: https://legato.example.com/
domains: [Example.com]
roles:
  crm: {role: marketer, team: growth}
  legato-admins: {role: admin}
"""


def test_a_sign_in_is_read_in_the_order_of_its_rules() -> None:
    plan = check_files({**WORKSPACE, "sign_in.yaml": SIGN_IN}).plan

    assert plan is not None
    assert plan.sign_in is not None
    assert (plan.sign_in.secret, plan.sign_in.url) == ("OIDC_CLIENT", "https://legato.example.com")
    assert plan.sign_in.domains == ("example.com",)
    assert plan.sign_in.rules == (
        RoleRule(value="crm", role="marketer", team="growth"),
        RoleRule(value="legato-admins", role="admin"),
    )
    assert (plan.sign_in.claim, plan.sign_in.default_role) == ("groups", "")


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("issuer: https://login", "issuer: http://login", "D107"),
        ("url: https://legato", "url: ftp://legato", "D107"),
        ("client_secret: {secret: OIDC_CLIENT}", "client_secret: in-plain-sight", "X303"),
        ("role: marketer", "role: king", "D105"),
        ("client_id: legato\n", "", "D102"),
        ("domains:", "domain:", "D103"),
    ],
)
def test_a_mistake_is_named_and_no_secret_repeated(before: str, after: str, code: str) -> None:
    loaded = check_files({**WORKSPACE, "sign_in.yaml": SIGN_IN.replace(before, after)})

    assert [problem.code for problem in loaded.problems] == [code]
    assert "in-plain-sight" not in str(loaded.problems)


def test_a_team_that_is_not_among_those_declared_is_refused_with_the_nearest() -> None:
    teams = "team: groth\n---\nteam: orders\n"
    files = {**WORKSPACE, "sign_in.yaml": SIGN_IN, "teams.yaml": teams}

    (problem,) = check_files(files).problems

    assert (problem.code, problem.place.file) == ("N202", "sign_in.yaml")
    assert "did you mean `groth`" in problem.fix


def test_the_roles_of_definitions_are_those_there_are() -> None:
    assert ROLE_NAMES == ROLES


def test_a_change_of_who_is_let_in_is_told() -> None:
    with_it = check_files({**WORKSPACE, "sign_in.yaml": SIGN_IN}).plan
    other = SIGN_IN.replace("role: admin", "role: viewer")
    changed = check_files({**WORKSPACE, "sign_in.yaml": other}).plan
    without = check_files(WORKSPACE).plan
    assert with_it is not None
    assert changed is not None
    assert without is not None

    told = [
        [(each.action, str(each)) for each in compare(old, new, {})]
        for old, new in ((without, with_it), (with_it, changed), (with_it, without))
    ]

    assert told == [
        [("added", "sign_in company: holds from now on")],
        [("changed", "sign_in company: has changed in rules")],
        [("removed", "sign_in company: holds no longer")],
    ]
