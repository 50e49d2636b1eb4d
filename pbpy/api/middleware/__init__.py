"""What happens around every endpoint, one small file each.

A middleware is an async function of the request and the next handler; it returns a Response.
`asgi.py` has their order. Whatever an endpoint raises becomes a Response in `recover`, so the
ones outside of it always see an answer.
"""
