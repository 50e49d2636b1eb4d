"""The realtime benchmark: both servers with many streams, in one run.

    wire.py         a blocking connection; the kernel says when bytes have arrived
    streams.py      opens a stream and subscribes
    crowd.py        many streams in a process of their own: what arrived when, and what is missing
    scene.py        the collection, the users and the posts
    steady.py       posts at a steady rate
    deliveries.py   part 1: latencies and deliveries per second under three rules
    connections.py  parts 2 and 3: idle streams; streams that come and go
    faults.py       part 4: cut streams, a killed worker, a reader that reads nothing, long topics
    table.py        what is printed, and the bars to reach

Clients and server share a machine, so the streams are read seldom, many bytes at a time: that
costs 1 to 2 us per delivery. It does not blur the latencies, since the moment of an arrival is
the kernel's.
"""
