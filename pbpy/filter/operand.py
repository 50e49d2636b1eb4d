"""Operands: what one side of a comparison resolves to."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from pbpy.filter.joins import Join, Param, Pieces, Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from pbpy.store.sql import SqlValue


class NullFallback(enum.Enum):
    """How `=` and `!=` treat NULL. Source: PocketBase tools/search NullFallbackPreference."""

    AUTO = 0
    DISABLED = 1
    ENFORCED = 2


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a comparison, ready to be written.

    Attributes:
        pieces: its SQL.
        fallback: how NULL is treated.
        params: how many placeholders PocketBase counts; its rules for `=` and `~` ask that.
        empty_param: whether a counted placeholder is null or an empty text.
        literal: `NULL`, `1`, `0`... when PocketBase writes it as a word instead of binding it.
        match_all: the sources that give a path several values, when a plain operator must hold
            for all of them: from the first with several rows to the end of the path.
        null_when_missing: whether it is NULL where the row of its columns is missing.
        guard: a column that has to be true as well (`emailVisibility`).
        text_column: whether it is a plain column that holds texts only.
        never_null: whether that column cannot hold NULL.
    """

    pieces: Pieces
    fallback: NullFallback = NullFallback.AUTO
    params: int = 0
    empty_param: bool = False
    literal: str = ""
    match_all: tuple[Join, ...] = ()
    null_when_missing: bool = True
    guard: Ref | None = None
    text_column: bool = False
    never_null: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it is known to be null or an empty text."""
        return self.literal == "NULL" or (
            self.fallback is NullFallback.AUTO and self.params == 1 and self.empty_param
        )

    @property
    def is_known(self) -> bool:
        """Whether it is known to be neither null nor an empty text."""
        if self.fallback is NullFallback.ENFORCED:
            return False
        return self.literal in ("1", "0", "TRUE", "FALSE") or (
            self.params > 0 and not self.empty_param and self.literal != "NULL"
        )

    @property
    def has_columns(self) -> bool:
        """Whether its value depends on a row."""
        return any(isinstance(piece, Ref) for piece in self.pieces)

    def wrapped(self, before: str, after: str) -> Operand:
        """Return the operand inside a function call that gives NULL for NULL."""
        return replace(
            self, pieces=(before, *self.pieces, after), text_column=False, never_null=False
        )


NULL = Operand(("NULL",), literal="NULL")
TRUE = Operand(("1",), literal="1")
FALSE = Operand(("0",), literal="0")


class Slot(Protocol):
    """A value that is known when the statement runs."""

    def read(self, request: Request) -> SqlValue:
        """Return the value for one request."""

    def shape(self, value: SqlValue) -> Hashable:
        """Return what of the value the SQL text depends on."""


class Late(Protocol):
    """An operand whose form depends on slots' shapes."""

    def bind(self, shapes: Sequence[Hashable]) -> Operand:
        """Return the operand for one combination of shapes."""


AnyOperand: TypeAlias = "Operand | Late"
"""What resolvers give: most operands are the same for every request."""


class Request(Protocol):
    """Where slots read their values."""

    @property
    def literals(self) -> Sequence[SqlValue]:
        """The texts and numbers of the filter, in order."""

    @property
    def now(self) -> str:
        """The present moment, for macros."""


class Slots:
    """The slots of one template, in order of their first use."""

    __slots__ = ("_keys", "items")

    def __init__(self) -> None:
        self.items: list[Slot] = []
        self._keys: dict[Hashable, int] = {}

    def add(self, key: Hashable, make: Callable[[], Slot]) -> int:
        """Return the index of the slot with this key, made when it is new."""
        index = self._keys.get(key)
        if index is None:
            index = self._keys[key] = len(self.items)
            self.items.append(make())
        return index


class FieldResolver(Protocol):
    """Gives meaning to the identifiers of a filter."""

    @property
    def slots(self) -> Slots:
        """Where operands register the values they need."""

    def resolve(self, name: str) -> AnyOperand:
        """Return the operand of an identifier.

        Raises:
            FilterError: there is no such thing, or it may not be used.
        """


def value_shape(value: SqlValue) -> str:
    """Return the shape of a plain value: null, empty text or anything else."""
    if value is None:
        return "null"
    return "empty" if value == "" else "value"


@dataclass(frozen=True, slots=True)
class SlotOperand:
    """A plain value from a slot: NULL becomes a word, everything else is bound."""

    slot: int
    lower: bool = False

    def bind(self, shapes: Sequence[Hashable]) -> Operand:
        """Return NULL, or the bound value."""
        shape = shapes[self.slot]
        if shape == "null":
            return NULL
        bound = Operand((Param(self.slot),), params=1, empty_param=shape == "empty")
        return bound.wrapped("LOWER(", ")") if self.lower else bound


@dataclass(frozen=True, slots=True)
class WordOperand:
    """A small number that PocketBase writes as a word; 0 and 1 count as known values."""

    slot: int

    def bind(self, shapes: Sequence[Hashable]) -> Operand:
        """Return the bound value."""
        return Operand((Param(self.slot),), literal=str(shapes[self.slot]))


@dataclass(frozen=True, slots=True)
class FlagOperand:
    """A 1 or 0 that PocketBase writes as TRUE or FALSE.

    Behind IS and IS NOT the words test whether the other side is true; they do not compare.
    """

    slot: int

    def bind(self, shapes: Sequence[Hashable]) -> Operand:
        """Return the word."""
        word = "TRUE" if shapes[self.slot] == 1 else "FALSE"
        return Operand((word,), literal=word)
