"""What people do in every test of a path: ask for a picture, press a button, wait for what comes."""

import io

from PIL import Image
from simcord.backend.models import ResponseKind

from tests.wire.people import Card, Member
from tests.wire.waiting import until

PICTURE_TIME = 15.0


async def paint(member: Member, prompt: str, **options: str) -> Card:
    """`/imagine`: the card that is its answer. The simulated service draws a flat picture sooner."""
    answer = await member.slash("imagine", **{"prompt": prompt, "aspect": "4:1", **options})
    assert answer.response_kind is ResponseKind.MESSAGE
    return member.card(answer.message_id)


async def press(member: Member, card: Card, label: str) -> Card:
    """Press a button: the new card that follows."""
    answer = await member.press(card, label)
    assert answer.response_kind is ResponseKind.DEFERRED_UPDATE
    await until(lambda: answer.followup_ids, f"a card for {label}")
    (message_id,) = answer.followup_ids
    return member.card(message_id)


async def finish(card: Card) -> None:
    """Wait for the card's picture, which must be a real one."""
    (data,) = await until(lambda: card.pictures, "a picture on the card", within=PICTURE_TIME)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format in ("PNG", "WEBP")
        picture.load()
        assert min(picture.size) >= 64
