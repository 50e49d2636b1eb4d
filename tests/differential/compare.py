"""Decide whether two answers are equal except for what must differ.

What must differ: ids, file suffixes and index suffixes made at random (each value of one
side must always stand for the same value of the other), times of now, tokens (their claims
must be equal), ports. Everything else, the order of keys and the text of numbers included,
must be the same text. Where the order of keys is not fixed (error `data`, `?fields=`, a step
marked unordered), values are compared key by key.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from tests.differential.exchange import decode_json

if TYPE_CHECKING:
    from tests.differential.exchange import Answer
    from tests.differential.steps import Json, Step

_PIECE = re.compile(
    r"(?P<jwt>eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+)"
    r"|(?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?Z)"
    r"|(?P<word>[A-Za-z0-9]+)"
)
_CLOCK_SKEW = timedelta(seconds=5)
_ID_LENGTH = 15
_SUFFIX_LENGTH = 10
_SHORT_STEM = 2
_CLONE = re.compile(r"\b_clone_\w{4}\b")


class RawNumber(NamedTuple):
    """A JSON number by its text: 1 and 1.0 differ."""

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(eq=False)
class Comparer:
    """Compares the answers of one scenario; remembers which generated values correspond."""

    hosts: tuple[str, str]
    since: datetime
    _right_of: dict[str, str] = field(default_factory=dict)
    _left_of: dict[str, str] = field(default_factory=dict)

    def differences(self, step: Step, left: Answer, right: Answer) -> list[str]:
        """Return what differs, in words; empty if the answers are equal."""
        found: list[str] = []
        if left.status != right.status:
            return [f"status {left.status} | {right.status}"]
        for name in ("content-type", *step.compare):
            pair = left.header(name), right.header(name)
            if not self._same_header(*pair):
                found.append(f"header {name}: {pair[0]!r} | {pair[1]!r}")
        return found + self._body_differences(step, left, right)

    def _same_header(self, left: str | None, right: str | None) -> bool:
        if left is None or right is None:
            return left is right
        return self.same_text(*self._without_hosts(left, right), strict=False)

    def _without_hosts(self, left: str, right: str) -> tuple[str, str]:
        return left.replace(self.hosts[0], "HOST"), right.replace(self.hosts[1], "HOST")

    def _body_differences(self, step: Step, left: Answer, right: Answer) -> list[str]:
        if left.body == right.body:
            return []
        texts = [answer.body.decode("utf-8", "backslashreplace") for answer in (left, right)]
        if step.mask:
            texts = [re.sub(step.mask, "masked", text) for text in texts]
        pair = self._without_hosts(texts[0], texts[1])
        failed = left.status >= HTTPStatus.BAD_REQUEST
        if self.same_text(*pair, strict=failed):
            return []
        trees = [_parse(text) for text in pair]
        if trees[0] is None or trees[1] is None:
            return ["body"]
        if step.ignore_message:
            trees = [_without_message(tree) for tree in trees]
        ordered = not (step.unordered or "fields=" in unquote(step.path))
        found = self._tree_differences(trees[0], trees[1], "", ordered=ordered, failed=failed)
        if found or failed or not ordered or step.ignore_message:
            return found
        return ["same values, other JSON text"]

    def _tree_differences(
        self, left: Json, right: Json, at: str, *, ordered: bool, failed: bool
    ) -> list[str]:
        if isinstance(left, dict) and isinstance(right, dict):
            found = []
            if failed and at == ".data":
                ordered = False
            if ordered and list(left) != list(right) and set(left) == set(right):
                found.append(f"{at}: key order {list(left)} | {list(right)}")
            for key in {**left, **right}:
                found += self._item_differences(
                    left.get(key, ...), right.get(key, ...), f"{at}.{key}", ordered, failed
                )
            return found
        if isinstance(left, list) and isinstance(right, list):
            found = [f"{at}: {len(left)} | {len(right)} items"] if len(left) != len(right) else []
            for index, (one, other) in enumerate(zip(left, right, strict=False)):
                found += self._item_differences(one, other, f"{at}.{index}", ordered, failed)
            return found
        same = left == right and type(left) is type(right)
        if isinstance(left, str) and isinstance(right, str):
            same = self.same_text(left, right, strict=failed)
        return [] if same else [f"{at}: {left!r} | {right!r}"]

    def _item_differences(
        self, left: Json, right: Json, at: str, ordered: bool, failed: bool
    ) -> list[str]:
        if left is ... or right is ...:
            return [f"{at}: only on the {'right' if left is ... else 'left'}"]
        return self._tree_differences(left, right, at, ordered=ordered, failed=failed)

    def same_text(self, left: str, right: str, *, strict: bool) -> bool:
        """Tell whether both texts are equal up to generated pieces.

        strict: a generated word must have a digit (error answers are full of long words).
        """
        left, right = _CLONE.sub("clone", left), _CLONE.sub("clone", right)
        if left == right:
            return True
        new: dict[str, str] = {}
        if not self._same_pieces(left, right, strict, new):
            return False
        self._right_of.update(new)
        self._left_of.update({other: one for one, other in new.items()})
        return True

    def _same_pieces(self, left: str, right: str, strict: bool, new: dict[str, str]) -> bool:
        ones, others = list(_PIECE.finditer(left)), list(_PIECE.finditer(right))
        if len(ones) != len(others) or _PIECE.sub("", left) != _PIECE.sub("", right):
            return False
        return all(
            one.lastgroup == other.lastgroup
            and (
                self._same_piece(one, other, strict, new)
                if one[0] != other[0]
                else self._right_of.get(one[0], one[0]) == one[0]
            )
            for one, other in zip(ones, others, strict=True)
        )

    def _same_piece(
        self, one: re.Match[str], other: re.Match[str], strict: bool, new: dict[str, str]
    ) -> bool:
        if one.lastgroup == "jwt":
            return self._same_token(one[0], other[0], new)
        if one.lastgroup == "time":
            return self._both_now(one[0], other[0])
        known = self._right_of.get(one[0]) or new.get(one[0])
        if known is not None:
            return known == other[0]
        if other[0] in self._left_of or other[0] in new.values():
            return False
        if not _generated_alike(one[0], other[0], strict=strict and not _ends_a_stem(one)):
            return False
        new[one[0]] = other[0]
        return True

    def _same_token(self, left: str, right: str, new: dict[str, str]) -> bool:
        (one_header, one), (other_header, other) = _decode_token(left), _decode_token(right)
        exp_difference = abs(int(one.pop("exp", 0)) - int(other.pop("exp", 0)))
        if one_header != other_header or exp_difference > _CLOCK_SKEW.total_seconds():
            return False
        return self._same_pieces(json.dumps(one), json.dumps(other), True, new)

    def _both_now(self, left: str, right: str) -> bool:
        times = [datetime.fromisoformat(text) for text in (left, right)]
        earliest, latest = self.since - _CLOCK_SKEW, datetime.now(UTC) + _CLOCK_SKEW
        return all(earliest <= time <= latest for time in times)


def _generated_alike(left: str, right: str, *, strict: bool) -> bool:
    """Tell whether both words look like ids or suffixes made at random."""
    if len(left) != len(right) or left.isdigit() or right.isdigit():
        return False
    if strict and not any(character.isdigit() for character in left + right):
        return False
    stem = len(left) - _SUFFIX_LENGTH
    if stem in range(1, _SHORT_STEM + 1):
        return left[:stem] == right[:stem]
    return stem == 0 or len(left) == _ID_LENGTH


def _ends_a_stem(word: re.Match[str]) -> bool:
    """Tell whether the word stands as in `name_WORD.txt`."""
    before, after = word.string[word.start() - 1 : word.start()], word.string[word.end() :][:1]
    return before == "_" and after == "."


def _decode_token(token: str) -> tuple[str, dict[str, Json]]:
    header, claims, _ = token.split(".")
    return header, _parse_claims(claims)


def _parse_claims(part: str) -> dict[str, Json]:
    try:
        claims = decode_json(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except binascii.Error:
        return {}
    return claims if isinstance(claims, dict) else {}


def _parse(text: str) -> Json:
    try:
        return json.loads(text, parse_int=RawNumber, parse_float=RawNumber)
    except ValueError:
        return None


def _without_message(tree: Json) -> Json:
    if isinstance(tree, dict):
        return {key: _without_message(value) for key, value in tree.items() if key != "message"}
    return tree
