"""JSON Schema of what definitions say of storage and history, for editors."""

from __future__ import annotations

from legato.plan.schema_steps import Schema, of, shape

STORAGE: Schema = shape(
    "What keeping data costs, for the bloat report.",
    "price_per_gb_month",
    {
        "price_per_gb_month": {
            "type": "number",
            "minimum": 0,
            "description": "Price of a gigabyte for a month, in the workspace's currency: 0.023.",
        }
    },
)
INFRASTRUCTURE: Schema = shape(
    "What Legato runs on costs, for the scorecard.",
    "price_per_month",
    {
        "price_per_month": {
            "type": "number",
            "minimum": 0,
            "description": "Price of its machines for a month, in the workspace's currency: 120.",
        }
    },
)
HISTORY: Schema = shape(
    "What becomes of old notes.",
    "roll_after",
    {"roll_after": of("duration", "How old they are when they leave for Parquet files: 30d.")},
)
