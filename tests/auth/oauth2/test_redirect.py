"""What a redirect says."""

from __future__ import annotations

from pbpy.auth.oauth2.redirect import OAuth2Redirect


def test_the_message_names_an_error_only_where_there_is_one() -> None:
    assert OAuth2Redirect("s", "c").to_json() == {"state": "s", "code": "c"}
    failed = OAuth2Redirect("s", "", "denied")
    assert failed.to_json() == {"state": "s", "code": "", "error": "denied"}
    assert not failed.is_success
