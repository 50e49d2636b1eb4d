"""The settings tree and its JSON forms."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from pbpy.binding import BindError
from pbpy.settings.model import S3, Backups, RateLimitRule, Settings, Smtp, default_settings

STORED = (
    '{"superuserIPs":[],"smtp":{"enabled":false,"port":587,"host":"smtp.example.com",'
    '"username":"","password":"","authMethod":"","tls":false,"localName":""},"backups":'
    '{"cron":"","cronMaxKeep":3,"s3":{"enabled":false,"bucket":"","region":"","endpoint":"",'
    '"accessKey":"","forcePathStyle":false}},"s3":{"enabled":false,"bucket":"","region":"",'
    '"endpoint":"","accessKey":"","forcePathStyle":false},"meta":{"accentColor":"#1055c9",'
    '"appName":"Acme","appURL":"http://localhost:8090","senderName":"Support",'
    '"senderAddress":"support@example.com","hideControls":false},"rateLimits":{"rules":['
    '{"label":"*:auth","audience":"","duration":3,"maxRequests":2},'
    '{"label":"*:create","audience":"","duration":5,"maxRequests":20},'
    '{"label":"/api/batch","audience":"","duration":1,"maxRequests":3},'
    '{"label":"/api/","audience":"","duration":10,"maxRequests":300}],"excludedIPs":[],'
    '"enabled":false},"trustedProxy":{"headers":[],"useLeftmostIP":false},"batch":'
    '{"enabled":false,"maxRequests":50,"timeout":3,"maxBodySize":0},"logs":{"maxDataSize":0,'
    '"maxDays":5,"minLevel":0,"logIP":true,"logAuthId":false}}'
)


def test_stored_form_is_pocketbases_text() -> None:
    assert orjson.dumps(default_settings().to_stored()).decode() == STORED


def test_secrets_are_in_the_stored_form_only() -> None:
    settings = replace(
        default_settings(),
        smtp=Smtp(password="one"),
        s3=S3(secret="two"),
        backups=Backups(s3=S3(secret="three")),
    )
    stored = settings.to_stored()
    assert list(stored["s3"])[-2:] == ["secret", "forcePathStyle"]
    assert list(stored["smtp"])[3:6] == ["username", "password", "authMethod"]
    assert stored["backups"]["s3"]["secret"] == "three"
    shown = orjson.dumps(settings.to_output()).decode()
    assert not any(word in shown for word in ("one", "two", "three", "password", "secret"))
    assert Settings.from_json(stored) == settings


def test_merging_keeps_what_is_not_given() -> None:
    before = replace(default_settings(), smtp=Smtp(password="kept"))
    after = before.merged({"smtp": {"host": "h"}, "RATELIMITS": {"rules": [{"label": "x:y"}]}})
    assert after.smtp == Smtp(password="kept", host="h")
    assert after.rate_limits.rules == (RateLimitRule("x:y"),)
    assert after.meta == before.meta


@pytest.mark.parametrize(
    "body", [5, {"smtp": []}, {"logs": {"maxDays": 1.5}}, {"superuserIPs": [1]}]
)
def test_wrong_json_types_are_refused(body: object) -> None:
    with pytest.raises(BindError):
        Settings.from_json(body)
