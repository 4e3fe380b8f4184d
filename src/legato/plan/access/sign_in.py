"""`sign_in:` the identity provider at which people sign in, and the roles its claims give."""

from __future__ import annotations

import re

from legato.connectors.settings import secret_name
from legato.model.definitions.sign_in import RoleRule, SignIn
from legato.plan import form
from legato.plan.findings import Findings
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields, Value, plain

ROLE_NAMES = ("viewer", "analyst", "marketer", "approver", "privacy", "engineer", "admin")
"""Those of govern/roles.py, which stands above this floor."""

_URL = re.compile(r"https://[^\s/?#@]+(?:/[^\s?#@]*)?")
_LOOPBACK_URL = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?(?:/[^\s?#@]*)?")
_EXAMPLE = "client_secret: {secret: OIDC_CLIENT}"


def read_sign_in(scope: Scope, tree: Fields) -> SignIn:
    """Read an identity provider."""
    part = Form(scope.findings, tree, "this sign-in")
    sign_in = SignIn(
        name=part.need_read("sign_in", form.text, "", example="sign_in: company"),
        issuer=part.need_read("issuer", _url, "", example="issuer: https://login.example.com"),
        client_id=part.need_read("client_id", form.text, "", example="client_id: legato"),
        secret=_secret(scope, part),
        url=part.need_read("url", _url, "", example="url: https://legato.example.com"),
        domains=tuple(each.lower() for each in part.read("domains", form.texts, ())),
        trust_email=part.read("trust_email", form.boolean, default=False),
        claim=part.read("claim", form.text, "groups"),
        rules=_rules(scope, part),
        default_role=part.read("default_role", form.one_of(ROLE_NAMES), ""),
        title=part.read("title", form.text, ""),
    )
    part.close()
    return sign_in


def _secret(scope: Scope, part: Form) -> str:
    value = part.need("client_secret", _EXAMPLE)
    name = secret_name(plain(value)) if value is not None else ""
    if value is not None and name is None:
        what = "`client_secret` is a secret"
        fix = f"write `{_EXAMPLE}`, and keep its value: legato secrets set OIDC_CLIENT"
        scope.findings.report("X303", value.place, what, fix)
    return name or ""


def _rules(scope: Scope, part: Form) -> tuple[RoleRule, ...]:
    value = part.take("roles")
    tree = form.fields(scope.findings, value, "roles") if value is not None else None
    if tree is None:
        return ()
    rules: list[RoleRule] = []
    for field in tree.fields:
        inner = form.fields(scope.findings, field.value, field.key)
        if inner is not None:
            rules.append(_rule(scope, field.key, inner))
    return tuple(rules)


def _rule(scope: Scope, value: str, tree: Fields) -> RoleRule:
    part = Form(scope.findings, tree, f"the role of `{value}`")
    rule = RoleRule(
        value=value,
        role=part.need_read("role", form.one_of(ROLE_NAMES), "", example="role: analyst"),
        team=part.read("team", form.text, ""),
    )
    if rule.team and scope.names.get("team"):
        scope.refer("team", rule.team, part.place_of_value("team"))
    part.close()
    return rule


def _url(findings: Findings, value: Value, what: str) -> str | None:
    text = form.text(findings, value, what)
    if text is None:
        return None
    if _URL.fullmatch(text) or _LOOPBACK_URL.fullmatch(text):
        return text.rstrip("/") if what == "url" else text
    findings.report(
        "D107",
        value.place,
        f"`{what}` must be an https address without a query (http only on this machine)",
        f"`{what}: https://login.example.com`",
    )
    return None
