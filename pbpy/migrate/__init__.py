"""Migrations: what turns a data directory into the state that the program expects.

`system` makes the tables and collections of an empty directory. Imports schema, settings and
store. Called at start, before the catalog is loaded.
"""
