"""The dispatcher: hands every committed delivery to its destination's lane.

All methods are called on the event loop's thread. A delivery is submitted after the turn that
decided it was committed; `settled` is called after the turn that applied its report was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from legato.connectors.accounts import with_account
from legato.connectors.compile import compile_manifest
from legato.model.delivery import Answered, Delivery
from legato.model.ids import DeliveryId
from legato.model.instant import Instant
from legato.model.plan import Destination, Plan, WhenDown
from legato.model.problem import Reason
from legato.runtime.accounts.account import Account
from legato.runtime.accounts.tokens import Tokens
from legato.runtime.lanes.attempt import Attempts
from legato.runtime.lanes.lane import Lane
from legato.runtime.lanes.reporter import AttemptBook, Reporter
from legato.runtime.lanes.status import LaneStatus
from legato.runtime.lanes.way import BROKEN, Detour, Way
from legato.runtime.lanes.world import World
from legato.runtime.rates.rates import Rates


class Lanes:
    """Must be made on the loop's thread. Senders are closed by whoever opened them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._reporter = Reporter(world.intake)
        self._book = AttemptBook(world.gatekeeper)
        self._attempts = Attempts(world, self._book)
        self._tokens = Tokens(world.senders["http"], world.clock, world.tokens)
        self._rates = Rates(world.leases)
        self._lanes: dict[str, Lane] = {}
        self._ways: dict[str, tuple[Destination, Way | None, Reason | None]] = {}
        self._detours: dict[str, WhenDown | None] = {}
        self._is_open = False

    def change_plan(self, plan: Plan) -> None:
        """Follow another plan from the next attempt on. Unchanged destinations keep their pace."""
        self._attempts.change_plan(plan)
        self._tokens.follow(plan.destinations)
        self._rates.follow(plan.destinations)
        gone = [name for name in self._ways if name not in plan.destinations]
        for name in gone:
            del self._ways[name]
            what = f"the plan has no destination {name} any more"
            self._lane(name).set_way(None, Reason(code="destination.unknown", what=what))
        for name, destination in plan.destinations.items():
            known = self._ways.get(name)
            if known is None or _as_sent(known[0]) != _as_sent(destination):
                self._ways[name] = (destination, *self._way(destination))
                self._lane(name).set_way(*self._ways[name][1:])
        for name, destination in plan.destinations.items():
            self._set_detour(name, destination.when_down)

    def start(self) -> None:
        """Take up what the outbox holds. To be called once replay has caught up with the log."""
        self._is_open = True
        for name, _ in self._world.outbox.destinations():
            self._lane(name)
        for lane in self._lanes.values():
            lane.start()

    def submit(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        """Take committed deliveries, each with the position of its cause, in order."""
        for position, delivery in deliveries:
            self._lane(delivery.destination).submit(position, delivery)

    def redrive(self, deliveries: Sequence[Delivery]) -> None:
        """Take deliveries that were dead and are in the outbox again."""
        for delivery in deliveries:
            self._lane(delivery.destination).redrive(delivery)

    def revoke(self, revoked: Sequence[tuple[DeliveryId, Reason]]) -> None:
        """Take deliveries back that have not left: they are reported as refused."""
        for delivery_id, reason in revoked:
            for lane in self._lanes.values():
                if lane.revoke(delivery_id, reason):
                    break

    def renewed(self, secret: str) -> None:
        """Go on with destinations that were held until this secret is set."""
        for name, (_, way, _) in self._ways.items():
            if way is not None and way.account.renewed(secret):
                self._lane(name).resume()

    def settled(self, delivery_ids: Sequence[DeliveryId]) -> None:
        """Forget deliveries whose end the engine has applied."""
        for delivery_id in delivery_ids:
            for lane in self._lanes.values():
                lane.settled(delivery_id)

    async def close(self, seconds: float = 10.0) -> int:
        """Let attempts in flight end, hand over their reports, both within a time.

        Returns how many reports the intake did not take.
        """
        self._is_open = False
        await asyncio.gather(*(lane.close(seconds) for lane in self._lanes.values()))
        await asyncio.gather(self._tokens.close(), self._rates.close())
        await self._book.all_written()
        return await self._reporter.close(seconds)

    def status(self) -> Mapping[str, LaneStatus]:
        """Return every lane as it is now."""
        return {name: lane.status() for name, lane in sorted(self._lanes.items())}

    def account(self, destination: str) -> Account | None:
        """Return the account that a destination sends with."""
        _, way, _ = self._ways.get(destination, (None, None, None))
        return None if way is None else way.account

    def answered(self, destination: str, delivery_id: DeliveryId) -> Answered | None:
        """Return what a delivery that is being tried was answered last."""
        lane = self._lanes.get(destination)
        return None if lane is None else lane.answered(delivery_id)

    def untold(self, since: Instant) -> list[Delivery]:
        """Return the opt-outs that were to be told before an instant and are still tried."""
        return [one for lane in self._lanes.values() for one in lane.untold(since)]

    def _set_detour(self, name: str, when_down: WhenDown | None) -> None:
        if when_down == self._detours.get(name):
            return
        self._detours[name] = when_down
        if when_down is None:
            self._lane(name).set_detour(None)
        else:
            other = self._lane(when_down.use)
            self._lane(name).set_detour(Detour(other.reach, when_down.after))

    def _lane(self, name: str) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = Lane(
                name,
                self._world,
                attempts=self._attempts,
                book=self._book,
                report=self._reporter.report,
            )
            if self._is_open:
                lane.start()
        return lane

    def _way(self, destination: Destination) -> tuple[Way | None, Reason | None]:
        compiled = compile_manifest(destination.manifest)
        if destination.broken or compiled.spec is None:
            why = destination.broken or compiled.mistakes[0]
            what = f"the manifest of {destination.name} is broken: {why}"
            return None, Reason(code=BROKEN, what=what)
        spec = with_account(compiled.spec, destination.settings)
        sender = self._world.senders.get(spec.transport)
        if sender is None:
            extra = f"pip install 'legato[{spec.transport}]'"
            what = f"{destination.name} needs `{extra}` and a restart"
            return None, Reason(code="destination.driver", what=what)
        way = Way(
            destination=destination,
            spec=spec,
            pace=self._rates.pace(
                destination.name,
                destination.rate or spec.limits.rate,
                shared=destination.rate_shared,
            ),
            sender=sender,
            clock=self._world.clock,
            account=Account(
                destination,
                spec,
                secrets=self._world.secrets,
                tokens=self._tokens,
            ),
        )
        return way, None


def _as_sent(destination: Destination) -> Destination:
    """Return a destination without what is said of it: nothing is sent otherwise for that."""
    return replace(destination, title=None, owner=None)
