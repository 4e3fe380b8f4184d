"""`rollout:` of a journey: how many of those who enter get what is written."""

from __future__ import annotations

from legato.model.definitions.rollout import Rollout
from legato.plan import form
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields


def read_rollout(scope: Scope, journey: Fields) -> Rollout | None:
    """Read the share that a journey is rolled out to; None: it is for everybody."""
    part = Form(scope.findings, journey, "this journey")
    share = part.read("rollout", form.share, None)
    return None if share is None else Rollout(share=share)
