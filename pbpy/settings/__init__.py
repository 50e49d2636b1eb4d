"""Settings: the values a superuser may change at run time, and their one row in data.db.

Invariants: a Settings value never changes, a new one takes its place as a whole; secrets are
in the stored form only; every change is validated and saved by `save.py`. Imports fields, store,
binding and errors. Called by schema (a collection's new name), migrate (a new data directory),
app (start and reload) and api (showing and changing them, limiting requests).
"""
