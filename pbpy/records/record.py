"""Record: one row of a collection, with its original values and what was set since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pbpy.fields.password import PasswordValue
from pbpy.records.layout import AUTOGENERATE, layout_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pbpy.errors import JsonValue
    from pbpy.fields.field import Field, Value
    from pbpy.fields.file import File
    from pbpy.fields.password import Password
    from pbpy.records.layout import Layout
    from pbpy.schema.collection import Collection
    from pbpy.store.sql import Row

Expanded: TypeAlias = "dict[str, Record | list[Record]]"


class Record:
    """One record; no I/O. Values are decoded from the row when asked for.

    The row holds the stored columns in the order of `collection.fields`; that of a new record
    holds the zero values. What is set afterwards lies on top of it, so `original` and
    `changed_names` keep telling what was stored, also in the hooks after a save.

    Attributes:
        is_new: whether it has never been stored.
        expand: expanded relations; None as long as nothing was asked to be expanded.
        shows_hidden: whether hidden fields are shown, as they are to superusers.
        shows_email: whether the email is shown whatever `emailVisibility` says.
        shows_custom: whether custom values are shown.
        visibility: names that `hide` and `unhide` decided about, None before either.
    """

    # Defaults of the class instead of assignments: a page has up to 1,000 records.
    is_new: bool = False
    expand: Expanded | None = None
    shows_hidden: bool = False
    shows_email: bool = False
    shows_custom: bool = False
    visibility: dict[str, bool] | None = None
    _layout: Layout | None = None
    _custom: dict[str, Any] | None = None
    _operations: dict[str, list[tuple[str, JsonValue]]] | None = None
    _stamps: dict[str, str] | None = None
    _current_row: Row | None = None
    _saved_row: Row | None = None

    collection: Collection
    _row: Row
    _values: dict[str, Value]

    def __init__(
        self, collection: Collection, values: Mapping[str, JsonValue] | None = None
    ) -> None:
        self.collection = collection
        self.is_new = True
        self._layout = layout_of(collection)
        self._row = self._layout.zero_row
        self._values = {}
        if values:
            self.load(values)

    @classmethod
    def from_row(cls, collection: Collection, row: Row) -> Record:
        """Return a stored record; row follows `collection.fields`."""
        record = cls.__new__(cls)
        record.collection = collection
        record._row = row  # noqa: SLF001  # the constructor of a stored record
        record._values = {}  # noqa: SLF001
        return record

    def __repr__(self) -> str:
        return f"<Record {self.collection.name}/{self.id}>"

    def _load_layout(self) -> Layout:
        """Return the layout and keep it: most records of a page never need theirs."""
        self._layout = layout_of(self.collection)
        return self._layout

    # reading

    @property
    def id(self) -> str:
        """The primary key; empty while a new record has none."""
        value = self._values.get("id")
        if value is None:
            value = self._row[(self._layout or self._load_layout()).id_position]
        return cast("str", value)

    def get(self, name: str) -> Value:
        """Return the value of a field, a custom value, or None for an unknown name."""
        values = self._values
        if name in values:
            return values[name]
        layout = self._layout or self._load_layout()
        position = layout.positions.get(name)
        if position is None:
            return self._custom.get(name) if self._custom else None
        return layout.decoders[position](self._row[position])

    def is_set(self, name: str) -> bool:
        """Tell whether a field was set since its row was read, whatever to."""
        return name in self._values

    def original(self, name: str) -> Value:
        """Return the stored value of a field; its zero value for a new record."""
        layout = self._layout or self._load_layout()
        position = layout.positions.get(name)
        return None if position is None else layout.decoders[position](self._row[position])

    @property
    def original_id(self) -> str:
        """The primary key under which it is stored; empty for a new record."""
        return cast("str", self._row[(self._layout or self._load_layout()).id_position])

    def changed_names(self) -> list[str]:
        """Return the names of fields whose value differs from the stored one."""
        if not self._values:
            return []
        positions = (self._layout or self._load_layout()).positions
        row = self.export_row()
        return [name for name in self._values if self._has_changed(positions[name], row)]

    def _has_changed(self, position: int, row: Row) -> bool:
        encoded, stored = row[position], self._row[position]
        if encoded == stored:
            return False
        # SQLite may have changed a number's form, and PocketBase may have written another one.
        layout = self._layout or self._load_layout()
        encode = layout.encoders[position]
        value = layout.decoders[position](stored)
        return bool(encoded != (encode(value) if encode else value))

    def export_row(self) -> Row:
        """Return what the columns hold, or will hold once the record is saved.

        A password that is not hashed yet is `UNHASHED`.
        """
        if not self._values:
            return self._row
        if self._current_row is None:
            layout = self._layout or self._load_layout()
            row = list(self._row)
            for name, value in self._values.items():
                position = layout.positions[name]
                encode = layout.encoders[position]
                row[position] = encode(value) if encode else value
            self._current_row = tuple(row)
        return self._current_row

    @property
    def custom(self) -> Mapping[str, Any]:
        """The values set under names that are no fields."""
        return self._custom or {}

    # setting

    def set(self, key: str, raw: JsonValue) -> None:
        """Set a field (key may be a modifier form such as `n+`), or a custom value.

        Autodate fields ignore it, since the server sets them; `set_raw` does not.
        """
        if not self.set_field(key, raw):
            if self._custom is None:
                self._custom = {}
            self._custom[key] = raw

    def set_field(self, key: str, raw: JsonValue) -> str:
        """Set the field that key means; return its name, empty when key means no field."""
        layout = self._layout or self._load_layout()
        target = layout.setters.get(key)
        if target is None:
            return ""
        position, modifier = target
        item = layout.fields[position]
        name = item.name
        self._current_row = None
        if modifier:
            self._modify(item, modifier, raw)
        elif item.settable:
            self._values[name] = item.normalize(raw)
            if self._operations:
                self._operations.pop(name, None)
        return name

    def set_raw(self, name: str, value: JsonValue) -> None:
        """Set a field of any type, the ones included that the server keeps to itself."""
        self._current_row = None
        self._values[name] = self.collection.by_name[name].normalize(value)
        if self._operations:
            self._operations.pop(name, None)

    def stamp(self, names: Iterable[str], moment: str) -> None:
        """Set autodate fields as a save does: a value given by `set_raw` stays."""
        if self._stamps is None:
            self._stamps = {}
        for name in names:
            given = self._values.get(name)
            if given is None or given is self._stamps.get(name):
                self._values[name] = self._stamps[name] = moment
        self._current_row = None

    def load(self, values: Mapping[str, JsonValue]) -> None:
        """Set several keys, shortest first, as PocketBase applies a body."""
        for key in sorted(values, key=len):
            self.set(key, values[key])

    def _modify(self, item: Field, modifier: str, raw: JsonValue) -> None:
        """Apply a modifier, and remember it when the result depends on the stored value."""
        if self._saved_row is not None:
            self.begin_save()  # so that it follows the row that was saved
        name = item.name
        follows_row = name not in self._values or name in (self._operations or ())
        self._values[name] = item.apply_modifier(self.get(name), modifier, raw)
        if follows_row and modifier != AUTOGENERATE and not self.is_new:
            if self._operations is None:
                self._operations = {}
            self._operations.setdefault(name, []).append((modifier, raw))

    def rebase(self, row: Row) -> list[str]:
        """Take row as the stored state and put what was changed on top of it.

        Modifiers are computed anew where their column has another value by now.

        Returns:
            The names of the fields that were computed anew.
        """
        layout = self._layout or self._load_layout()
        if row == self._row:
            return []
        self._values = {name: self._values[name] for name in self.changed_names()}
        redone = []
        for name, operations in (self._operations or {}).items():
            position = layout.positions[name]
            if row[position] == self._row[position]:
                continue
            value = layout.decoders[position](row[position])
            for modifier, raw in operations:
                value = layout.fields[position].apply_modifier(value, modifier, raw)
            self._values[name] = value
            redone.append(name)
        self._row = row
        self._current_row = None
        return redone

    def mark_saved(self) -> Callable[[], None]:
        """Forget what only a save needs: plain passwords, uploads and modifiers.

        The original values stay as they were until the next save begins.

        Returns:
            A function that takes it back, for a transaction that is rolled back.
        """
        before = (self._row, dict(self._values), self._operations)
        self.is_new = False
        self._operations = None
        layout = self._layout or self._load_layout()
        for name in layout.password_names:
            if name in self._values:
                self._values[name] = self._values[name].without_plain()
        for name in layout.file_names:
            if name in self._values:
                item = cast("File", self.collection.by_name[name])
                self._values[name] = item.saved(self._values[name])
        self._saved_row = self.export_row()

        def take_back() -> None:
            self._row, self._values, self._operations = before
            self._saved_row = self._current_row = None

        return take_back

    def begin_save(self) -> None:
        """Take what the last save stored, if there was one, as the original values."""
        if self._saved_row is None:
            return
        self._row, self._saved_row = self._saved_row, None
        self._values = {name: self._values[name] for name in self.changed_names()}
        self._current_row = None

    # what is shown

    def hide(self, *names: str) -> None:
        """Leave fields or custom values out of responses."""
        self.visibility = {**(self.visibility or {}), **dict.fromkeys(names, False)}

    def unhide(self, *names: str) -> None:
        """Show fields in responses, hidden ones included."""
        self.visibility = {**(self.visibility or {}), **dict.fromkeys(names, True)}

    # auth records

    @property
    def email(self) -> str:
        """The email of an auth record."""
        return cast("str", self.get("email"))

    @property
    def verified(self) -> bool:
        """Whether the email of an auth record is known to be its own."""
        return cast("bool", self.get("verified"))

    @property
    def token_key(self) -> str:
        """The record's part of the key that signs its tokens."""
        return cast("str", self.get("tokenKey"))

    @property
    def is_superuser(self) -> bool:
        """Whether it is a record of `_superusers`."""
        return self.collection.is_superusers

    @property
    def password_hash(self) -> str:
        """The hash of an auth record's password; empty while a new one is not hashed yet."""
        return cast("PasswordValue", self.get("password")).hash

    def set_password(self, plain: str) -> None:
        """Give an auth record a new password; the save checks and hashes it."""
        self.set_raw("password", plain)

    def set_password_hash(self, stored: str) -> None:
        """Give an auth record a password by its hash; the rules for plain ones do not apply."""
        self.set_raw("password", PasswordValue(hash=stored))

    def unhashed_passwords(self) -> list[tuple[Password, PasswordValue]]:
        """Return the password fields whose new value the save has to hash."""
        names = (self._layout or self._load_layout()).password_names
        return [
            (cast("Password", self.collection.by_name[name]), self._values[name])
            for name in names
            if name in self._values and self._values[name].needs_hash
        ]

    def refresh_token_key(self) -> None:
        """Give an auth record another token key, which ends all its tokens."""
        self.set_field("tokenKey:autogenerate", "")
