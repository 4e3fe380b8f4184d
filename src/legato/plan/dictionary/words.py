"""`team:` and `term:` who answers for definitions, and the words of the business."""

from __future__ import annotations

from collections.abc import Mapping

from legato.model.plan import Team, Term
from legato.plan import form
from legato.plan.findings import listed, nearest
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields

MEANT = ("term", "segment", "event", "trait")
"""What a term can be the same as."""


def read_team(scope: Scope, tree: Fields) -> Team:
    """Read a team."""
    part = Form(scope.findings, tree, "this team")
    name = part.need_read("team", form.text, "", example="team: growth")
    team = Team(
        name=name,
        title=part.read("title", form.text, name),
        contacts=part.read("contacts", form.texts, ()),
    )
    part.close()
    return team


def read_term(scope: Scope, tree: Fields) -> Term:
    """Read a word and what everybody means by it."""
    part = Form(scope.findings, tree, "this term")
    name = part.need_read("term", form.text, "", example="term: customer")
    stage_of = part.read("stage_of", form.text, "")
    if stage_of:
        scope.refer("term", stage_of, part.place_of_value("stage_of"))
    term = Term(
        name=name,
        title=part.read("title", form.text, name),
        definition=part.need_read(
            "definition", form.text, "", example="definition: Somebody who has paid for an order."
        ),
        owner=part.need_read("owner", form.text, "", example="owner: growth"),
        same_as=_same_as(scope, part),
        stage_of=stage_of,
    )
    part.close()
    return term


def report_term_circles(scope: Scope, terms: Mapping[str, Term]) -> None:
    """Report terms that are defined by themselves."""
    for name, term in terms.items():
        for key in ("same_as", "stage_of"):
            path = [name]
            following: str = getattr(term, key)
            while following in terms and following not in path:
                path.append(following)
                following = getattr(terms[following], key)
            if following == name and name == min(path):
                scope.findings.report(
                    "S301",
                    scope.names["term"][name],
                    f"terms are `{key}` each other in a circle: {' → '.join([*path, name])}",
                    f"remove `{key}` from one of them",
                )


def _same_as(scope: Scope, part: Form) -> str:
    name = part.read("same_as", form.text, "")
    if not name or any(name in scope.names.get(kind, {}) for kind in MEANT):
        return name
    near = nearest(name, [known for kind in MEANT for known in scope.names.get(kind, {})])
    scope.findings.report(
        "N202",
        part.place_of_value("same_as"),
        f"there is no {listed(MEANT)} named `{name}`",
        f"did you mean `{near}`?" if near else "name a definition of this workspace",
    )
    return name
