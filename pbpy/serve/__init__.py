"""Serving: a process, its socket and its signals around one App.

The only package that imports ASGI servers. `serve` chooses one; `uvicorn_server` and
`hypercorn_server` make both behave alike: the same limits, the same end. Called by the command
line and by `PocketBase.serve`.
"""

from pbpy.serve.run import ServerKind, serve

__all__ = ["ServerKind", "serve"]
