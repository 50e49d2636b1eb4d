"""Password hashes of both kinds."""

from __future__ import annotations

import asyncio

import pytest

from pbpy.auth.passwords import PasswordTooLong, hash_password, verify_password


@pytest.mark.parametrize("kind", ["argon2id", "bcrypt"])
@pytest.mark.parametrize("plain", ["1234567890", "pässwörd", "a" * 71, ""])
def test_a_hash_verifies_its_own_password_only(kind: str, plain: str) -> None:
    async def scenario() -> None:
        stored = await hash_password(plain, kind, 4)  # type: ignore[arg-type]
        assert stored.startswith(
            "$argon2id$v=19$m=19456,t=2,p=1$" if kind == "argon2id" else "$2a$04$"
        )
        assert await verify_password(plain, stored)
        assert not await verify_password(plain + "x", stored)

    asyncio.run(scenario())


def test_bcrypt_refuses_what_it_would_cut() -> None:
    with pytest.raises(PasswordTooLong):
        asyncio.run(hash_password("ä" * 37, "bcrypt"))


@pytest.mark.parametrize(
    "stored", ["", "plain", "$2a$", "$2a$10$short", "$argon2id$", "$argon2id$v=19$x"]
)
def test_what_is_no_hash_never_matches(stored: str) -> None:
    assert not asyncio.run(verify_password("", stored))
    assert not asyncio.run(verify_password(stored, stored))


def test_hashing_leaves_the_loop_free() -> None:
    async def scenario() -> int:
        ticks = 0
        task = asyncio.ensure_future(hash_password("1234567890", "bcrypt", 12))
        while not task.done():
            await asyncio.sleep(0.001)
            ticks += 1
        return ticks

    assert asyncio.run(scenario()) > 20
