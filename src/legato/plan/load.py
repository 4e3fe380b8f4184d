"""Definitions in, Plan out: every text of a workspace is read, checked and compiled at once.

First the heads of all documents are read, which say what each of them declares; then, family by
family, the documents themselves, each able to look up every name. Nothing is raised: what is wrong
is collected, and with one Problem there is no Plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

from legato.expr.wall import TZDATA_VERSION
from legato.model.definitions.links import Pages, Sender
from legato.model.definitions.matching import Matching
from legato.model.definitions.property import Property, Waiver
from legato.model.definitions.sign_in import SignIn
from legato.model.noun import Noun
from legato.model.plan import (
    Approvals,
    IdentityRules,
    Plan,
    Policies,
    Purpose,
    Residency,
)
from legato.model.problem import Place, Problem
from legato.plan.access.sign_in import read_sign_in
from legato.plan.consents.calling import report_calling_hours
from legato.plan.consents.rules import ConsentRules, read_consent, report_stray_links
from legato.plan.dictionary.conflicts import (
    owner_of,
    report_owners,
    report_retyped_properties,
    report_sound_alikes,
)
from legato.plan.dictionary.words import read_team, read_term, report_term_circles
from legato.plan.findings import Findings, listed, nearest
from legato.plan.guards.mappings import read_mapping
from legato.plan.impact.approvals import read_approvals
from legato.plan.manifests.own import connector_of, files_of, read_manifest, without_broken
from legato.plan.offers.reading import read_offer, report_lonely_kinds
from legato.plan.privacy.check import check_uses, with_classes
from legato.plan.privacy.hashing import check_hashing
from legato.plan.privacy.matching import check_matching
from legato.plan.privacy.residency import check_residency, read_residency
from legato.plan.properties.reading import read_property, read_waivers
from legato.plan.retirement.check import report_retired
from legato.plan.rollouts.reading import read_rollout
from legato.plan.rules.catalog import read_computed, read_event, read_trait
from legato.plan.rules.channels import read_channel
from legato.plan.rules.destinations import check_when_down, read_destination
from legato.plan.rules.identity import declare_kinds, read_identity
from legato.plan.rules.inbound import declare_told, read_source_manifest, with_told
from legato.plan.rules.journeys.journeys import read_journey
from legato.plan.rules.letters import check_letters
from legato.plan.rules.matching import read_matching
from legato.plan.rules.pages import read_pages, read_sender
from legato.plan.rules.policies import (
    declare_purposes,
    read_cap,
    read_holdout,
    read_purposes,
    read_quiet_hours,
    read_suppress,
)
from legato.plan.rules.segments import audiences_of, read_audience, read_segment, report_cycles
from legato.plan.rules.sources import read_source
from legato.plan.rules.templates import read_template
from legato.plan.rules.workspace import Workspace, read_workspace
from legato.plan.scenarios.demand import Demand, read_demand
from legato.plan.scope import Scope
from legato.plan.source import KEPT, Document, Fields, read_documents

T = TypeVar("T")
Manifests: TypeAlias = Mapping[str, Mapping[str, Any]]
_NO_MANIFESTS: Manifests = {}
_NO_LACKS: Mapping[str, str] = {}

NAMED = (
    "team",
    "term",
    "event",
    "trait",
    "computed",
    "source",
    "segment",
    "audience",
    "cap",
    "quiet_hours",
    "suppress",
    "holdout",
    "channel",
    "destination",
    "template",
    "journey",
    "offer",
    "mapping",
    "property",
)
"""Documents of which there are many, each with a name of its own."""
SINGLE = (
    *("workspace", "identity", "matching", "consent", "residency", "approvals"),
    *("pages", "sender", "sign_in"),
)
"""Documents of which there is one."""
KINDS = (*SINGLE, "purposes", "manifest", "inbound", *NAMED)
ENDINGS = (".yaml", ".yml")
SCENARIOS = "scenarios/"


class Loaded(Noun, frozen=True, kw_only=True):
    """What became of a workspace's texts: a plan, or what is wrong with them."""

    plan: Plan | None
    problems: tuple[Problem, ...]
    properties: tuple[Property, ...] = ()
    """What the journeys are to be proved to do; no part of the plan."""
    waivers: tuple[Waiver, ...] = ()
    demand: Demand | None = None
    """What is wanted of scenarios; no part of the plan."""
    draft: Plan | None = None
    """What was compiled all the same where something is wrong: to be shown, never to be run."""
    rest: Plan | None = None
    """Where nothing is wrong but manifests of the workspace's own: the plan with the destinations
    and sources that use them out of order. It is better than none."""


def load(
    files: Mapping[str, str],
    connectors: Manifests,
    sources: Manifests = _NO_MANIFESTS,
    lacks: Mapping[str, str] = _NO_LACKS,
) -> Loaded:
    """Compile a workspace: file name -> text, and the connectors of both directions, by id.

    `lacks` are the transports that are not installed, with the command that adds each.
    """
    findings = Findings()
    library = _Library(findings, files)
    scope = Scope(findings)
    scope.shipped, scope.shipped_sources, scope.lacks = connectors, sources, lacks
    plan = _compile(scope, library)
    properties = _read_all(scope, library, "property", read_property)
    plan = _govern(scope, library, with_told(scope, plan))
    waivers = [one for tree in library.trees("journey") for one in read_waivers(scope, tree)]
    problems = findings.all()
    return Loaded(
        plan=None if problems else plan,
        problems=problems,
        properties=tuple(properties.values()),
        waivers=tuple(waivers),
        demand=read_demand(findings, library.single("workspace")),
        draft=plan,
        rest=without_broken(scope, plan, files_of(library.all()), problems),
    )


class _Library:
    """The documents of a workspace, by kind."""

    def __init__(self, findings: Findings, files: Mapping[str, str]) -> None:
        self.findings = findings
        self._documents: list[Document] = []
        KEPT.make_room(len(files))
        for file in sorted(files):
            if file.endswith(ENDINGS) and not file.startswith(SCENARIOS):
                self._documents += read_documents(file, files[file], findings)
        for document in self._documents:
            if document.kind not in KINDS:
                self._unknown(document)

    def heads(self, kind: str) -> list[Document]:
        """Return all documents of a kind, the unreadable ones too."""
        return [document for document in self._documents if document.kind == kind]

    def all(self) -> list[Document]:
        """Return every document, in the order of the files."""
        return list(self._documents)

    def trees(self, kind: str) -> list[Fields]:
        """Return the readable documents of a kind."""
        return [document.tree for document in self.heads(kind) if document.tree is not None]

    def single(self, kind: str) -> Fields | None:
        """Return the one document of a kind; report a second one."""
        documents = self.heads(kind)
        for document in documents[1:]:
            self.findings.report(
                "N201",
                document.place,
                f"`{kind}` is already given at {documents[0].place}",
                "join the two",
            )
        return documents[0].tree if documents else None

    def _unknown(self, document: Document) -> None:
        if document.kind == "scenario":
            what = "a scenario stands in scenarios/: a plan is made without it"
            self.findings.report("D101", document.place, what, f"move it to {SCENARIOS}")
            return
        tree = document.tree
        inner = next((f.key for f in tree.fields if f.key in KINDS), None) if tree else None
        near = inner or nearest(document.kind, KINDS)
        self.findings.report(
            "D101",
            document.place,
            f"the first key of a document says what it is; `{document.kind}` is nothing known",
            (f"put `{near}:` first" if inner else f"did you mean `{near}`?")
            if near
            else f"begin with {listed(KINDS, limit=len(KINDS))}",
        )


def _govern(scope: Scope, library: _Library, plan: Plan) -> Plan:
    """Check what no document shows by itself: one definition each, and what facts are used for."""
    report_sound_alikes(scope, library.all())
    report_owners(scope, library.all())
    report_retyped_properties(scope, plan.events)
    report_term_circles(scope, plan.terms)
    classed = with_classes(scope, plan)
    check_uses(scope, classed)
    check_residency(scope, classed)
    check_hashing(scope, classed)
    check_matching(scope, classed)
    report_retired(scope, classed)
    return classed


def _compile(scope: Scope, library: _Library) -> Plan:
    _declare(scope, library)
    workspace = _workspace(library)
    _read_pages(scope, library)
    scope.zone = workspace.zone
    events = _read_all(scope, library, "event", read_event)
    traits = _read_all(scope, library, "trait", read_trait)
    computed = _read_all(scope, library, "computed", read_computed)
    destinations = _read_all(scope, library, "destination", read_destination)
    check_when_down(scope, destinations)
    scope.audiences = _read_all(scope, library, "audience", read_audience)
    channels = _read_all(scope, library, "channel", read_channel)
    scope.offers = _read_all(scope, library, "offer", read_offer)
    report_lonely_kinds(scope, library.trees("offer"))
    templates = _read_all(scope, library, "template", read_template)
    segments = _read_all(scope, library, "segment", read_segment)
    report_cycles(scope, segments)
    scope.segment_rules = {name: segment.rule for name, segment in segments.items()}
    for segment in segments.values():
        scope.audiences.update(audiences_of(scope, segment))
    purposes = [p for tree in library.trees("purposes") for p in read_purposes(scope, tree)]
    journeys = _read_all(scope, library, "journey", read_journey)
    check_letters(
        scope, purposes, templates=templates, channels=channels, journeys=journeys.values()
    )
    return Plan(
        name=workspace.name,
        currency=workspace.currency,
        zone=workspace.zone,
        lateness=workspace.lateness,
        accept_unknown=workspace.accept_unknown,
        events=events,
        traits=traits,
        computed=computed,
        identity=_identity(scope, library),
        segments=segments,
        journeys=journeys,
        purposes=_by_name({purpose.name: purpose for purpose in purposes}),
        channels=channels,
        policies=_policies(scope, library, purposes),
        templates=templates,
        destinations=destinations,
        sources=_read_all(scope, library, "source", read_source),
        audiences=_by_name(scope.audiences),
        mappings=_read_all(scope, library, "mapping", read_mapping),
        tzdata=TZDATA_VERSION,
        pages=scope.pages,
        sender=scope.sender,
        sign_in=_sign_in(scope, library),
        teams=_read_all(scope, library, "team", read_team),
        terms=_read_all(scope, library, "term", read_term),
        matching=_matching(scope, library),
        storage_price_micros=workspace.storage_price_micros,
        roll_after=workspace.roll_after,
        offers=scope.offers,
        infrastructure_price_micros=workspace.infrastructure_price_micros,
        rollouts=_read_all(scope, library, "journey", read_rollout),
    )


def _declare(scope: Scope, library: _Library) -> None:
    for kind in NAMED:
        for document in library.heads(kind):
            if document.name:
                scope.declare(kind, document.name, document.place, owner_of(document))
    for name, place in scope.names["computed"].items():
        # A computed trait is a trait to everybody who reads it.
        scope.declare("trait", name, place, scope.owners["computed", name])
    for tree in library.trees("purposes"):
        declare_purposes(scope, tree)
    for tree in library.trees("identity")[:1]:
        declare_kinds(scope, tree)
    for kind, shipped in (
        ("connector", scope.shipped),
        ("source connector", scope.shipped_sources),
    ):
        for name in shipped:
            place = Place(file=f"connectors/{name}.yaml", line=1, column=1)
            scope.names[kind][name] = place
    for document in library.heads("inbound"):
        read_source_manifest(scope, connector_of(document), document)
    for tree in library.trees("source"):
        declare_told(scope, tree)
    for document in library.heads("manifest"):
        name = connector_of(document)
        tree = document.tree
        scope.names["connector"][name] = document.place if tree is None else tree.place
        scope.manifests[name] = {"id": name} if tree is None else read_manifest(scope, tree)


def _workspace(library: _Library) -> Workspace:
    tree = library.single("workspace")
    if tree is not None:
        return read_workspace(library.findings, tree)
    if not library.heads("workspace"):
        library.findings.report(
            "D109",
            Place(file="legato.yaml", line=1, column=1),
            "nothing says what this workspace is called",
            "add legato.yaml with `workspace: shop`",
        )
    return Workspace(name="")


def _read_pages(scope: Scope, library: _Library) -> None:
    """Read what messages may link to and name; templates are checked against it."""
    pages, sender = library.single("pages"), library.single("sender")
    scope.pages = read_pages(scope, pages) if pages is not None else Pages()
    scope.sender = read_sender(scope, sender) if sender is not None else Sender()


def _identity(scope: Scope, library: _Library) -> IdentityRules:
    tree = library.single("identity")
    if tree is not None:
        return read_identity(scope, tree)
    if not library.heads("identity"):
        library.findings.report(
            "I301",
            Place(file="identity.yaml", line=1, column=1),
            "nothing says what people are known by, so nobody could ever be recognised",
            "add identity.yaml with `identity: [{kind: user_id, from: [user_id]}]`",
        )
    return IdentityRules(kinds=())


def _matching(scope: Scope, library: _Library) -> Matching | None:
    tree = library.single("matching")
    return read_matching(scope, tree) if tree is not None else None


def _policies(scope: Scope, library: _Library, purposes: Iterable[Purpose]) -> Policies:
    tree = library.single("consent")
    by_name = {purpose.name: purpose for purpose in purposes}
    consent = read_consent(scope, tree, by_name) if tree is not None else ConsentRules()
    report_stray_links(scope, consent)
    quiet_hours = tuple(_read_all(scope, library, "quiet_hours", read_quiet_hours).values())
    report_calling_hours(scope, consent.tcpa, quiet_hours)
    return Policies(
        caps=tuple(_read_all(scope, library, "cap", read_cap).values()),
        quiet_hours=quiet_hours,
        state_rules=tuple(_read_all(scope, library, "suppress", read_suppress).values()),
        holdouts=tuple(_read_all(scope, library, "holdout", read_holdout).values()),
        opt_out_scope=consent.opt_out_scope,
        sms_stop=consent.sms_stop,
        consent_categories=_by_name(consent.categories),
        double_opt_in=consent.double_opt_in,
        gpc=consent.gpc,
        tcf=consent.tcf,
        residency=_residency(scope, library),
        approvals=_approvals(scope, library),
    )


def _sign_in(scope: Scope, library: _Library) -> SignIn | None:
    tree = library.single("sign_in")
    return read_sign_in(scope, tree) if tree is not None else None


def _residency(scope: Scope, library: _Library) -> Residency | None:
    tree = library.single("residency")
    return read_residency(scope, tree) if tree is not None else None


def _approvals(scope: Scope, library: _Library) -> Approvals | None:
    tree = library.single("approvals")
    return read_approvals(scope, tree) if tree is not None else None


def _read_all(
    scope: Scope, library: _Library, kind: str, read: Callable[[Scope, Fields], T | None]
) -> dict[str, T]:
    found: dict[str, T] = {}
    for document in library.heads(kind):
        if document.tree is not None:
            value = read(scope, document.tree)
            if value is not None:
                found.setdefault(document.name, value)
    return _by_name(found)


def _by_name(values: Mapping[str, T]) -> dict[str, T]:
    """Order by name: which file a definition stands in changes nothing."""
    return dict(sorted(values.items()))
