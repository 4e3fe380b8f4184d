"""Writes the API's OpenAPI document to web/openapi.json, of which the Studio's types are made."""

from __future__ import annotations

from pathlib import Path

from legato.studio.api import document

if __name__ == "__main__":
    target = Path(__file__).parents[1] / "web" / "openapi.json"
    target.write_bytes(document())
    print(f"{target}: {target.stat().st_size:,} bytes")
