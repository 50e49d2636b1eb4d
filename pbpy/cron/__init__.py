"""Cron: jobs that run at certain minutes.

    schedule.py   an expression, parsed: when a job is due
    cron.py       the jobs and their clock; what app code holds as `app.cron`

Invariants: a job runs once for a minute in which it is due, if the process is there at its
start; what a job raises goes to the log and no further. Imports: sync_app, go_quote. The
settings check expressions with `schedule.py`; `pbpy.start` starts the clock, in one worker only.
"""
