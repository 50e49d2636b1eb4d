"""Formula -> SQL.

PocketBase joins everything and removes duplicates. Here a join with several rows becomes an
EXISTS or IN subquery around the part of the formula that uses it, which gives the same rows
without duplicates; a join with one row becomes a subquery too, or a LEFT JOIN where its
columns meet others.

A related table is searched in one of two ways: *probe* looks rows up by key for every outer
row; *set* collects the matching keys once. A set is better for scans of many outer rows while
the related table is not much larger, so the statement chooses when it runs, by the tables'
highest rowids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.errors import FilterError
from pbpy.filter.draft import EMPTY, Draft, bracketed, items_source, join_drafts
from pbpy.filter.formula import (
    All,
    Atom,
    Formula,
    Some,
    all_of,
    holds_missing,
)
from pbpy.filter.joins import Ref
from pbpy.filter.scope import MAX_JOINS, Scope
from pbpy.store.sql import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pbpy.filter.joins import Join


class Emitter(Scope):
    """A scope that writes formulas."""

    __slots__ = ()

    def expression(self, formula: Formula) -> Draft:
        """Return a formula as an SQL expression; NULL means that it does not hold."""
        if isinstance(formula, Some):
            whole = self._as_one(formula)
            if whole is not None:
                return whole
            return bracketed(" OR ", [self.expression(item) for item in formula.items])
        items = formula.items if isinstance(formula, All) else (formula,)
        groups = self._groups(items)
        return bracketed(" AND ", [self._group(group) for group in groups])

    def _groups(self, items: Sequence[Formula]) -> list[Formula]:
        """Return the items joined into groups that share no row of a join.

        Items behind the same one-row join go together, so that it is looked up once.
        """
        groups: list[list[Formula]] = []
        places: dict[Join, int] = {}  # where the items that use a join are
        for item in items:
            marks = set(self._several(item))
            step = self._only_step(item)
            if step is not None:
                marks.add(step)
            known = sorted({places[mark] for mark in marks if mark in places})
            place = known[0] if known else len(groups)
            if not known:
                groups.append([])
            for other in known[1:]:
                groups[place].extend(groups[other])
                groups[other] = []
                places.update((mark, place) for mark, at in places.items() if at == other)
            groups[place].append(item)
            places.update(dict.fromkeys(marks, place))
        return [all_of(members) for members in groups if members]

    def _several(self, formula: Formula) -> frozenset[Join]:
        """Return the joins of a formula that may have several rows for the rows at hand."""
        return frozenset(
            join for join in formula.joins if join not in self.names and not join.one_row
        )

    def _only_step(self, formula: Formula) -> Join | None:
        """Return the one join, next to what is at hand, behind which all joins lie."""
        found: Join | None = None
        for join in formula.joins:
            if join in self.names or not (join.parent is None or join.parent in self.names):
                continue
            if found is not None:
                return None
            found = join
        return found

    def _group(self, formula: Formula) -> Draft:
        whole = self._as_one(formula)
        if whole is not None:
            return whole
        if isinstance(formula, Some):
            return self.expression(formula)
        if self._several(formula):
            return self._exists(formula)
        if isinstance(formula, All):
            return bracketed(" AND ", [self._group(item) for item in formula.items])
        return self._atom(formula)

    def _atom(self, formula: Atom) -> Draft:
        parts = []
        if formula.condition is not None:
            parts.append(self.write(formula.condition.pieces))
        if formula.violation is not None:
            violated = self.expression(formula.violation.atom)
            parts.append(Draft("(") + violated + ") IS NOT TRUE")
        parts.extend(self.column(guard) + " = TRUE" for guard in formula.guards)
        return bracketed(" AND ", parts)

    def _as_one(self, formula: Formula) -> Draft | None:
        """Return a formula as one subquery over the join behind which all of it lies."""
        step = self._only_step(formula)
        if step is None or step in self.names:
            return None
        closed = all(step in join.lineage for join in formula.direct)
        behind = all(step in join.lineage for join in formula.named)
        missing = holds_missing(formula, step, all_missing=behind)
        if missing is None:
            return None
        if step.one_row:
            return self._one_row(step, formula, missing=missing, closed=closed)
        if isinstance(formula, Some):
            return None
        return self._many_rows(step, formula, missing=missing, closed=closed)

    def _one_row(self, step: Join, formula: Formula, *, missing: bool, closed: bool) -> Draft:
        """Search a join of at most one row; `missing`: it holds where there is no row."""
        as_set = closed and step.kind == "relation"
        if as_set and not step.is_table:
            return self._key_set(step, formula, missing=missing)
        probe = self._probe(step, formula, missing=missing)
        if not as_set or not self.set_limit:
            return probe
        return self._either(step, self._key_set(step, formula, missing=missing), probe)

    def _either(self, step: Join, as_set: Draft, probe: Draft) -> Draft:
        """Return both ways to search a table; the statement takes one when it runs."""
        highest = f"(SELECT max(rowid) FROM {quote_identifier(step.table)})"
        return (
            Draft(f"CASE WHEN {highest} <= {self.set_limit} THEN ")
            + as_set
            + " ELSE "
            + probe
            + " END"
        )

    def _key_set(self, step: Join, formula: Formula, *, missing: bool) -> Draft:
        inner = self.inner(step)
        where = inner.condition(formula, negated=missing)
        found = (
            self.key(step)
            + f" IN (SELECT {inner.names[step]}.`id` FROM "
            + inner.source(step)
            + inner.joined
            + " WHERE "
            + where
            + ")"
        )
        return Draft("(") + found + ") IS NOT TRUE" if missing else found

    def _probe(self, step: Join, formula: Formula, *, missing: bool) -> Draft:
        inner = self.inner(step)
        where = inner.condition(formula, negated=missing)
        return (
            Draft("NOT EXISTS (SELECT 1 FROM " if missing else "EXISTS (SELECT 1 FROM ")
            + inner.source(step)
            + inner.joined
            + " WHERE "
            + inner.link(step)
            + " AND "
            + where
            + ")"
        )

    def condition(self, formula: Formula, *, negated: bool) -> Draft:
        """Return a formula, or that it does not hold."""
        found = self.expression(formula)
        return Draft("(") + found + ") IS NOT TRUE" if negated else found

    def _many_rows(self, step: Join, formula: Formula, *, missing: bool, closed: bool) -> Draft:
        """Search a join of several rows; `missing`: it holds where there are none."""
        if closed and step.kind in ("back", "back_items"):
            as_set = self._reference_set(step, formula, missing=missing)
            if not step.indexed or not step.is_table:
                return as_set
            probe = self._search(step, formula, missing=missing)
            return self._either(step, as_set, probe) if self.set_limit else probe
        self._note_scan(step)
        return self._search(step, formula, missing=missing)

    def _note_scan(self, step: Join) -> None:
        if step.kind in ("back", "back_items") and not step.indexed:
            self.aliases.scans = True

    def _search(self, step: Join, formula: Formula, *, missing: bool) -> Draft:
        inner = self.inner(step, set_limit=self.set_limit if step.kind == "items" else "")
        where = inner.expression(formula)
        link = inner.link(step)
        rows = Draft("SELECT 1 FROM ") + inner.source(step)
        found = (
            Draft("EXISTS (")
            + rows
            + inner.joined
            + " WHERE "
            + (link + " AND " if link.text else EMPTY)
            + where
            + ")"
        )
        if step.kind == "items":
            # most empty lists are written like this, and need no look into the JSON
            list_text = self.column(Ref(step.origin, step.column)).text
            sign = f"{list_text} = '[]' OR " if missing else f"{list_text} <> '[]' AND "
            found = Draft(sign) + found
        if not missing:
            return Draft("(") + found + ")"
        none = Draft("NOT EXISTS (") + rows + (Draft(" WHERE ") + link if link.text else EMPTY)
        return Draft("(") + found + " OR " + none + "))"

    def _reference_set(self, step: Join, formula: Formula, *, missing: bool) -> Draft:
        """Search a back relation from its side: the ids that its matching rows refer to."""
        inner = self.inner(step)
        where = inner.expression(formula)
        own = f"{inner.names[step]}.{quote_identifier(step.column)}"
        source = inner.source(step)
        value = own
        if step.kind == "back_items":
            items = self.aliases.next()
            source += f", {items_source(own)} {items}"
            value = f"{items}.value"
        found = (
            self.key(step)
            + f" IN (SELECT {value} FROM "
            + source
            + inner.joined
            + " WHERE "
            + where
            + ")"
        )
        if not missing:
            return found
        none = (
            Draft("(") + self.key(step) + f" IN (SELECT {value} FROM " + source + ")) IS NOT TRUE"
        )
        return Draft("(") + found + " OR " + none + ")"

    def _exists(self, formula: Formula) -> Draft:
        """Search for rows of several joins, or of one whose absence is not decided by itself."""
        inner = self.inner_empty()
        steps = self._to_bind(formula)
        if len(steps) > MAX_JOINS:
            raise FilterError("too many relations in one query")
        needed = formula.rejects
        clauses: list[Draft] = []
        links: list[Draft] = []
        for step in steps:
            self._note_scan(step)
            inner.names[step] = self.aliases.next()
            source, link = inner.source(step), inner.link(step)
            if step in needed:
                clauses.append(Draft(" JOIN " if clauses else "") + source)
                if link.text:
                    links.append(link)
                continue
            if not clauses:
                clauses.append(Draft("(SELECT 1)"))
            clauses.append(Draft(" LEFT JOIN ") + source)
            if link.text:
                clauses.append(Draft(" ON ") + link)
        where = inner.expression(formula)
        return (
            Draft("EXISTS (SELECT 1 FROM ")
            + join_drafts(clauses, "")
            + inner.joined
            + " WHERE "
            + bracketed(" AND ", [*links, where])
            + ")"
        )

    def _to_bind(self, formula: Formula) -> list[Join]:
        """Return the joins of a subquery: those that items share, or all of a single one."""
        several = self._several(formula)
        if isinstance(formula, All):
            uses = [self._several(item) for item in formula.items]
            shared = {join for join in several if sum(join in use for use in uses) > 1}
            several = frozenset(shared or several)
        found: list[Join] = []
        for join in several:
            found.extend(
                step for step in join.lineage if step not in self.names and step not in found
            )
        return sorted(found, key=lambda join: len(join.lineage))
