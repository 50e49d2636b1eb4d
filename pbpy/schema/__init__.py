"""Collections: what they are, how they change, and what the database makes of them.

A Collection is a frozen value, all of them together are a Catalog. A change goes through
`save`, `delete` or `importer`: prepared, validated, written as a row of `_collections`, and
carried out on its table or view, in one transaction together with the catalog. What is refused
leaves no trace in rows, tables, indexes or catalog.

Stored rows, public JSON and generated ids are PocketBase's, so both can open the same file.
Imports fields, filter and store; used by records, auth, migrate and api.
"""
