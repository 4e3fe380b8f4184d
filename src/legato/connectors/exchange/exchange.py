"""One delivery, from the first question to the last answer. Sans-IO: the host sends and waits."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Any, TypeAlias

import msgspec

from legato.connectors.classify import ItemVerdict, Verdict, classify, read_answer
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.exchange.render import render
from legato.connectors.exchange.scene import Choice, base_frame, check, check_answer, scenes
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import (
    MISSING,
    ExpressionError,
    Value,
    as_text,
    is_empty,
    rows_of,
)
from legato.connectors.spec import Call, Lookup, Requirement, Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.instant import Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.wire import Request, Response

REQUESTS_MAX = 100
"""One delivery that makes more is a mistake in its manifest, not a delivery."""


class Question(msgspec.Struct, frozen=True):
    """A lookup as one delivery asks it."""

    lookup: Lookup
    frame: Frame
    key: str
    """Under which the host may remember the answer; empty: it may not."""

    def keep_for(self, response: Response) -> Duration:
        """Return how long an answer may be remembered."""
        if not self.key or not self._is_answered(response):
            return 0
        return self.lookup.ttl if self.is_found(response) else self.lookup.negative

    def is_found(self, response: Response) -> bool:
        """Return whether it was answered with something, and not that there is none."""
        if _is_one_of(response, self.lookup.absent):
            return False
        try:
            return not is_empty(_selected(self.lookup, response, self.frame))
        except ExpressionError:
            return False

    def _is_answered(self, response: Response) -> bool:
        is_success = 200 <= response.status < 300  # noqa: PLR2004 - as HTTP has it
        return is_success or _is_one_of(response, (*self.lookup.absent, *self.lookup.accept))


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A request to make. Its answer is given to `next`."""

    request: Request
    format: str
    """How its body is written."""
    question: Question | None = None
    """None: it is the delivery's own, and changes something."""
    name: str = ""
    """Under which the answer can be read by those after it, where it is the delivery's own."""


class Done(Noun, frozen=True, kw_only=True):
    """It is over: the last answer's verdict is the delivery's."""

    verdict: Verdict
    made: int
    """How many requests of its own were accepted before or with it."""


class Refused(Noun, frozen=True, kw_only=True):
    """There is nothing to send, or nothing more: `render.ignored` where that is as it should be."""

    reason: Reason


Next: TypeAlias = Ask | Done | Refused


class Exchange:
    """What is asked and answered for one delivery. Used once."""

    def __init__(
        self,
        spec: Spec,
        delivery: Delivery,
        terms: Terms,
        *,
        base: Frame,
        choice: Choice | None = None,
    ) -> None:
        self._spec = spec
        self._delivery = delivery
        self._base = base
        self._terms = terms
        self._choice = choice or Choice()
        self._run: Generator[Ask, Response, Done] | None = None
        self._steps = Steps(spec, terms, base["clock"]["now"], key=delivery.delivery_id)

    @property
    def made(self) -> int:
        """How many of its own requests were accepted."""
        return self._steps.made

    def next(self, answer: Response | None = None) -> Next:
        """Return what is to be asked next, given the answer to what was asked before."""
        try:
            if self._run is None or answer is None:
                assert self._run is None
                self._run = self._taken()
                return next(self._run)
            return self._run.send(answer)
        except StopIteration as end:
            done: Done = end.value
            return done
        except RefusalError as refused:
            return Refused(reason=refused.reason)
        except ExpressionError as error:
            return Refused(reason=Reason(code="render.expression", what=str(error)))

    def _taken(self) -> Generator[Ask, Response, Done]:
        """Refuse before anything is asked, then look up, then send in order."""
        spec, terms, now = self._spec, self._terms, self._base["clock"]["now"]
        taken = scenes(spec, self._delivery, self._base, terms, choice=self._choice)
        has_asked = False
        for scene in taken:
            route, frame = scene.route, scene.frame
            stopped = yield from look_up(spec, route.lookups, frame, terms=terms, now=now)
            if stopped is not None:
                return Done(verdict=stopped, made=self.made)
            has_asked = has_asked or bool(route.lookups)  # that may be all there was to do
            check(route.require, frame, is_late=True)
            stopped = yield from self._steps.take(route.calls, frame, route.require)
            if stopped is not None:
                return Done(verdict=stopped, made=self.made)
        return self._steps.done(has_asked=has_asked)


class Steps:
    """Requests that change something, in order: what they are answered is seen by those after."""

    def __init__(self, spec: Spec, terms: Terms, now: Instant, *, key: str) -> None:
        self._spec = spec
        self._terms = terms
        self._now = now
        self._key = key
        self._last = Verdict(kind="accepted")
        self._items: list[ItemVerdict] = []
        self.made = 0
        """How many were accepted."""

    def take(
        self, calls: Sequence[Call], frame: Frame, require: Iterable[Requirement] = ()
    ) -> Generator[Ask, Response, Verdict | None]:
        """Return the verdict that ended it; None: all were accepted."""
        for call in calls:
            if call.name:
                frame[call.name] = MISSING if call.for_each is None else []
        for call in calls:
            answers: list[dict[str, Any]] = []
            for each in frames(call, frame):
                response = yield self._ask(call, each)
                verdict = classify(self._spec, response, self._now)
                if verdict.kind != "accepted" and not _is_one_of(response, call.accept):
                    return verdict
                self._accept(verdict)
                if call.name:
                    answers.append({**read_answer(response), "item": each.get("item")})
            if answers:
                frame[call.name] = answers[0] if call.for_each is None else answers
                check_answer(require, frame, call.name)
        return None

    def done(self, *, has_asked: bool) -> Done:
        """Return the end of it. Raises RefusalError where nothing was asked and nothing sent."""
        if not self.made and not has_asked:
            raise RefusalError("nothing", "it says nothing that the destination could be told")
        verdict = msgspec.structs.replace(self._last, items=tuple(self._items))
        return Done(verdict=verdict, made=self.made)

    def _ask(self, call: Call, frame: Frame) -> Ask:
        if self.made >= REQUESTS_MAX:
            raise RefusalError("requests", f"it would make over {REQUESTS_MAX} requests")
        key = f"{self._key}-{self.made + 1}" if self.made else self._key
        request = render(self._spec, call, frame, self._terms, key=key)
        return Ask(request=request, format=call.format, name=call.name)

    def _accept(self, verdict: Verdict) -> None:
        self.made += 1
        self._last = verdict if verdict.kind == "accepted" else Verdict(kind="accepted")
        self._items += self._last.items


def look_up(
    spec: Spec, lookups: Iterable[Lookup], scope: Frame, *, terms: Terms, now: Instant
) -> Generator[Ask, Response, Verdict | None]:
    """Ask what has to be known first; return the verdict of an answer that is none."""
    for lookup in lookups:
        scope[lookup.name] = MISSING
        found: list[Value] = []
        for frame in frames(lookup.call, scope):
            response = yield _ask(spec, lookup, frame, terms)
            if _is_one_of(response, lookup.absent):
                found.append(MISSING)
                continue
            verdict = classify(spec, response, now)
            if verdict.kind != "accepted" and not _is_one_of(response, lookup.accept):
                return verdict
            found.append(_selected(lookup, response, frame))
        if lookup.call.for_each is not None:
            scope[lookup.name] = [None if one is MISSING else one for one in found]
        elif found:
            scope[lookup.name] = found[0]
    return None


def _ask(spec: Spec, lookup: Lookup, frame: Frame, terms: Terms) -> Ask:
    request = render(spec, lookup.call, frame, terms, key="")
    key = lookup.key.read(frame) if lookup.key is not None else MISSING
    name = "" if key is MISSING or key is None else f"{lookup.name}:{as_text(key)}"
    return Ask(request=request, format=lookup.call.format, question=Question(lookup, frame, name))


def begin(
    spec: Spec, delivery: Delivery, *, terms: Terms, now: Instant, choice: Choice | None = None
) -> Exchange:
    """Begin an exchange. Without a choice, routes and inputs are as the manifest has them."""
    base = base_frame(spec, delivery, terms, now)
    return Exchange(spec, delivery, terms, base=base, choice=choice)


def frames(call: Call, frame: Frame) -> list[Frame]:
    """Return a frame for each request that a call makes: none, one, or one for each of a list."""
    if call.for_each is None:
        return [frame] if call.when is None or call.when.holds(frame) else []
    items = call.for_each.read(frame)
    many = [
        Frame({"item": item, "index": index}, None, frame)
        for index, item in enumerate(rows_of(items))
    ]
    return [one for one in many if call.when is None or call.when.holds(one)]


def _is_one_of(response: Response, statuses: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= response.status <= high for low, high in statuses)


def _selected(lookup: Lookup, response: Response, frame: Frame) -> Value:
    answer = read_answer(response)
    if lookup.select is None:
        return answer["body"]
    return lookup.select.read(Frame(answer, None, frame))
