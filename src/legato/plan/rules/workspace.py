"""`workspace:` what holds for all of a workspace."""

from __future__ import annotations

from collections.abc import Iterable

from legato.expr.wall import is_zone
from legato.model.instant import MINUTE, Duration
from legato.model.noun import Noun
from legato.model.problem import Place, Problem
from legato.plan import form
from legato.plan.findings import Findings
from legato.plan.form import Form
from legato.plan.source import Fields, Value

PLAIN_SECRETS = ".secrets"


class Workspace(Noun, frozen=True, kw_only=True):
    name: str
    currency: str = "EUR"
    zone: str = "UTC"
    lateness: Duration = 10 * MINUTE
    accept_unknown: bool = False
    storage_price_micros: int | None = None
    roll_after: Duration = 0
    infrastructure_price_micros: int | None = None


def read_workspace(findings: Findings, tree: Fields) -> Workspace:
    """Read legato.yaml."""
    part = Form(findings, tree, "the workspace")
    workspace = Workspace(
        name=part.need_read("workspace", form.text, "", example="workspace: shop"),
        currency=part.read("currency", _currency, "EUR"),
        zone=part.read("zone", zone, "UTC"),
        lateness=part.read("lateness", form.duration, 10 * MINUTE),
        accept_unknown=part.read("accept_unknown", form.boolean, default=False),
        storage_price_micros=part.read("storage", _storage_price, None),
        roll_after=part.read("history", _roll_after, 0),
        infrastructure_price_micros=part.read("infrastructure", _infrastructure_price, None),
    )
    part.read("title", form.text, "")
    part.take("rehearsal")  # `read_demand` reads it: it is no part of the plan
    part.close()
    return workspace


def plain_secrets(names: Iterable[str]) -> tuple[Problem, ...]:
    """Return what is wrong with the files of a workspace's folder that are no definitions."""
    if PLAIN_SECRETS not in names:
        return ()
    what = f"`{PLAIN_SECRETS}` holds secrets in plain text, and is not read"
    fix = "keep each with `legato secrets set NAME`, then delete the file, also from its history"
    place = Place(file=PLAIN_SECRETS, line=1, column=1)
    return (Problem(code="X306", place=place, what=what, fix=fix),)


def zone(findings: Findings, value: Value, what: str) -> str | None:
    """Read the name of a time zone."""
    name = form.text(findings, value, what)
    if name is None or is_zone(name):
        return name
    findings.report(
        "D108",
        value.place,
        f"there is no time zone `{name}`",
        f"write one as `{what}: Europe/Lisbon`",
    )
    return None


def zones(findings: Findings, value: Value, what: str) -> tuple[str, ...] | None:
    """Read a list of time zones."""
    found = form.items(findings, value, what)
    if found is None:
        return None
    names = [zone(findings, item, what) for item in found.items]
    return tuple(name for name in names if name is not None)


def _storage_price(findings: Findings, value: Value, what: str) -> int | None:
    """Read what keeping a gigabyte for a month costs."""
    return _price(findings, value, what, example="price_per_gb_month: 0.023")


def _infrastructure_price(findings: Findings, value: Value, what: str) -> int | None:
    """Read what Legato runs on costs a month."""
    return _price(findings, value, what, example="price_per_month: 120")


def _price(findings: Findings, value: Value, what: str, *, example: str) -> int | None:
    tree = form.fields(findings, value, what)
    if tree is None:
        return None
    part = Form(findings, tree, f"`{what}`")
    word, _, _ = example.partition(":")
    price = part.need_read(word, form.money, 0, example=example)
    part.close()
    return price


def _roll_after(findings: Findings, value: Value, what: str) -> Duration | None:
    """Read after which time notes are rolled out of the state."""
    tree = form.fields(findings, value, what)
    if tree is None:
        return None
    part = Form(findings, tree, f"`{what}`")
    after = part.need_read("roll_after", form.duration, 0, example="roll_after: 30d")
    part.close()
    return after


def _currency(findings: Findings, value: Value, what: str) -> str | None:
    code = form.text(findings, value, what)
    if code is None or (len(code) == len("EUR") and code.isascii() and code.isalpha()):
        return code.upper() if code else None
    findings.report(
        "D107", value.place, f"`{what}` must be a currency's three letters", f"`{what}: EUR`"
    )
    return None
