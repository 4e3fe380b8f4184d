"""Notes that were rolled out of the state file into Parquet files."""

from __future__ import annotations
