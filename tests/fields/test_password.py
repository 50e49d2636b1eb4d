"""Password: plain until it is saved, a hash afterwards, never shown."""

from __future__ import annotations

import orjson
import pytest

from pbpy.fields import Password, PasswordValue

FIELD = Password("password", required=True, min=5)


def test_a_submitted_password_waits_for_its_hash() -> None:
    value = FIELD.normalize("secret")
    assert value.needs_hash
    with pytest.raises(RuntimeError, match="hashed"):
        FIELD.encode(value)
    hashed = value.with_hash("$2a$10$x")
    assert not hashed.needs_hash
    assert FIELD.encode(hashed) == "$2a$10$x"
    assert hashed.without_plain() == FIELD.decode("$2a$10$x")


def test_nothing_of_it_is_shown() -> None:
    value = FIELD.normalize("secret").with_hash("$2a$10$x")
    assert orjson.dumps(FIELD.to_output(value)) == b'""'
    assert FIELD.stored_to_output("$2a$10$x") == ""
    assert "secret" not in repr(value)
    assert "$2a" not in repr(value)


def test_a_stored_password_is_not_checked_again() -> None:
    assert FIELD.check(FIELD.decode("$2a$10$x")) is None
    assert FIELD.check(PasswordValue()) is not None
