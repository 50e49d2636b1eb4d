"""Compare pbpy with the real PocketBase on the same data: `python -m benchmarks`.

`data.py` fills one data directory through PocketBase; each server gets a copy. Each scenario of
`scenarios.py` is answered once by both and compared, then driven by `load.py` in alternating
rounds (`runner.py`); `report.py` prints the table. Works on Linux only (epoll, /proc).
"""
