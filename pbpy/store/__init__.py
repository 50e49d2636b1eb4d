"""The database: the only package that imports the driver.

Purpose: reads that never block the event loop, one writer at a time, and SQL as a value.
Invariants: a read outside of a transaction sees committed data only; a transaction is either
wholly committed or wholly undone, whatever ends it; statements are cached by their text, so
the text of the same question never varies.
Imports: errors and config. Called by schema, records, settings, migrate and app, through the
Protocols in `access` and the values in `sql`.
"""
