"""Expressions are JMESPath: compiled, they say what its own interpreter says."""

from __future__ import annotations

from urllib.parse import urlencode

import jmespath
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.connectors.exchange.body import query
from legato.connectors.language.expression import expr
from legato.connectors.language.value import MISSING, is_true

EXPRESSIONS = (
    "doc.a", "doc.a.b", "doc.a || doc.b", "doc.a && doc.b", "!(doc.a)", "doc.a == doc.b",
    "doc.a != `1`", "doc.c[0]", "doc.c[-1]", "doc.c[1:]", "doc.c[*].a", "doc.c[].a",
    "doc.c[?a]", "doc.c[?a == `1`].b", "doc.c[?a && b] | [0]", "doc.*", "doc.a.*.b",
    "{x: doc.a, y: doc.b}", "[doc.a, doc.b]", "doc.c[][]", "doc.c[?!(a)]",
    "doc.a == `true`", "doc.a == '' || doc.b == `[]`", "type(doc.a) == 'number'",
    "to_array(doc.c || `[]`)", "length(doc.c || `[]`)", "not_null(doc.a, doc.b, 'z')",
    "keys(doc.d || `{}`)", "reverse(doc.c || `[]`)", "doc.d.a", "doc.c[0].a.b",
    "doc.c[?!(a) || !(b)]", "doc.d.a.b.c", "type(doc.d.a) != 'null' && doc.d.b", "[doc.d.a]",
    "not_null(doc.d.a, doc.c[1], doc.b)",
)  # fmt: skip
ORDERS = ("doc.a > doc.b", "!(doc.a <= `1`) || doc.b", "doc.c[?a > `0` || !(b)]")
"""Texts have an order here, and none in JMESPath."""

texts = st.text(st.characters(exclude_categories=["Cs"]))
leaves = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b"])
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=8,
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "a": values,
        "b": values,
        "c": st.lists(values, max_size=3),
        "d": st.dictionaries(st.sampled_from(["a", "b"]), values, max_size=2),
    },
)


@settings(max_examples=300, deadline=None)
@given(document=documents, text=st.sampled_from(EXPRESSIONS))
def test_what_is_compiled_says_what_the_library_says(document: object, text: str) -> None:
    scope = {"doc": document}

    found = expr(text).read(scope)

    wanted = jmespath.search(text, scope)
    assert found == wanted if wanted is not None else found is MISSING or found is None
    assert isinstance(found, bool) == isinstance(wanted, bool)


@settings(max_examples=300, deadline=None)
@given(document=documents, text=st.sampled_from((*EXPRESSIONS, *ORDERS)))
def test_a_condition_holds_where_what_it_reads_counts_as_yes(document: object, text: str) -> None:
    scope = {"doc": document}

    condition = expr(text)

    assert condition.holds(scope) is is_true(condition.read(scope))


@given(pairs=st.lists(st.tuples(texts, texts), max_size=3))
def test_a_query_is_written_as_the_standard_library_writes_it(
    pairs: list[tuple[str, str]],
) -> None:
    assert query(pairs) == urlencode(pairs)
