"""Members who ask for everything there is, at random by a seed, whether or not somebody answers."""

import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from PIL import Image

from tests.wire.loopback_discord import LoopbackDiscord
from tests.wire.people import Card, Member

TRIES = 8
"""Messages that are looked at before somebody who wants to press a button finds none."""

WORDS = ("a planet", "saturn", "northern lights", "mars", "two planets", "a rocket", "an astronaut")
"""What the simulated service draws in half the time of other things."""


class Crowd:
    """So many members in so many channels; `asked` counts what they asked for, by kind of work."""

    def __init__(self, discord: LoopbackDiscord, chance: Random, members: int, channels: int) -> None:
        self.chance = chance
        self.asked: Counter[str] = Counter()
        self._discord = discord
        rooms = [None, *(discord.add_channel(f"studio-{n}") for n in range(1, channels))]
        self._members = [discord.join(f"member-{n}", rooms[n % channels]) for n in range(members)]
        self._last_words = "a lighthouse --ar 4:1"

    def act(self) -> None:
        """Somebody asks for something."""
        member = self.chance.choice(self._members)
        (work,) = self.chance.choices(WORK, [each.weight for each in WORK])
        if work.do(self, member):
            self.asked[work.name] += 1

    def words(self) -> str:
        """Words that nobody has used before."""
        self._last_words = f"{self.chance.choice(WORDS)}, number {self.chance.getrandbits(40)}"
        return self._last_words

    def words_again(self) -> str:
        """What somebody asked for a moment ago: two such jobs are hard to tell apart."""
        return self._last_words

    def picture(self) -> tuple[str, bytes]:
        """A file that nobody has sent before."""
        image = Image.frombytes("RGB", (8, 8), self.chance.randbytes(192)).resize((96, 96), Image.Resampling.NEAREST)
        encoded = io.BytesIO()
        image.save(encoded, "PNG")
        return "picture.png", encoded.getvalue()

    def card_with(self, member: Member, labels: Sequence[str] | None) -> tuple[Card, str] | None:
        """A card in the member's channel, and the custom_id of one of these buttons of it, or of any."""
        found = member.message_ids()
        for message_id in self.chance.sample(found, min(TRIES, len(found))):
            card = member.card(message_id)
            buttons = [custom_id for label, custom_id in card.buttons.items() if labels is None or label in labels]
            if buttons:
                return card, self.chance.choice(buttons)
        return None


def _imagine(crowd: Crowd, member: Member, prompt: str, **options: Any) -> bool:
    member.say("imagine", prompt=prompt, aspect="4:1", **options)  # a flat picture is drawn sooner
    return True


def _press(crowd: Crowd, member: Member, labels: Sequence[str] | None) -> bool:
    found = crowd.card_with(member, labels)
    if found is not None:
        member.touch(*found)
    return found is not None


def _dalle(crowd: Crowd, member: Member) -> bool:
    member.say("dalle", prompt=crowd.words(), model="dall-e-2", size="256x256", count=crowd.chance.randint(1, 2))
    return True


def _blend(crowd: Crowd, member: Member) -> bool:
    member.say("blend", image1=crowd.picture(), image2=crowd.picture())
    return True


def _describe(crowd: Crowd, member: Member) -> bool:
    member.say("describe", image=crowd.picture())
    return True


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of request, and how often it is asked for; `do` tells whether there was anything to do."""

    name: str
    weight: float
    do: Callable[[Crowd, Member], bool]


WORK = (
    Work("/imagine", 8, lambda crowd, member: _imagine(crowd, member, crowd.words())),
    Work("/imagine, normal", 2, lambda crowd, member: _imagine(crowd, member, crowd.words(), speed="normal")),
    Work("/imagine, the same words", 1, lambda crowd, member: _imagine(crowd, member, crowd.words_again())),
    Work("/imagine, fails late", 1, lambda crowd, member: _imagine(crowd, member, f"{crowd.words()}, fail: late")),
    Work("/imagine, refused", 1, lambda crowd, member: _imagine(crowd, member, f"{crowd.words()}, fail: banned word")),
    Work("/imagine, private", 2, lambda crowd, member: _imagine(crowd, member, crowd.words(), private=True)),
    Work("/dalle", 2, _dalle),
    Work("/blend", 1, _blend),
    Work("/describe", 1, _describe),
    Work(
        "U, V or 🔄", 6, lambda crowd, member: _press(crowd, member, ("U1", "U2", "U3", "U4", "V1", "V2", "V3", "🔄"))
    ),
    Work("Cancel", 4, lambda crowd, member: _press(crowd, member, ("Cancel",))),
    Work("any button", 2, lambda crowd, member: _press(crowd, member, None)),
)
