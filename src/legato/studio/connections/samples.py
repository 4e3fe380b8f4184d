"""What a connector is tried out with: made up, of nobody, and edited before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.connectors.spec import Input, Spec
from legato.model.delivery import Operation

EVENT: Mapping[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "legato-trial-1",
    "userId": "legato-trial",
    "anonymousId": "legato-trial-visitor",
    "timestamp": "2026-01-01T12:00:00Z",
    "properties": {
        "order_id": "TRIAL-1",
        "total": 19.9,
        "currency": "EUR",
        "products": [{"product_id": "P-1", "sku": "P-1", "name": "A cup", "price": 19.9}],
    },
    "context": {"traits": {"email": "trial@legato.example", "phone": "+447700900123"}},
}
_BY_NAME: Mapping[str, Any] = {
    "subject": "A try",
    "body": "This is a try of a connection. Nothing follows from it.",
    "text": "This is a try of a connection.",
    "html": "<p>This is a try of a connection.</p>",
    "title": "A try",
    "email": "trial@legato.example",
    "phone": "+447700900123",
}
_BY_TYPE: Mapping[str, Any] = {
    "string": "try",
    "integer": 1,
    "number": 1.0,
    "boolean": True,
    "object": {},
    "array": [],
    "any": "try",
}
_ADDRESSES: Mapping[str, str] = {
    "email": "trial@legato.example",
    "sms": "+447700900123",
    "push": "device-token-of-a-try",
}


def samples_of(spec: Spec) -> dict[str, Any]:
    """Return a content for each operation, with the address where one is needed."""
    return {operation: _sample(spec, operation) for operation in spec.routes}


def _sample(spec: Spec, operation: Operation) -> dict[str, Any]:
    if operation == "event":
        return {"address": "", "content": dict(EVENT)}
    kind = spec.consent.channel or spec.head.category
    address = _ADDRESSES.get(kind, "legato-trial")
    inputs = spec.inputs(operation)
    needed = {name: _value(name, one) for name, one in inputs.items() if _is_told(name, one)}
    return {"address": address, "content": needed}


def _is_told(name: str, one: Input) -> bool:
    return one.required or name in _BY_NAME


def _value(name: str, one: Input) -> Any:  # noqa: ANN401 - JSON
    if one.enum:
        return one.enum[0]
    return _BY_NAME[name] if name in _BY_NAME else _BY_TYPE[one.type]
