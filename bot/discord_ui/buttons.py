"""The buttons on cards and their custom_id scheme. They hold ids, never objects, so they work for ever."""

import re
from typing import Any, Self

import discord

from bot.domain.action import Action


class ActionButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"j:(?P<job>[0-9]{1,15}):(?P<index>[0-9]{1,3})"
):
    """The `index`-th action of a job: `j:<job id>:<index>`."""

    def __init__(self, job_id: int, index: int, action: Action | None = None) -> None:
        self.job_id = job_id
        self.index = index
        label = action.shown_label if action else "…"
        emoji = action.shown_emoji if action else None
        super().__init__(discord.ui.Button(custom_id=f"j:{job_id}:{index}", label=label, emoji=emoji))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        # discord.py only logs what goes wrong here, so this parses and no more.
        return cls(int(match["job"]), int(match["index"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.client.pressed(interaction, self.job_id, self.index)


class CancelButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"q:(?P<where>cancel|drop):(?P<job>[0-9]{1,15})"
):
    """Takes a waiting job out of line: `q:cancel:<job id>` on its card, `q:drop:<job id>` in its owner's list."""

    def __init__(self, job_id: int, *, in_list: bool = False) -> None:
        self.job_id = job_id
        self.in_list = in_list
        custom_id = f"q:{'drop' if in_list else 'cancel'}:{job_id}"
        super().__init__(discord.ui.Button(custom_id=custom_id, label="Cancel"))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(int(match["job"]), in_list=match["where"] == "drop")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.client.cancelled(interaction, self.job_id, in_list=self.in_list)
