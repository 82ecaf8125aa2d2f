"""What the members of the loopback Discord do, and what they see."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from simcord import interactions
from simcord.backend import Backend, serializers
from simcord.backend.models import Interaction, Message
from simcord.enums import AppCommandType, InteractionType, OptionType

from tests.wire.waiting import until

BUTTON, MEDIA_GALLERY, TEXT_DISPLAY = 2, 12, 10
LINK_STYLE = 5
ANSWER_TIME = 5.0
"""Discord takes no answer after three seconds, so whatever comes at all comes before this."""


class Card:
    """A message as people see it, read anew each time."""

    def __init__(self, backend: Backend, channel_id: int, message_id: int) -> None:
        self.id = message_id
        self.channel_id = channel_id
        self._backend = backend

    @property
    def message(self) -> Message:
        return self._backend.get_message(self.channel_id, self.id)

    @property
    def text(self) -> str:
        return "\n".join(part["content"] for part in self._parts(TEXT_DISPLAY))

    @property
    def buttons(self) -> dict[str, str]:
        """Label (or emoji, where there is none) to custom_id of every button that can be pressed."""
        return {
            part.get("label") or part["emoji"]["name"]: part["custom_id"]
            for part in self._parts(BUTTON)
            if part["style"] != LINK_STYLE and not part.get("disabled")
        }

    @property
    def pictures(self) -> list[bytes]:
        """The files that the card's gallery shows."""
        urls = [item["media"]["url"] for part in self._parts(MEDIA_GALLERY) for item in part["items"]]
        return [data for url in urls if (data := self._backend.cdn.get(url)) is not None]

    def _parts(self, kind: int) -> Iterator[dict[str, Any]]:
        waiting = list(self.message.components)
        while waiting:
            part = waiting.pop(0)
            waiting[:0] = part.get("components") or []
            if part["type"] == kind:
                yield part


class Member:
    """Someone in a channel who types commands and presses buttons."""

    def __init__(self, backend: Backend, user_id: int, channel_id: int, to_json: Callable[[Any], str]) -> None:
        self.id = user_id
        self._backend = backend
        self._channel = backend.get_channel(channel_id)
        self._to_json = to_json

    def card(self, message_id: int | None) -> Card:
        assert message_id is not None
        return Card(self._backend, self._channel.id, message_id)

    def messages(self) -> list[Card]:
        """Every message in the channel, oldest first."""
        return [self.card(message_id) for message_id in sorted(self._backend.messages[self._channel.id])]

    async def slash(self, name: str, **options: Any) -> Interaction:
        """Send a command that the bot has synced, and wait for the first answer. `name` may be "group sub"."""
        root, *path = name.split()
        command = self._backend.find_command(root, self._channel.guild_id)
        assert command is not None, f"/{root} was never synced"
        leaf, nesting = interactions.walk_to_subcommand(command, path)
        kinds = {option["name"]: option["type"] for option in leaf["options"]}
        given = interactions.check_options(name, leaf, options)
        assert all(kinds[each] in (OptionType.STRING, OptionType.INTEGER, OptionType.BOOLEAN) for each in given)
        values = [{"name": each, "type": kinds[each], "value": value} for each, value in given.items()]
        data = {
            "id": command["id"],
            "name": root,
            "type": int(AppCommandType.CHAT_INPUT),
            "options": interactions.nest_options(command, nesting, values),
        }
        return await self._interact(InteractionType.APPLICATION_COMMAND, data, f"/{name}")

    async def press(self, card: Card, label: str) -> Interaction:
        """Press a button by what stands on it, and wait for the first answer."""
        data = {"custom_id": card.buttons[label], "component_type": BUTTON}
        message = json.loads(self._to_json(serializers.message_payload(self._backend, card.message)))
        return await self._interact(
            InteractionType.MESSAGE_COMPONENT, data, f"the press of {label}", message=message, source=card.id
        )

    async def _interact(
        self, kind: InteractionType, data: dict[str, Any], what: str, *, source: int | None = None, **more: Any
    ) -> Interaction:
        record, payload = interactions.base_payload(
            self._backend,
            type=kind,
            channel_id=self._channel.id,
            guild_id=self._channel.guild_id,
            user_id=self.id,
            data=data,
        )
        record.source_message_id = source
        self._backend.emit("INTERACTION_CREATE", payload | more)
        await until(lambda: record.responded, f"an answer to {what}", within=ANSWER_TIME)
        return record
