"""Sign-in: tokens, passwords, and the flows built on them.

Calls records/ and settings; called by api/record_auth.py, the application and the command
line. Every flow ends in `respond.py`, which applies the auth rule, MFA and the enrich hook.
"""
