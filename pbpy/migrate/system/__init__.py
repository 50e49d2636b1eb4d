"""The tables, collections and settings of an empty data directory, exactly PocketBase's.

Invariants: all or nothing; a directory of PocketBase 0.40 is not changed; several processes
may start at once on the same directory.
"""

from pbpy.migrate.system.data_directory import initialise

__all__ = ["initialise"]
