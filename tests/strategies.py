"""Hypothesis strategies that several tests share."""

from __future__ import annotations

from hypothesis import strategies as st

from pbpy.filter.ast import And, Call, Compare, Expr, Number, Or, Path, Term, Text
from pbpy.filter.lexer import OPERATORS

names = st.from_regex(r"[a-z_@#][a-z0-9_.:]{0,8}[a-z0-9]", fullmatch=True)

# a text of the language cannot hold NUL or lone surrogates
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)

numbers = st.from_regex(r"-?[0-9]{1,5}(\.[0-9]{1,3})?", fullmatch=True)

_plain_terms: st.SearchStrategy[Term] = st.one_of(
    names.map(Path), texts.map(Text), numbers.map(Number)
)

terms: st.SearchStrategy[Term] = st.one_of(
    _plain_terms,
    st.builds(
        Call,
        st.sampled_from(["geoDistance", "strftime", "other"]),
        st.lists(_plain_terms, max_size=3).map(tuple),
    ),
)

comparisons = st.builds(Compare, terms, st.sampled_from(sorted(OPERATORS)), terms)

filters: st.SearchStrategy[Expr] = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(And),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=8,
)
