"""Realtime: who listens to what, what they may see, and the bytes they get.

    topic.py           what a client subscribes to, as text and parsed
    client.py          one open stream: its queue, its auth record, its subscriptions
    broker.py          all clients, found by topic and by auth record; a state machine without I/O
    audience.py        subscriptions that ask the same and see the same, found once and kept
    fanout.py          one change -> which audiences may see it, and the message of each
    change.py          what happened to a record, also as bytes for other processes
    record_events.py   hears the record hooks, tells all processes, hears them
    deletions.py       who may hear of a deletion, asked before it
    echoes.py          what this process has told all, until it hears it itself
    outgoing.py        the changes on their way to the streams, in the order of commits
    auth_changes.py    ends or refreshes the auth of clients when their record changes
    rounds.py          when streams write what is queued for them
    sse.py             messages and their bytes
    oauth2.py          the redirect of a provider, for the client that waits
    realtime.py        what app code holds as `app.realtime`

Uses records and hooks; the streams themselves are HTTP's, in `api/realtime.py`.
"""
