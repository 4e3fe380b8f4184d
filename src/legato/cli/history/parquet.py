"""An answer as a Parquet file, with the types that its columns have."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from legato.app.history.sql import Table
from legato.cli.client import Failure

ROWS_AT_ONCE = 10_000


def write_parquet(table: Table, path: Path) -> None:
    """Write an answer's rows to a file, whole or not at all."""
    driver = _driver()
    draft = path.with_name(f"{path.name}.new")
    connection = driver.connect(":memory:")
    try:
        columns = ", ".join(f"{_name(name)} {kind}" for name, kind in table.columns)
        connection.execute(f"CREATE TABLE answer ({columns})")
        casts = ", ".join(f"CAST(unnest(?::VARCHAR[]) AS {kind})" for _, kind in table.columns)
        for start in range(0, len(table.rows), ROWS_AT_ONCE):
            rows = table.rows[start : start + ROWS_AT_ONCE]
            cells = [[_text(row[index]) for row in rows] for index in range(len(table.columns))]
            connection.execute(f"INSERT INTO answer SELECT {casts}", cells)
        target = str(draft).replace("'", "''")
        connection.execute(f"COPY answer TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        draft.replace(path)
    except OSError as error:
        raise Failure(f"{path} cannot be written.", "Look at its folder and the disk.") from error
    finally:
        connection.close()
        draft.unlink(missing_ok=True)


def _text(value: Any) -> str | None:  # noqa: ANN401 - whatever stands in a row
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    return msgspec.json.encode(value).decode()


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _driver() -> Any:  # noqa: ANN401 - a library that may not be there
    try:
        return import_module("duckdb")
    except ImportError as error:
        raise Failure(
            "What writes Parquet is not installed: duckdb.",
            "Install it: pip install 'legato[duckdb]'.",
        ) from error
