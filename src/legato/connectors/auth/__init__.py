"""How an account proves itself to a provider. Pure: keys, time and nonce are given."""

from __future__ import annotations
