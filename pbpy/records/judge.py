"""Judge: for whom of many subscribers a rule holds for one changed record.

A question is the statement that a rule comes to for one subscriber. Whoever asks the same
question gets the same answer, so each is put to the database once: a rule that reads nothing of
the subscriber is one question, `@request.auth.id != ""` is one for all users and one for all
guests, `author = @request.auth.id` one per user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pbpy.errors import FilterError
from pbpy.fields.password import Password
from pbpy.filter.compile import MacroSlot
from pbpy.records import queries
from pbpy.records.query_plan import find_access_template, on_virtual_row
from pbpy.records.request_values import RequestValues
from pbpy.store.sql import Sql

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.fields.field import Field
    from pbpy.records.query_plan import Literals
    from pbpy.records.request_info import RequestInfo
    from pbpy.schema.catalog import Catalog
    from pbpy.schema.collection import Collection, Rule
    from pbpy.store.sql import Row, SqlValue

_REMEMBERED = 4
"""How many questions a subscriber remembers: list and view rule, manage rule, filter."""


def is_secret(field: Field) -> bool:
    """Tell whether the values of a field stay in the database: other processes get none."""
    return isinstance(field, Password) or field.name == "tokenKey"


class Question(NamedTuple):
    """Whether a rule or filter holds for a subscriber.

    Attributes:
        rule: the text of the rule; "" when it is about a filter.
        filter: the text of the filter.
        info: one of the subscribers that ask it.
        key: equal for equal questions: the statement, without the id of the record.
        lasts: whether the subscriber asks the same for the next record; not so when it is
            about the present moment.
    """

    rule: str
    filter: str
    info: RequestInfo
    key: tuple[str, tuple[SqlValue, ...]]
    lasts: bool


class _Known(NamedTuple):
    catalog: Catalog
    question: Question | None


Memory: TypeAlias = "dict[tuple[str, str, str], _Known]"
"""What a subscriber has asked already; to be emptied when its auth record changes."""


class Judge:
    """Answers questions about one record as it was when it was saved.

    It may have been saved again meanwhile, or deleted; what else rules look at is as it is now.

    Args:
        ctx: what to read with; the state of the database is the one that it sees.
        collection: of the record, as the catalog has it.
        saved: the collection that row follows.
        row: the record as it was saved.
    """

    __slots__ = ("_answers", "_collection", "_ctx", "_id", "_is_current", "_now", "_row", "_saved")

    def __init__(
        self, ctx: Context, collection: Collection, record_id: str, saved: Collection, row: Row
    ) -> None:
        self._ctx = ctx
        self._collection = collection
        self._id = record_id
        self._saved = saved
        self._row = row
        self._now = ctx.now()
        self._is_current: bool | None = None
        self._answers: dict[tuple[str, tuple[SqlValue, ...]], bool] = {}

    def ask_rule(self, info: RequestInfo, rule: Rule, memory: Memory) -> Question | bool:
        """Return the question whether a rule lets info pass, or the answer where it is known."""
        if info.is_superuser or rule == "":
            return True
        if rule is None:
            return False
        return self._ask(info, rule, "", memory) or False

    def ask_filter(self, info: RequestInfo, filter: str, memory: Memory) -> Question | bool:  # noqa: A002
        """Return the question whether a client's own filter matches, or the known answer.

        PocketBase: a filter that cannot be used matches nothing.
        """
        return not filter or self._ask(info, "", filter, memory) or False

    async def answer(self, question: Question | bool) -> bool:
        """Return the answer, from the database when it is the first of its kind.

        Raises:
            StoreError: the database refused.
        """
        if isinstance(question, bool):
            return question
        known = self._answers.get(question.key)
        if known is None:
            try:
                known = await self._find_answer(question)
            except FilterError as error:
                self._log(error)
                known = False
            self._answers[question.key] = known
        return known

    def _ask(
        self,
        info: RequestInfo,
        rule: str,
        filter: str,  # noqa: A002
        memory: Memory,
    ) -> Question | None:
        """Return the question; None when rule or filter cannot be used."""
        catalog = self._ctx.catalog
        place = (self._collection.id, rule, filter)
        known = memory.get(place)
        if known is not None and known.catalog is catalog:
            return known.question
        question = None
        try:
            template, literals = find_access_template(
                catalog, self._collection, info, rule=rule, filter=filter
            )
            values = template.read(self._request(info, literals))
            sql = template.statement("row", values).fill(values)
        except FilterError as error:
            self._log(error)
        else:
            lasts = not any(isinstance(slot, MacroSlot) for slot in template.slots.items)
            question = Question(rule, filter, info, (sql.text, sql.params), lasts)
            if not lasts:
                return question
        if len(memory) >= _REMEMBERED:
            memory.clear()
        memory[place] = _Known(catalog, question)
        return question

    async def _find_answer(self, question: Question) -> bool:
        if await self._is_stored():
            text, params = question.key
            return await self._ctx.db.one(Sql(text, (*params, self._id))) is not None
        return await self._held(question)

    async def _is_stored(self) -> bool:
        """Return whether the record is still as it was saved."""
        if self._is_current is None:
            self._is_current = False
            if self._saved is self._collection:
                row = await self._ctx.db.one(queries.select_record(self._collection, self._id))
                self._is_current = row is not None and self._is_same(row)
        return self._is_current

    def _is_same(self, row: Row) -> bool:
        """Tell whether a stored row is the saved one, but for secrets, which may be missing."""
        fields = self._collection.fields
        return all(
            stored == saved or is_secret(field)
            for field, stored, saved in zip(fields, row, self._row, strict=True)
        )

    async def _held(self, question: Question) -> bool:
        """Return whether the rule or filter held for the record as it was saved."""
        template, literals = find_access_template(
            self._ctx.catalog,
            self._saved,
            question.info,
            rule=question.rule,
            filter=question.filter,
            virtual=True,
        )
        values = template.read(self._request(question.info, literals))
        statement = template.statement("exists", values).fill(values)
        return await self._ctx.db.one(on_virtual_row(self._saved, self._row, statement)) is not None

    def _request(self, info: RequestInfo, literals: Literals) -> RequestValues:
        return RequestValues(info, literals, lambda: self._now)

    def _log(self, error: FilterError) -> None:
        self._ctx.log.debug(
            "a subscription to %s cannot be judged: %s", self._collection.name, error
        )
