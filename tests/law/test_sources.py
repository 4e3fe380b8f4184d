"""Whatever is in a proven call, every item of it becomes events or is kept: nothing is lost."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.connectors.inbound.call import Call, read_call
from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.events import EVENT_BYTES_MAX, events_of, item_in
from legato.connectors.inbound.hear import items_of
from legato.connectors.inbound.proof import fault_of
from legato.model.event import CustomerEvent, RejectedItem
from legato.workspace import shipped_sources

FORM_IN_PARTS = "multipart/form-data; boundary=x"
NOW = 1_767_225_600_000_000
SPECS = {name: compile_source(manifest).spec for name, manifest in shipped_sources().items()}

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
)
names = st.sampled_from(
    [
        *("event", "type", "data", "object", "item", "topic", "email", "timestamp", "id", "time"),
        *("event-data", "recipient", "user", "properties", "detail", "payload", "mail", "events"),
        *("bounce", "bouncedRecipients", "metric", "object_type", "log_id", "line_items", "x"),
    ]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)
words = st.sampled_from(
    [*("bounce", "delivered", "invoice.paid", "conversation.admin.closed", "orders/paid", "Bounce")]
)


@pytest.mark.parametrize("name", SPECS)
@given(body=values, word=words, data=st.data())
@settings(max_examples=10, deadline=None)
def test_every_item_of_a_call_becomes_events_or_is_kept_whole(
    name: str, body: object, word: str, data: st.DataObject
) -> None:
    spec = SPECS[name]
    assert spec is not None
    if isinstance(body, dict):
        cast("dict[str, Any]", body)[
            data.draw(st.sampled_from(["event", "type", "topic", "RecordType"]))
        ] = word
    raw = msgspec.json.encode(body)
    call = Call(url="https://a.example/?q=1", headers={}, body=raw, received_at=NOW)
    read = read_call(call, spec.head.body)

    fault_of(spec.verify, read, {})  # never raises, whatever it is given
    items = items_of(spec, read, {})

    for item in items if not isinstance(items, str) else []:
        found = events_of(spec, item, {}, source="s", received_at=NOW)
        again = events_of(spec, item, {}, source="s", received_at=NOW)
        assert found == again
        for one in found:
            if isinstance(one, RejectedItem):
                assert item_in(one.raw) is not None
            else:
                assert isinstance(one, CustomerEvent)
                assert len(one.body) <= EVENT_BYTES_MAX
                assert 0 <= one.occurred_at <= NOW


@given(
    raw=st.binary(max_size=200),
    kind=st.sampled_from(["application/json", FORM_IN_PARTS, "application/x-www-form-urlencoded"]),
)
@settings(max_examples=50, deadline=None)
def test_bytes_of_any_kind_are_read_or_refused(raw: bytes, kind: str) -> None:
    call = Call(url="", headers={"content-type": kind}, body=raw, received_at=NOW)

    for spec in SPECS.values():
        assert spec is not None
        read = read_call(call, "auto")
        fault_of(spec.verify, read, {})
        assert isinstance(items_of(spec, read, {}), str | list)
