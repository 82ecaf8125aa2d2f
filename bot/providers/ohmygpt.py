"""Midjourney through OhMyGPT: its endpoints and bodies. What the answers mean is in `ohmygpt_answers`."""

from base64 import b64encode
from collections.abc import Mapping, Sequence

import httpx

from bot.domain.action import Action
from bot.domain.errors import NonsenseAnswer, PromptRejected, RequestRefused, sentence
from bot.domain.job import Dimensions, Speed
from bot.domain.task import Balance, Task
from bot.providers.http import JsonApi
from bot.providers.ohmygpt_answers import SPEED_WORDS, TaskReader, read_balance, read_id
from bot.providers.wording import as_mapping

DEFAULT_BASE_URL = "https://api.ohmygpt.com"
PAGE_SIZE = 20

# There is no call that takes a form's text or mask, and three of these are refused over HTTP in any case.
UNSENDABLE = frozenset({"favourite", "cancel", "shorten", "custom_zoom", "region", "manual_video", "describe_pick"})

_DRAW = "/api/v1/ai/draw/mj"
_BALANCE = "/api/v1/user/admin/balance"


class OhMyGPT:
    """The Midjourney calls of one OhMyGPT key, and its balance."""

    def __init__(self, client: httpx.AsyncClient, key: str, base_url: str = DEFAULT_BASE_URL) -> None:
        """ValueError for a key, httpx.InvalidURL for a base URL that cannot be one."""
        self._api = JsonApi(client, base_url, key)
        self._reader = TaskReader()

    def supports(self, action: Action) -> bool:
        return action.family.name not in UNSENDABLE

    async def imagine(self, prompt: str, speed: Speed, references: Sequence[bytes] = ()) -> int:
        pictures = {"base64Array": [_data_uri(each) for each in references]} if references else {}
        return await self._create("imagine", speed, prompt=prompt, **pictures)

    async def press(self, task_id: int, custom_id: str, speed: Speed) -> int:
        """`speed` is that of the task whose button is pressed: the service takes no other."""
        return await self._create("action", speed, taskId=task_id, customId=custom_id)

    async def blend(self, pictures: Sequence[bytes], dimensions: Dimensions, speed: Speed) -> int:
        """`pictures` are two to five, of about 1 MB at most once they are encoded."""
        encoded = [_data_uri(each) for each in pictures]
        return await self._create("blend", speed, base64Array=encoded, dimensions=dimensions.name)

    async def describe(self, picture: bytes, speed: Speed) -> int:
        """The finished task's prompt holds the four suggestions."""
        return await self._create("describe", speed, base64=_data_uri(picture))

    async def query(self, task_id: int) -> Task:
        data = await self._ask("query", taskId=task_id)
        task = self._reader.task(data)
        if task.id != task_id:
            # Passed on, it would show one member another's picture.
            raise NonsenseAnswer(f"asked for task {task_id}, answered with {task.id}")
        return task

    async def recent(self, page: int) -> list[Task]:
        return self._reader.tasks(await self._ask(f"query-mj-tasks?page={page}&pageSize={PAGE_SIZE}"))

    async def balance(self) -> Balance:
        """KeyRefused also when the key is good but lacks admin rights."""
        return read_balance(await self._call(_BALANCE, {}, repeatable=True))

    async def _ask(self, call: str, **fields: object) -> object:
        return await self._call(f"{_DRAW}/{call}", {"model": "midjourney", **fields}, repeatable=True)

    async def _create(self, call: str, speed: Speed, **fields: object) -> int:
        body = {"model": "midjourney", **fields, "type": SPEED_WORDS[speed]}
        try:
            data = await self._call(f"{_DRAW}/{call}", body, repeatable=False)
        except RequestRefused as refusal:
            if call == "action":  # there are no words to change
                told = f"Midjourney says: {sentence(refusal.sentence)} You can try that button again, or another one."
                raise RequestRefused(told, refusal.detail, verdict=refusal.verdict) from refusal
            raise PromptRejected(refusal.sentence) from refusal
        task_id = read_id(data)
        if task_id is None:
            raise NonsenseAnswer(f"{call} answered without the new task's id, with {type(data).__name__}")
        return task_id

    async def _call(self, path: str, body: Mapping[str, object], *, repeatable: bool) -> object:
        answer = as_mapping(await self._api.post(path, body, repeatable=repeatable))
        if answer is None or "data" not in answer:
            raise NonsenseAnswer(f"no envelope with data at {path.partition('?')[0]}")
        return answer["data"]


def _data_uri(picture: bytes) -> str:
    """The form in which the service takes pictures; ours are all WebP."""
    return f"data:image/webp;base64,{b64encode(picture).decode()}"
