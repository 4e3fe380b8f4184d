"""The nested steps of a journey, laid flat: each gets a name and says where it goes next.

A step's id is its label, else the way to it from the top: `2.then.1`. A block of steps is laid from
its front: the ids of its steps are known before any of them is read, so that each can name the one
behind it, and the last names what follows the block.
"""

from __future__ import annotations

from legato.model.definitions.journey import (
    Arm,
    Audience,
    Branch,
    Call,
    GoTo,
    JourneyStep,
    Leave,
    Send,
    SetTrait,
    Split,
    Wait,
    WaitCase,
    WaitFor,
    WaitUntil,
)
from legato.model.instant import SECOND, Duration
from legato.model.noun import Noun
from legato.model.plan import AudienceType
from legato.model.problem import Place
from legato.model.rule import ALWAYS, Rule
from legato.plan import form
from legato.plan.conditions.conditions import Hand, read_condition
from legato.plan.conditions.properties import property_schema
from legato.plan.findings import listed, nearest
from legato.plan.form import Form
from legato.plan.guards.freshness import check_stale, fresh_for
from legato.plan.rules.channels import default_address
from legato.plan.rules.journeys.sends import read_send, read_traits
from legato.plan.rules.templates import check_content
from legato.plan.scope import Scope
from legato.plan.source import Fields, Items, Value, plain

WORDS = (
    "wait",
    "wait_until",
    "wait_for",
    "await_confirmation",
    "when",
    "split",
    "send",
    "set",
    "join",
    "leave_audience",
    "call",
    "go_to",
    "leave",
)
"""What a journey step can be; a step says which by the one of these keys it has."""
CALL_TIMEOUT: Duration = 30 * SECOND
UNBOUNDED = 1_000_000
"""A jump that lies on no circle needs no bound: it is taken once a pass."""
SHARE_SLACK = 1e-9


class Jump(Noun, frozen=True, kw_only=True):
    """A `go_to`, to be looked up when all labels are known."""

    origin: str
    label: str
    place: Place
    is_bounded: bool


class Course:
    """A journey's steps as they are laid. Built once, read once."""

    def __init__(self, scope: Scope, *, journey: str, purpose: str, hand: Hand) -> None:
        self.scope = scope
        self.journey = journey
        self.purpose = purpose
        self.hand = hand
        self.steps: dict[str, JourneyStep] = {}
        self.places: dict[str, Place] = {}
        self.labels: dict[str, Place] = {}
        self.jumps: list[Jump] = []

    def lay(self, value: Value | None, path: str, following: str) -> str:
        """Lay a block of steps; return where it begins, `following` when it is empty."""
        if value is None:
            return following
        found = form.items(self.scope.findings, value, "steps")
        if found is None:
            return following
        trees = [tree for item in found.items if (tree := self._tree(item)) is not None]
        ids = [self._name(tree, f"{path}{number}") for number, tree in enumerate(trees, start=1)]
        for index, (tree, step_id) in enumerate(zip(trees, ids, strict=True)):
            self._lay_step(tree, step_id, ids[index + 1] if index + 1 < len(ids) else following)
        return ids[0] if ids else following

    def _tree(self, item: Value) -> Fields | None:
        return form.fields(self.scope.findings, item, "step")

    def _name(self, tree: Fields, path: str) -> str:
        value = tree.get("label")
        label = form.text(self.scope.findings, value, "label") if value is not None else None
        if value is None or label is None:
            return path
        if not label[0].isalpha():
            self.scope.findings.report(
                "D107", value.place, "a label must begin with a letter", "`label: start_over`"
            )
            return path
        if label in self.labels:
            self.scope.findings.report(
                "J308",
                value.place,
                f"the label `{label}` already stands in line {self.labels[label].line}",
                "rename one of the two",
            )
            return path
        self.labels[label] = value.place
        return label

    def _lay_step(self, tree: Fields, step_id: str, following: str) -> None:
        part = Form(self.scope.findings, tree, "this step")
        part.take("label")
        self.places[step_id] = tree.fields[0].place if tree.fields else tree.place
        word = next((field.key for field in tree.fields if field.key in WORDS), None)
        if word is None:
            self._unknown(tree)
            return
        value = part.take(word)
        assert value is not None
        part.what = f"the step `{word}`"
        step = self._read(part, word, step_id=step_id, following=following)
        part.close()
        if step is not None:
            self.steps[step_id] = step

    def _unknown(self, tree: Fields) -> None:
        keys = [field for field in tree.fields if field.key != "label"]
        place = keys[0].place if keys else tree.place
        near = nearest(keys[0].key, WORDS) if keys else None
        self.scope.findings.report(
            "J307",
            place,
            f"`{keys[0].key}` is no journey step" if keys else "this journey step does nothing",
            f"did you mean `{near}`?" if near else f"use {listed(WORDS, limit=len(WORDS))}",
        )

    def _read(self, part: Form, word: str, *, step_id: str, following: str) -> JourneyStep | None:
        match word:
            case "wait" | "wait_until":
                return self._wait(part, word, step_id, following)
            case "wait_for":
                return self._wait_for(part, step_id, following)
            case "await_confirmation":
                return self._confirmation(part, step_id, following)
            case "when":
                return self._branch(part, step_id, following)
            case "split":
                return self._split(part, step_id, following)
            case "call":
                return self._call(part, step_id, following)
            case "go_to":
                return self._go_to(part, step_id, following)
            case "leave":
                outcome = part.read("leave", form.text, "quietly")
                return Leave(step_id=step_id, outcome=outcome)
            case _:
                return self._act(part, word, step_id, following)

    def _act(
        self, part: Form, word: str, step_id: str, following: str
    ) -> Send | SetTrait | Audience:
        match word:
            case "send":
                send = read_send(
                    self.scope, part, step_id, purpose=self.purpose, entry=self.hand.entry
                )
                return Send(
                    step_id=step_id,
                    next=following,
                    message=send.message,
                    channels=send.channels,
                    prefer=send.prefer,
                    purpose=send.purpose,
                    expires=send.expires,
                    about=send.about,
                    fall_back=send.fall_back,
                    offer=send.offer,
                )
            case "set":
                traits = read_traits(self.scope, part)
                return SetTrait(step_id=step_id, next=following, traits=traits)
            case _:
                return Audience(
                    step_id=step_id,
                    next=following,
                    audience=self._audience(part, word),
                    operation="join" if word == "join" else "leave",
                )

    def _wait(self, part: Form, word: str, step_id: str, following: str) -> Wait | WaitUntil:
        if word == "wait":
            duration = part.read("wait", form.duration, SECOND)
            return Wait(step_id=step_id, next=following, duration=duration)
        inner = self._inner(part, "wait_until")
        minute = inner.need_read("time", form.minute_of_day, 0, example='time: "09:00"')
        weekdays = inner.read("weekdays", form.weekdays, ())
        inner.close()
        return WaitUntil(step_id=step_id, next=following, minute=minute % 1_440, weekdays=weekdays)

    def _wait_for(self, part: Form, step_id: str, following: str) -> WaitFor:
        value = part.take("wait_for")
        found = form.items(self.scope.findings, value, "wait_for") if value else None
        cases: list[WaitCase] = []
        for number, item in enumerate(found.items if found else (), start=1):
            tree = form.fields(self.scope.findings, item, "wait_for")
            if tree is not None:
                inner = Form(self.scope.findings, tree, "this case of `wait_for`")
                cases.append(self._case(inner, f"{step_id}.case{number}", following))
                inner.close()
        if found is not None and not found.items:
            self.scope.findings.report(
                "J306",
                found.place,
                "this waits for nothing",
                "add a case such as `- {on: Order Completed, leave: goal}` or `- {after: 2d}`",
            )
        return WaitFor(step_id=step_id, cases=tuple(cases))

    def _case(self, part: Form, path: str, following: str) -> WaitCase:
        event = part.read("on", form.text, "")
        after = part.read("after", form.duration, 0) if "after" in part else None
        kinds = [key for key in ("on", "when", "after") if key in part]
        if not kinds or (after is not None and len(kinds) > 1):
            self.scope.findings.report(
                "J306",
                part.place,
                "a case waits either for an event, for a condition, or for a time",
                "write `on: Event` (perhaps with `when:`), `when: CONDITION`, or `after: 2d`",
            )
        if event:
            self.scope.refer("event", event, part.place_of_value("on"))
        at_most = part.read("at_most", form.whole, 0) or None
        return WaitCase(
            next=self._case_next(part, path, following, is_bounded=at_most is not None),
            on=event,
            when=self._condition(part, event or None),
            same=self._same(part, event),
            after=after,
            at_most=at_most,
            source=self._source(part),
        )

    def _case_next(self, part: Form, path: str, following: str, *, is_bounded: bool) -> str:
        ways = [key for key in ("then", "go_to", "leave") if key in part]
        if len(ways) > 1:
            self.scope.findings.report(
                "J306",
                part.place_of(ways[1]),
                f"`{ways[0]}` and `{ways[1]}` both say what comes next",
                "keep one of the two",
            )
        if "then" in ways:
            return self.lay(part.take("then"), f"{path}.", following)
        if "go_to" in ways:
            label = part.read("go_to", form.text, "")
            self.jumps.append(
                Jump(
                    origin=path.rpartition(".")[0],
                    label=label,
                    place=part.place_of_value("go_to"),
                    is_bounded=is_bounded,
                )
            )
            return label
        if "leave" in ways:
            step_id = f"{path}.leave"
            outcome = part.read("leave", form.text, "quietly")
            self.steps[step_id] = Leave(step_id=step_id, outcome=outcome)
            self.places[step_id] = part.place_of("leave")
            return step_id
        return following

    def _confirmation(self, part: Form, step_id: str, following: str) -> WaitFor:
        inner = self._inner(part, "await_confirmation")
        event = inner.need_read("on", form.text, "", example="on: Order Synced")
        if event:
            self.scope.refer("event", event, inner.place_of_value("on"))
        within = inner.need_read("within", form.duration, SECOND, example="within: 30m")
        cases = (
            WaitCase(
                next=following,
                on=event,
                when=self._condition(inner, event or None),
                same=self._same(inner, event),
                source=self._source(inner),
            ),
            WaitCase(
                next=self.lay(inner.take("late"), f"{step_id}.late.", following), after=within
            ),
        )
        inner.close()
        return WaitFor(step_id=step_id, cases=cases, is_confirmation=True)

    def _branch(self, part: Form, step_id: str, following: str) -> Branch:
        value = part.take("when")
        rule = ALWAYS if value is None else read_condition(self.scope, value, self.hand)
        if "then" not in part and "else" not in part:
            part.need("then", "then: [...]")
        limits, stale = fresh_for(self.scope, rule), part.take("stale")
        check_stale(self.scope, limits, has_way=stale is not None, place=part.place_of("when"))
        return Branch(
            step_id=step_id,
            when=rule,
            then=self.lay(part.take("then"), f"{step_id}.then.", following),
            otherwise=self.lay(part.take("else"), f"{step_id}.else.", following),
            stale=None if stale is None else self.lay(stale, f"{step_id}.stale.", following),
            fresh_for=limits,
        )

    def _split(self, part: Form, step_id: str, following: str) -> Split:
        name = part.read("split", form.text, "")
        value = part.need("arms", "arms: [{name: a, share: 50%, steps: []}, ...]")
        found = form.items(self.scope.findings, value, "arms") if value is not None else None
        arms: list[Arm] = []
        for item in found.items if found else ():
            tree = form.fields(self.scope.findings, item, "arms")
            if tree is None:
                continue
            inner = Form(self.scope.findings, tree, "this arm")
            arm = inner.need_read("name", form.any_text, "", example="name: a")
            share = inner.need_read("share", form.share, 0.0, example="share: 50%")
            begin = self.lay(inner.take("steps"), f"{step_id}.{arm}.", following)
            arms.append(Arm(name=arm, share=share, next=begin))
            inner.close()
        self._check_arms(arms, found)
        return Split(step_id=step_id, salt=f"{self.journey}/{name}", arms=tuple(arms))

    def _check_arms(self, arms: list[Arm], found: Items | None) -> None:
        total = sum(arm.share for arm in arms)
        if found is not None and abs(total - 1.0) > SHARE_SLACK:
            self.scope.findings.report(
                "J305",
                found.place,
                f"the shares of these arms make {total:.4g} of everybody ({total:.2%}), not 100%",
                "change the shares so that they add up to 100%",
            )
        names = [arm.name for arm in arms]
        if found is not None and len(dict.fromkeys(names)) < len(names):
            self.scope.findings.report(
                "J308", found.place, "two arms have the same name", "rename one of the two"
            )

    def _audience(self, part: Form, word: str) -> str:
        value = part.take(word)
        if not isinstance(value, Fields):
            name = part.read(word, form.text, "")
            if name:
                self.scope.refer("audience", name, part.place_of_value(word))
            return name
        inner = self._inner(part, word)
        name = inner.need_read("audience", form.text, "", example="audience: recent_buyers")
        destination = inner.need_read("destination", form.text, "", example="destination: ads")
        inner.close()
        if destination:
            place = inner.place_of_value("destination")
            self.scope.refer_able("audience_add", destination, place)
        if name:
            purpose = self.purpose if word == "join" else ""
            self._keep_audience(name, destination, purpose, inner.place_of_value("audience"))
        return name

    def _keep_audience(self, name: str, destination: str, purpose: str, place: Place) -> None:
        kept = self.scope.audiences.get(name)
        if kept is not None and (
            kept.destination != destination or (purpose and kept.purpose not in ("", purpose))
        ):
            self.scope.findings.report(
                "N203",
                place,
                f"the audience `{name}` is used elsewhere at `{kept.destination}`"
                f" for `{kept.purpose or 'no purpose'}`, here at `{destination}` for `{purpose}`",
                f"use another name, or declare it once (`audience: {name}` in segments/)",
            )
            return
        self.scope.names["audience"].setdefault(name, place)
        self.scope.audiences[name] = AudienceType(
            name=name,
            destination=destination,
            address=kept.address if kept else default_address(self.scope),
            purpose=purpose or (kept.purpose if kept else ""),
            title=kept.title if kept else name,
            owner=kept.owner if kept else "",
        )

    def _call(self, part: Form, step_id: str, following: str) -> Call:
        inner = self._inner(part, "call")
        destination = inner.need_read("destination", form.text, "", example="destination: crm")
        if destination:
            self.scope.refer_able("call", destination, inner.place_of_value("destination"))
        content = inner.take("content")
        tree = form.fields(self.scope.findings, content, "content") if content else None
        if tree is not None:
            check_content(self.scope, tree, self.hand.entry)
        answers: list[tuple[Rule, str]] = []
        value = inner.take("answers")
        found = form.items(self.scope.findings, value, "answers") if value is not None else None
        for number, item in enumerate(found.items if found else (), start=1):
            fields = form.fields(self.scope.findings, item, "answers")
            if fields is not None:
                each = Form(self.scope.findings, fields, "this answer")
                answers.append(self._answer(each, f"{step_id}.answer{number}.", following))
        call = Call(
            step_id=step_id,
            destination=destination,
            content=plain(tree) if tree else {},
            answers=tuple(answers),
            otherwise=self.lay(inner.take("else"), f"{step_id}.else.", following),
            failed=self.lay(inner.take("failed"), f"{step_id}.failed.", following),
            timeout=inner.read("timeout", form.duration, CALL_TIMEOUT),
        )
        inner.close()
        return call

    def _answer(self, part: Form, path: str, following: str) -> tuple[Rule, str]:
        value = part.need("when", "when: {answer: {accepted: true}}")
        hand = Hand(entry=self.hand.entry, has_answer=True)
        rule = ALWAYS if value is None else read_condition(self.scope, value, hand)
        begin = self.lay(part.take("then"), path, following)
        part.close()
        return rule, begin

    def _go_to(self, part: Form, step_id: str, following: str) -> GoTo:
        label = part.read("go_to", form.text, "")
        at_most = part.read("at_most", form.whole, 0)
        self.jumps.append(
            Jump(
                origin=step_id,
                label=label,
                place=part.place_of_value("go_to"),
                is_bounded=at_most > 0,
            )
        )
        return GoTo(step_id=step_id, next=following, target=label, at_most=at_most or UNBOUNDED)

    def _condition(self, part: Form, event: str | None) -> Rule | None:
        value = part.take("when")
        if value is None:
            return None
        hand = Hand(event=event, entry=self.hand.entry)
        return read_condition(self.scope, value, hand)

    def _same(self, part: Form, event: str) -> str:
        return read_same(self.scope, part, event, entry=self.hand.entry)

    def _source(self, part: Form) -> str:
        source = part.read("from", form.text, "")
        if source:
            self.scope.refer("source", source, part.place_of_value("from"))
        return source

    def _inner(self, part: Form, word: str) -> Form:
        value = part.take(word)
        tree = form.fields(self.scope.findings, value, word) if value is not None else None
        place = value.place if value is not None else part.place
        return Form(
            self.scope.findings, tree or Fields(place=place, fields=()), f"the step `{word}`"
        )


def read_same(scope: Scope, part: Form, event: str, *, entry: str | None) -> str:
    """Read the property that an event must share with the one that began the journey."""
    same = part.read("same", form.text, "")
    if not same:
        return ""
    place = part.place_of_value("same")
    if entry is None or not event:
        scope.findings.report(
            "R404",
            place,
            "`same` compares an event with the one that began the journey; one of them is missing",
            "use it with `on:`, in a journey that is entered on an event",
        )
        return same
    for name in dict.fromkeys((event, entry)):
        if name:
            property_schema(scope, name, same, place)
    return same
