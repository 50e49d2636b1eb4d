"""What the harness takes for equal, and what it does not."""

from __future__ import annotations

from datetime import UTC, datetime

import jwt
import pytest

from tests.differential.compare import Comparer
from tests.differential.exchange import Answer
from tests.differential.steps import Step, guest

STEP = guest.get("/api/collections/t/records")


def differences(left: str, right: str, step: Step = STEP, status: int = 200) -> list[str]:
    comparer = Comparer(("127.0.0.1:1111", "127.0.0.1:2222"), datetime.now(UTC))
    answers = [
        Answer(status, {"content-type": "application/json"}, text.encode())
        for text in (left, right)
    ]
    return comparer.differences(step, *answers)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('{"id":"abcdefghijklm1x"}', '{"id":"abcdefghijklmn2"}'),
        (
            '{"id":"abcdefghijklm1x","r":"abcdefghijklm1x"}',
            '{"id":"xxxx1xxxxxxxxx2","r":"xxxx1xxxxxxxxx2"}',
        ),
        ('{"f":"name_abcdefgh12.txt"}', '{"f":"name_zbcdefgh12.txt"}'),
        ('{"f":"aabcdefgh12_abcdefgh12.txt"}', '{"f":"azbcdefgh19_zbcdefgh12.txt"}'),
        ('{"u":"http://127.0.0.1:1111/x"}', '{"u":"http://127.0.0.1:2222/x"}'),
        ('{"id":"_clone_ab12"}', '{"id":"_clone_zzzz"}'),
    ],
)  # fmt: skip
def test_generated_values_are_equal(left: str, right: str) -> None:
    assert differences(left, right) == []


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('{"a":1,"b":2}', '{"b":2,"a":1}'),
        ('{"n":1}', '{"n":1.0}'),
        ('{"n":1}', '{"n":"1"}'),
        ('{"n":true}', '{"n":1}'),
        ('{"n":"<"}', '{"n":"\\u003c"}'),
        ('{"n":1}', '{"n":1}\n'),
        ('{"n":[1,2]}', '{"n":[1]}'),
        ('{"n":null}', "{}"),
        ('{"d":"2022-01-01 00:00:00.000Z"}', '{"d":"2022-01-02 00:00:00.000Z"}'),
        (
            '{"a":"abcdefghijklm1x","b":"abcdefghijklm1x"}',
            '{"a":"xxxx1xxxxxxxxx2","b":"x3cdefghijklmn2"}',
        ),
        (
            '{"a":"abcdefghijklm1x","b":"abcdefghijklmn2"}',
            '{"a":"xxxx1xxxxxxxxx2","b":"xxxx1xxxxxxxxx2"}',
        ),
        ('{"id":"pbc_3142635823"}', '{"id":"pbc_3142635824"}'),
        ('{"x":', '{"x":1}'),
    ],
)  # fmt: skip
def test_other_values_differ(left: str, right: str) -> None:
    assert differences(left, right) != []


def test_times_of_now_are_equal() -> None:
    assert differences(f'{{"created":"{now()}"}}', f'{{"created":"{now()[:-2]}0Z"}}') == []


def test_tokens_are_equal_by_their_claims() -> None:
    one = {"collectionId": "c", "exp": 1000, "id": "abcdefghijklm1x"}
    other = {"collectionId": "c", "exp": 1001, "id": "abcdefghijklmn2"}
    tokens = [jwt.encode(claims, "k" * 32) for claims in (one, other, other | {"exp": 2000})]
    bodies = [
        f'{{"id":"{claims["id"]}","token":"{token}"}}'
        for claims, token in zip((one, other, other), tokens, strict=True)
    ]
    assert differences(bodies[0], bodies[1]) == []
    assert differences(bodies[0], bodies[2]) != []


def test_error_data_has_no_order_but_the_envelope_has() -> None:
    envelope = '{{"data":{{{}}},"message":"x","status":400}}'
    one, other = '"a":{"code":"x"},"b":{"code":"y"}', '"b":{"code":"y"},"a":{"code":"x"}'
    assert differences(envelope.format(one), envelope.format(other), status=400) == []
    assert differences('{"data":{},"status":400}', '{"status":400,"data":{}}', status=400) != []


def test_error_codes_are_never_generated_words() -> None:
    one, other = '{"data":{"a":{"code":"constraint"}}}', '{"data":{"a":{"code":"validation"}}}'
    assert differences(one, other, status=400) != []


def test_message_and_order_can_be_excepted_by_a_step() -> None:
    step = guest.get("/x", ignore_message="raw database text")
    assert differences('{"message":"a"}', '{"message":"b"}', step) == []
    assert differences('{"a":1,"b":2}', '{"b":2,"a":1}', guest.get("/x", unordered=True)) == []
    assert differences('{"a":1,"b":2}', '{"b":2,"a":1}', guest.get("/x?fields=a,b")) == []
    assert differences('{"a":"abc"}', '{"a":"abd"}', guest.get("/x", mask="ab.")) == []


def test_status_and_headers_are_compared() -> None:
    comparer = Comparer(("a", "b"), datetime.now(UTC))
    one = Answer(200, {"content-type": "application/json", "vary": "Origin"}, b"")
    other = Answer(200, {"content-type": "text/plain"}, b"")
    found = comparer.differences(guest.get("/x", compare=("vary",)), one, other)
    assert [text.split(":")[0] for text in found] == ["header content-type", "header vary"]
    assert comparer.differences(STEP, one, Answer(204, {}, b"")) == ["status 200 | 204"]
