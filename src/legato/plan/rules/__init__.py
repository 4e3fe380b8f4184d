"""How each family of definitions is read and checked, one module a family. Pure."""

from __future__ import annotations
