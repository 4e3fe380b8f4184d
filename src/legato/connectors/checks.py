"""What is looked for in a whole manifest: secrets in URLs, personal data not declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from legato.connectors import form
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.functions.digests import NORMAL
from legato.connectors.language.node import Path
from legato.connectors.language.value import Name, Value
from legato.connectors.mistake import Mistake, one_of
from legato.connectors.spec import Head, PiiKind, Route, Spec
from legato.model.delivery import Operation

_CONFORMANCE_KEYS = (
    "vectors", "settings", "constants", "answers", "ignore", "ignore_headers", "skip_when",
    "refuse_when", "segment", "record", "recorded", "classes",
)  # fmt: skip
_ADDRESS_OF: Mapping[str, PiiKind] = {"email": "email", "sms": "phone"}
"""Category -> what a message there is addressed by."""
_KIND_OF_FORM: Mapping[str, PiiKind] = {
    "gmail": "email",
    "phone_e164": "phone",
    "city": "address",
    "state": "address",
    "zip": "address",
    "country": "address",
    "street": "address",
}


def check_exposed(
    inside: Compiler, names: Iterable[Name], path: Path, hidden: Mapping[str, object]
) -> None:
    """Report secrets that would be written into a URL or a file."""
    for name in dict.fromkeys(_behind(names, inside.origins)):
        if name[0] == "settings" and name[-1] in hidden:
            what = f"the secret `{name[-1]}` would be written into a URL or file"
            fix = "Send it in a header or body, or mark the setting `in_url: true`."
            inside.add(path, what, fix)


def _behind(names: Iterable[Name], let: Mapping[str, tuple[Name, ...]]) -> Iterable[Name]:
    """Follow let-names to what they were made from. They look back only, so this ends."""
    for name in names:
        if name[0] in let:
            yield from _behind(let[name[0]], let)
        else:
            yield name


def check_personal(
    top: Compiler, head: Head, routes: Mapping[Operation, tuple[Route, ...]]
) -> None:
    """Report personal data that goes there and is not declared: the register is made from it."""
    for form_name, path in top.digested.items():
        if form_name and form_name not in NORMAL:
            top.add(path, f"there is no normal form `{form_name}`", one_of(form_name, NORMAL))
            continue
        kind = _KIND_OF_FORM.get(form_name, form_name)
        if form_name in ("", "text"):
            is_declared = bool(head.pii) or head.category in ("stream", "api", "ads")
        else:
            is_declared = kind in head.pii
        if not is_declared:
            what = f"personal data ({kind or 'of some kind'}) is digested, and not declared"
            top.add(path, what, f"Add `pii: [{kind or 'email'}]` at the top.")
    for operation, several in routes.items():
        for route in several:
            for name, one in route.inputs.items():
                if one.pii and one.pii not in head.pii:
                    what = f"the input `{name}` of `{operation}` is {one.pii}, and not declared"
                    top.add(("pii",), what, f"Add `pii: [{one.pii}]` at the top.")


def undeclared_address(spec: Spec) -> Mistake | None:
    """Return what is wrong where the address that messages go to is not declared.

    Asked of manifests as they are written, not of those that run already: to stop sending would
    be worse than a gap in the register.
    """
    address = _ADDRESS_OF.get(spec.head.category)
    if address is None or "send" not in spec.routes or address in spec.head.pii:
        return None
    what = f"messages there go to an address ({address}), and it is not declared"
    return Mistake(path=("category",), what=what, fix=f"Add `pii: [{address}]` at the top.")


def check_conformance(top: Compiler, value: Value) -> Mapping[str, Any]:
    """Check that whatever is left out of the score says why."""
    given = form.mapping(top, value, ("conformance",))
    form.only(top, given, _CONFORMANCE_KEYS, ("conformance",))
    for name in ("ignore", "ignore_headers", "skip_when", "refuse_when", "recorded"):
        items = given.get(name, [])
        for index, item in enumerate(cast("list[Any]", items) if isinstance(items, list) else []):
            where = ("conformance", name, index)
            if not isinstance(item, Mapping) or "because" not in item:
                top.add(where, "nobody will know why it is left out", "Add `because: ...`.")
    return given
