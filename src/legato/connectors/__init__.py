"""The far edge, as data: manifests, requests, outcomes. Pure."""

from __future__ import annotations
