"""A destination's account: its settings with the secrets of this moment.

A secret is looked up for every attempt, so that a renewed one is used at once. All that is made
of them is made once, and again when one of them has another value.
"""

from __future__ import annotations

from legato.connectors.settings import compile_map, resolve, secrets_of
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.plan import Destination
from legato.model.problem import LegatoError, Reason
from legato.ports.sender import Secrets


class Account:
    def __init__(self, destination: Destination, spec: Spec, secrets: Secrets) -> None:
        self._destination = destination
        self._spec = spec
        self._secrets = secrets
        self._named = secrets_of(destination.settings)
        self._values: dict[str, str] = {}
        self._terms: Terms | None = None

    def terms(self) -> Terms | Reason:
        """Return what every request needs, or why there can be no attempt for now."""
        values: dict[str, str] = {}
        for setting, name in self._named.items():
            try:
                value = self._secrets.get(name)
            except LegatoError as error:
                return Reason(code="secret.unreadable", what=error.what)
            if value is None:
                return Reason(code="secret.missing", what=f"there is no secret named {name}")
            values[setting] = value
        if self._terms is None or values != self._values:
            self._values, self._terms = values, self._make(values)
        return self._terms

    def _make(self, values: dict[str, str]) -> Terms:
        return Terms(
            settings=resolve(self._spec, self._destination.settings, values),
            timeout=self._destination.timeout,
            allow_private=self._destination.allow_private,
            inputs=compile_map(self._spec, self._destination.settings)[0],
        )
