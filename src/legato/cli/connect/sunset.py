"""Which providers switch off the version of their API that a connector speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

SOON = timedelta(days=180)
"""Time enough to write a manifest for the next version, or to wait for one that is shipped."""


def endings(manifests: Iterable[Mapping[str, Any]], today: date) -> Iterator[str]:
    """Say of each that is switched off within half a year, or was, when that is."""
    for manifest in manifests:
        told = manifest.get("sunset")
        day = date.fromisoformat(str(told)) if told else None
        if day is None or day - today > SOON:
            continue
        version = f" {manifest['api_version']}" if "api_version" in manifest else ""
        when = "was switched off" if day <= today else "will be switched off"
        yield f"{manifest['name']} ({manifest['id']}): its API{version} {when} on {day}."
