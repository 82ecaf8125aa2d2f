"""What services say, made fit for people."""

import pytest

from bot.providers.wording import find_codes, tidy


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Banned prompt\n detected", "Banned prompt detected"),
        ("Banned prompt detected: [gore]", "Banned prompt detected: [gore]"),
        ('{"code": 24, "description": "Banned word: gore"}', "Banned word: gore"),
        ('request failed: {"error": {"message": "Invalid link"}}', "request failed: Invalid link"),
        ('[{"message": "Image denied"}]', "Image denied"),
        ('failed: {"cut": "of', "failed"),
        ('{"x": 1}', ""),
        ("see https://cdn.test/a.png?ex=1&hm=2 please", "see https://cdn.test/a.png please"),
        ("tidy \u202ethis\x00\ud800", "tidy this"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_messages_are_tidied_for_people(message: str, shown: str) -> None:
    assert tidy(message) == shown


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (
            {"error": {"message": "no", "type": "requests", "code": "rate_limit_exceeded"}},
            {"requests", "rate_limit_exceeded"},
        ),
        ({"error": {"type": None, "code": 429}}, set()),
        ({"error": "no"}, set()),
        ({"code": "top", "data": []}, set()),
        ([{"error": {"code": "x"}}], set()),
        (None, set()),
    ],
)
def test_codes_are_those_of_a_reported_error(answer: object, codes: set[str]) -> None:
    assert find_codes(answer) == codes
