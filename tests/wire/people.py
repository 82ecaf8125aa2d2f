"""What the members of the loopback Discord do, and what they see."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from simcord import interactions
from simcord.backend import Backend, serializers
from simcord.backend.models import Interaction, Message
from simcord.enums import AppCommandType, InteractionType, OptionType

from tests.wire.waiting import until

ACTION_ROW, BUTTON, TEXT_INPUT, TEXT_DISPLAY, MEDIA_GALLERY, CONTAINER, LABEL = 1, 2, 4, 10, 12, 17, 18
LINK_STYLE = 5
ANSWER_TIME = 5.0
"""Discord takes no answer after three seconds, so whatever comes at all comes before this."""


def parts_of(components: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every component, what stands inside of others too, in reading order."""
    for part in components:
        yield part
        yield from parts_of(part.get("components") or ())


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
    def links(self) -> dict[str, str]:
        """Label to address of every button that leads somewhere."""
        return {part["label"]: part["url"] for part in self._parts(BUTTON) if part["style"] == LINK_STYLE}

    @property
    def job_id(self) -> int | None:
        """Whose card it is: the id of its container; None for a message that is no card."""
        (first, *_) = self.message.components or [{}]
        return first.get("id") if first.get("type") == CONTAINER else None

    @property
    def pictures(self) -> list[bytes]:
        """The files that the card's gallery shows."""
        urls = [item["media"]["url"] for part in self._parts(MEDIA_GALLERY) for item in part["items"]]
        return [data for url in urls if (data := self._backend.cdn.get(url)) is not None]

    def _parts(self, kind: int) -> Iterator[dict[str, Any]]:
        return (part for part in parts_of(self.message.components) if part["type"] == kind)


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

    def message_ids(self) -> list[int]:
        """Every message in the channel that this member sees, oldest first."""
        found = self._backend.messages[self._channel.id]
        return sorted(message_id for message_id, message in found.items() if message.visible_to(self.id))

    def messages(self) -> list[Card]:
        """The same as cards, whatever they are."""
        return [self.card(message_id) for message_id in self.message_ids()]

    async def slash(self, name: str, **options: Any) -> Interaction:
        """Send a command that the bot has synced, and wait for the first answer. `name` may be "group sub"."""
        return await self._answered(self.say(name, **options), f"/{name}")

    async def press(self, card: Card, label: str) -> Interaction:
        """Press a button by what stands on it, and wait for the first answer."""
        return await self._answered(self.touch(card, card.buttons[label]), f"the press of {label}")

    async def submit(self, shown: Interaction, **texts: str) -> Interaction:
        """Fill the inputs of the form that an interaction was answered with, by their custom_ids, and send it."""
        assert shown.modal is not None
        parts = [_filled(part, texts) for part in shown.modal["components"] if part["type"] in (ACTION_ROW, LABEL)]
        data = {"custom_id": shown.modal["custom_id"], "components": parts}
        return await self._answered(self._emit(InteractionType.MODAL_SUBMIT, data), "a form")

    def say(self, name: str, **options: Any) -> Interaction:
        """Send a command, and wait for nothing. An attachment is given as (file name, bytes)."""
        root, *path = name.split()
        command = self._backend.find_command(root, self._channel.guild_id)
        assert command is not None, f"/{root} was never synced"
        leaf, nesting = interactions.walk_to_subcommand(command, path)
        kinds = {option["name"]: option["type"] for option in leaf["options"]}
        resolved: dict[str, Any] = {}
        values: list[dict[str, Any]] = []
        for option, given in interactions.check_options(name, leaf, options).items():
            value = given
            if kinds[option] == OptionType.ATTACHMENT:
                value = interactions.store_interaction_attachment(self._backend, self._channel.id, *given, resolved)
            values.append({"name": option, "type": kinds[option], "value": value})
        data = {
            "id": command["id"],
            "name": root,
            "type": int(AppCommandType.CHAT_INPUT),
            "options": interactions.nest_options(command, nesting, values),
        }
        if resolved:
            data["resolved"] = json.loads(self._to_json(resolved))
        return self._emit(InteractionType.APPLICATION_COMMAND, data)

    def touch(self, card: Card, custom_id: str) -> Interaction:
        """Press a button by its custom_id, and wait for nothing."""
        message = json.loads(self._to_json(serializers.message_payload(self._backend, card.message)))
        data = {"custom_id": custom_id, "component_type": BUTTON}
        return self._emit(InteractionType.MESSAGE_COMPONENT, data, message=message, source=card.id)

    def _emit(
        self, kind: InteractionType, data: dict[str, Any], *, source: int | None = None, **more: Any
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
        return record

    async def _answered(self, record: Interaction, what: str) -> Interaction:
        await until(lambda: record.responded, f"an answer to {what}", within=ANSWER_TIME)
        return record


def _filled(part: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    """A row or label of a form as it is sent back: its text input, with what was typed."""
    if part["type"] == LABEL:
        return {"type": LABEL, "id": part.get("id", 0), "component": _filled(part["component"], texts)}
    if part["type"] == ACTION_ROW:
        typed = [_filled(each, texts) for each in part["components"]]
        return {"type": ACTION_ROW, "id": part.get("id", 0), "components": typed}
    assert part["type"] == TEXT_INPUT, f"nobody can type into {part}"
    name = part["custom_id"]
    return {"type": TEXT_INPUT, "id": part.get("id", 0), "custom_id": name, "value": texts.get(name, "")}
