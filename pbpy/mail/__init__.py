"""Mail: messages, the ways they leave the server, templates, and text made from HTML.

Knows nothing of collections and records. Sending never blocks the event loop and always ends
within a bounded time; every failure is a `MailError`.
"""
