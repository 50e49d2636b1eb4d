"""Record use cases: list, view, create, update, delete, expand.

`record.py` is the value; `save.py` writes and deletes any record with hooks, validation, files
and cascades; `list`, `view`, `create`, `update` and `delete` are the requests of clients, rules
first; `find.py` is for app developers, without rules. Rules, filters and paths become SQL in
`rules.py`, `query_plan.py` and `field_resolver.py`; all other statements are in `queries.py`.

Invariants: nothing is computed from a stored row outside of the transaction that writes it;
files exist before the row that names them; what a client sees passes through `encode.py`.

Imports schema, fields, filter, files, store and hooks. Called by auth, api and the application.
"""
