"""Records that were rolled out of the log's file into Parquet files."""

from __future__ import annotations
