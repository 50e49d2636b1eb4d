"""Random ids: length, alphabet, no favourites."""

from __future__ import annotations

from collections import Counter

import pytest

from pbpy.ids import ALPHANUMERIC, random_id, random_secret, random_text


@pytest.mark.parametrize(
    "alphabet", ["a", "ab", "0123456789", ALPHANUMERIC, "".join(map(chr, range(128)))]
)
@pytest.mark.parametrize("length", [0, 1, 15, 1000])
def test_texts_have_their_length_and_alphabet(alphabet: str, length: int) -> None:
    text = random_text(length, alphabet)
    assert len(text) == length
    assert set(text) <= set(alphabet)


def test_every_character_is_equally_likely() -> None:
    counts = Counter(random_text(62_000))
    assert set(counts) == set(ALPHANUMERIC)
    # 1000 expected, the standard deviation is about 32.
    assert all(750 < count < 1250 for count in counts.values())


def test_ids_and_secrets_have_pocketbases_form() -> None:
    assert len(random_id()) == 15
    assert random_id().lower().isalnum()
    assert len(random_secret()) == 50
    assert len({random_id() for _ in range(1000)}) == 1000
