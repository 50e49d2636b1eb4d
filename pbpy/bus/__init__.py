"""The bus: what the processes of one application tell each other.

    bus.py            the interface, and what all kinds of bus share
    local_bus.py      members in one process
    outbox.py         processes on one machine: rows of data.db, written with the change itself
    doorbell.py       "there are new rows": a datagram to every process
    topic_table.py    which topics the processes of one machine listen to
    questions.py      a message to one process, and its answer
    confirmations.py  that a member has acted on a message
    silent.py         who did not answer in time
    redis_bus.py      processes on several machines (extra `redis`)
    place.py          where a process stands among the others

Invariants: every member gets the published messages in the same order, its own included; a
message published with a transaction is seen if that commits, and never if it does not.
Imports: store, config, errors. Called by app and realtime, made by `place.make_bus`.
"""
