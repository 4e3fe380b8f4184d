"""One delivery, from the first question to the last answer. Sans-IO: the host sends and waits."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias

import msgspec

from legato.connectors.classify import Verdict, classify, read_answer
from legato.connectors.exchange.draft import draft, seal
from legato.connectors.exchange.exposure import check_unexposed
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.exchange.scene import Choice, Scene, base_frame, check, scenes
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import (
    MISSING,
    ExpressionError,
    Value,
    as_text,
    is_true,
    rows_of,
)
from legato.connectors.spec import Call, Lookup, Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.instant import Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.wire import HttpRequest, Response

REQUESTS_MAX = 100
"""One delivery that makes more is a mistake in its manifest, not a delivery."""


class Ask(Noun, frozen=True, kw_only=True):
    """A request to make. Its answer is given to `next`."""

    request: HttpRequest
    format: str
    """How its body is written."""
    lookup: str = ""
    """The lookup that asks; empty: the delivery itself."""
    key: str = ""
    """Under which the host may remember the answer; empty: it may not."""
    ttl: Duration = 0
    negative: Duration = 0
    """How long it may remember that there is none."""
    absent: tuple[tuple[int, int], ...] = ()

    def keep_for(self, response: Response) -> Duration:
        """Return how long an answer may be remembered."""
        if not self.key:
            return 0
        if _is_one_of(response, self.absent):
            return self.negative
        return self.ttl if 200 <= response.status < 300 else 0  # noqa: PLR2004 - as HTTP has it


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
    """What is asked and answered for one delivery. Made by `begin`; used once."""

    def __init__(
        self, spec: Spec, delivery: Delivery, terms: Terms, now: Instant, choice: Choice
    ) -> None:
        self._spec = spec
        self._delivery = delivery
        self._terms = terms
        self._now = now
        self._run: Generator[Ask, Response, Done] | None = None
        self._choice = choice
        self.changed: tuple[str, ...] = ()
        """What `changed_only` compares, as text: the same as last time need not be sent."""

    def next(self, answer: Response | None = None) -> Next:
        """Return what is to be asked next, given the answer to what was asked before."""
        try:
            if self._run is None or answer is None:
                assert self._run is None
                self._run = self._steps()
                return next(self._run)
            return self._run.send(answer)
        except StopIteration as end:
            done: Done = end.value
            return done
        except RefusalError as refused:
            return Refused(reason=refused.reason)
        except ExpressionError as error:
            return Refused(reason=Reason(code="render.expression", what=str(error)))

    def _steps(self) -> Generator[Ask, Response, Done]:
        """Refuse before anything is asked, then look up, then send in order."""
        base = base_frame(self._spec, self._delivery, self._terms, self._now)
        taken = scenes(self._spec, self._delivery, base, self._terms, choice=self._choice)
        self.changed = tuple(_changed(scene) for scene in taken if scene.route.changed_only)
        done: Done | None = None
        made = 0
        for scene in taken:
            stopped = yield from look_up(self._spec, scene, self._terms, self._now)
            if stopped is not None:
                return Done(verdict=stopped, made=made)
            if scene.route.lookups:  # what was asked may be all there was to do
                done = done or Done(verdict=Verdict(kind="accepted"), made=made)
            check(scene.route.require, scene.frame, is_late=True)
            for call in scene.route.calls:
                for frame in frames(call, scene.frame):
                    if made >= REQUESTS_MAX:
                        raise RefusalError(
                            "requests", f"it would make over {REQUESTS_MAX} requests"
                        )
                    response = yield _ask(self._spec, call, frame, self._terms)
                    verdict = classify(self._spec, response, self._now)
                    if verdict.kind != "accepted":
                        return Done(verdict=verdict, made=made)
                    made += 1
                    done = Done(verdict=verdict, made=made)
                    if call.name:
                        scene.frame[call.name] = read_answer(response)
        if done is None:
            raise RefusalError("nothing", "it says nothing that the destination could be told")
        return done


def look_up(
    spec: Spec, scene: Scene, terms: Terms, now: Instant
) -> Generator[Ask, Response, Verdict | None]:
    """Ask what has to be known first; return the verdict of an answer that is none."""
    for lookup in scene.route.lookups:
        scene.frame[lookup.name] = MISSING
        for frame in frames(lookup.call, scene.frame):
            response = yield _ask(spec, lookup.call, frame, terms, lookup)
            if _is_one_of(response, lookup.absent):
                continue
            verdict = classify(spec, response, now)
            if verdict.kind != "accepted" and not _is_one_of(response, lookup.accept):
                return verdict
            scene.frame[lookup.name] = _selected(lookup, response, scene.frame)
    return None


def _ask(spec: Spec, call: Call, frame: Frame, terms: Terms, lookup: Lookup | None = None) -> Ask:
    request = seal(spec, draft(call, frame), frame, terms)
    check_unexposed(spec, frame["delivery"].get("address", ""), request)
    if lookup is None:
        return Ask(request=request, format=call.format)
    key = lookup.key.read(frame) if lookup.key is not None else MISSING
    return Ask(
        request=request,
        format=call.format,
        lookup=lookup.name,
        key="" if key is MISSING or key is None else f"{lookup.name}:{as_text(key)}",
        ttl=lookup.ttl,
        negative=lookup.negative,
        absent=lookup.absent,
    )


def begin(
    spec: Spec, delivery: Delivery, *, terms: Terms, now: Instant, choice: Choice | None = None
) -> Exchange:
    """Begin an exchange. Without a choice, routes and inputs are as the manifest has them."""
    return Exchange(spec, delivery, terms, now, choice or Choice())


def frames(call: Call, frame: Frame) -> list[Frame]:
    """Return a frame for each request that a call makes: none, one, or one for each of a list."""
    if call.for_each is None:
        return [frame] if call.when is None or is_true(call.when.read(frame)) else []
    items = call.for_each.read(frame)
    many = [
        Frame({"item": item, "index": index}, None, frame)
        for index, item in enumerate(rows_of(items))
    ]
    return [one for one in many if call.when is None or is_true(call.when.read(one))]


def _is_one_of(response: Response, statuses: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= response.status <= high for low, high in statuses)


def _selected(lookup: Lookup, response: Response, frame: Frame) -> Value:
    answer = read_answer(response)
    if lookup.select is None:
        return answer["body"]
    return lookup.select.read(Frame(answer, None, frame))


def _changed(scene: Scene) -> str:
    node = scene.route.changed_only
    found = node.read(scene.frame) if node is not None else MISSING
    if found is MISSING:
        return ""
    return msgspec.json.encode(found, order="deterministic").decode()
