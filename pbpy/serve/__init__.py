"""Serving: a process, its socket and its signals around one App.

The only package that imports ASGI servers. `servers` chooses one; `uvicorn_server` and
`hypercorn_server` make both behave alike: the same limits, the same end. `run` serves in this
process; `supervisor` forks workers that serve and replaces those that die. Called by the
command line and by `PocketBase.serve`.
"""

from pbpy.serve.run import serve
from pbpy.serve.servers import ServerKind

__all__ = ["ServerKind", "serve"]
