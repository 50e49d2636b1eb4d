"""Sign-in through other services, with the authorisation code flow and PKCE.

    presets.py    every provider that PocketBase knows, as data
    provider.py   what one configured provider does; services.py and openid.py the odd ones
    outgoing.py   the HTTP client; avatar.py the one download from an address that a user chose
    flow.py       code -> token -> user -> record -> answer; linking.py the record in the middle

Providers talk to nothing but `Outgoing`; what they cannot use is an `OAuth2Failure`. httpx and
its TLS context are loaded by the first sign-in, in a thread.
"""
