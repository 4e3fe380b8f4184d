"""Worlds for rehearsals: everything in memory, nothing kept."""

from __future__ import annotations

from legato.model.plan import Plan
from legato.simulate.provider import Desk
from legato.simulate.world import STEADY_SCENE, Scene, World
from legato.stores.memory import MemoryLog, MemoryStore


def open_world(plan: Plan, scene: Scene = STEADY_SCENE, desk: Desk | None = None) -> World:
    """Open a world of its own, which is gone when nobody holds it any longer."""
    world = World(plan, MemoryLog(), MemoryStore(), scene)
    if desk is not None:
        world.let_answer(desk)
    return world
