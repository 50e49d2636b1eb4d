"""Files: uploads, their names and types, and the storage in which they end up.

A file is stored before the row that names it and deleted after the row that drops it; the
notes of `intents` repair what a crash leaves in between. What a file is, its content alone
decides, never its name or the client.

Imports store (SQL values), ids and errors. The file field, the save pipeline, the schema
(deleting a collection) and the API (serving) call it.
"""

from pbpy.files.content_type import ContentType, sniff_content_type
from pbpy.files.intents import Intent, Intents
from pbpy.files.local import LocalStorage
from pbpy.files.storage import FileInfo, OpenFile, Storage
from pbpy.files.upload import Upload

__all__ = [
    "ContentType",
    "FileInfo",
    "Intent",
    "Intents",
    "LocalStorage",
    "OpenFile",
    "Storage",
    "Upload",
    "sniff_content_type",
]
