"""Makes the test's calls through a Python SDK: module, host, write key, gzip or plain."""

from __future__ import annotations

import importlib
import sys
from datetime import UTC, datetime

module, host, write_key, packing = sys.argv[1:]
errors: list[str] = []


def note_error(error: Exception, items: list[object]) -> None:
    errors.append(f"{error!r}: {len(items)} lost")


client = importlib.import_module(module).Client(
    write_key, host=host, on_error=note_error, gzip=packing == "gzip"
)
client.identify(
    user_id="u_ada", anonymous_id="anon-1", traits={"email": "ada@example.com", "plan": None}
)
client.track(
    user_id="u_ada",
    event="Order Completed",
    properties={"total": 27.5, "products": [{"sku": "a"}, {"sku": "b"}], "note": "Łódź 🙂"},
    timestamp=datetime(2024, 3, 10, 6, 59, 59, 123_000, tzinfo=UTC),
)
client.page(anonymous_id="anon-1", name="Home", properties={"url": "https://example.com/"})
client.screen(user_id="u_ada", name="Start", properties={"w": 375})
client.group(user_id="u_ada", group_id="g_1", traits={"employees": 329})
client.alias(previous_id="anon-1", user_id="u_ada")
for i in range(150):
    client.track(user_id="u_ada", event="Burst", properties={"i": i})
client.flush()
client.join()
sys.exit("\n".join(errors) or 0)
