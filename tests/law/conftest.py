"""How laws are tried: what fails is a law, never the speed of the machine that tries it."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("law", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("law")
