"""The filter language: text -> tree -> template -> statement.

`parser` reads a text, `compile` gives its identifiers a meaning through a FieldResolver, and a
`template` holds the result for every request. For a request, `formula` says what must hold of
which joined rows, `emit` turns that into SQL conditions and `select` into whole statements.

Invariants: a value is always a bound parameter; the same shape of filter gives the same text;
every input ends in a statement or a FilterError; rows and their order are PocketBase's.

This package knows joins and columns, not collections: `records.field_resolver` resolves paths
for records, `simple` for plain tables. It imports store.sql only, and is used by schema and
records.
"""
