"""Migrations: what turns a data directory into the state that the program expects.

`system` makes the tables and collections of an empty directory; it is called when the directory
is opened, before the catalog is loaded. The rest is about the files of an app developer: `loader`
finds them, `runner` applies and reverts them, `diff` and `template` are pure functions that write
them, `automigrate` does so whenever a request changes a collection.

Invariants: each file and its note in `_migrations` are one transaction; whether a file is applied
is decided inside it, so several processes may start at once. Imports schema, settings, hooks and
store; called by app, start and the command line.
"""
