"""Where secrets come from at the moment of sending: the environment, then where they are kept."""

from __future__ import annotations

from collections.abc import Mapping

from legato.ports.sender import Secrets

PREFIX = "LEGATO_SECRET_"


class EnvironmentSecrets:
    """ports.sender.Secrets: what the environment gives goes before what is kept."""

    def __init__(self, environment: Mapping[str, str], kept: Secrets | None = None) -> None:
        self._environment = environment
        self._kept = kept

    def get(self, name: str) -> str | None:
        """Return a secret's value; see ports.sender."""
        value = self._environment.get(PREFIX + name)
        if value is None and self._kept is not None:
            return self._kept.get(name)
        return value

    def gives(self, name: str) -> bool:
        """Return whether the environment has it."""
        return PREFIX + name in self._environment
