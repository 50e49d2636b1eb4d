"""Every error of pbpy has its answer."""

from __future__ import annotations

import inspect

import pytest

from pbpy import errors
from pbpy.api.errors import TABLE
from pbpy.auth.mfa import MfaRequired

KINDS = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, errors.PbpyError)
]


@pytest.mark.parametrize("kind", [MfaRequired, *KINDS])
def test_every_error_of_ours_is_mapped(kind: type[Exception]) -> None:
    if kind is errors.PbpyError:
        return
    known = [base for base in kind.__mro__ if base in TABLE]
    assert known[0] not in (Exception, errors.PbpyError)


def test_a_client_of_a_store_error_learns_nothing_of_the_database() -> None:
    leaky = {errors.ApiError, errors.ValidationFailed, errors.SchemaError, errors.FilterForbidden}
    stored = {kind for kind in TABLE if issubclass(kind, errors.StoreError)}
    assert stored
    assert not stored & leaky
