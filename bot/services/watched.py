"""Services of which every answer is heard by those who have to know: the breaker, and the operator's alarm."""

from collections.abc import Awaitable, Sequence
from typing import TypeVar

from bot.domain.action import Action
from bot.domain.errors import (
    BalanceUsedUp,
    KeyRefused,
    NonsenseAnswer,
    PromptRejected,
    ProviderUnreachable,
    RequestRefused,
)
from bot.domain.image_models import Generated, ImageOptions
from bot.domain.job import Dimensions, Speed
from bot.domain.ports import ImageGenerator, ImageProvider
from bot.domain.task import Balance, Task
from bot.services.alarm import Alarm, Trouble
from bot.services.breaker import Breaker

T = TypeVar("T")


class WatchedProvider:
    """Implements `ImageProvider` by another one. A busy or a penniless service is not a silent one."""

    def __init__(self, provider: ImageProvider, breaker: Breaker, alarm: Alarm) -> None:
        self._provider = provider
        self._breaker = breaker
        self._alarm = alarm

    def supports(self, action: Action) -> bool:
        return self._provider.supports(action)

    async def imagine(self, prompt: str, speed: Speed, references: Sequence[bytes] = ()) -> int:
        return await self._create(self._provider.imagine(prompt, speed, references))

    async def blend(self, pictures: Sequence[bytes], dimensions: Dimensions, speed: Speed) -> int:
        return await self._create(self._provider.blend(pictures, dimensions, speed))

    async def describe(self, picture: bytes, speed: Speed) -> int:
        return await self._create(self._provider.describe(picture, speed))

    async def press(self, task_id: int, custom_id: str, speed: Speed) -> int:
        return await self._create(self._provider.press(task_id, custom_id, speed))

    async def query(self, task_id: int) -> Task:
        return await self._ask(self._provider.query(task_id))

    async def recent(self, page: int) -> list[Task]:
        return await self._ask(self._provider.recent(page))

    async def balance(self) -> Balance:
        return await self._provider.balance()  # refused also where the key is good, but not an admin's

    async def _create(self, call: Awaitable[int]) -> int:
        task_id = await self._heard(call)
        # Questions cost nothing, and a key may be good for them alone.
        self._alarm.worked(Trouble.KEY)
        self._alarm.worked(Trouble.BALANCE)
        return task_id

    async def _ask(self, call: Awaitable[T]) -> T:
        try:
            return await self._heard(call)
        except NonsenseAnswer:  # from a create call it may be a verdict on what was sent
            self._breaker.failed()
            raise

    async def _heard(self, call: Awaitable[T]) -> T:
        try:
            answer = await call
        except (RequestRefused, PromptRejected):
            self._breaker.answered()
            raise
        except KeyRefused:
            self._alarm.noticed(Trouble.KEY)
            raise
        except BalanceUsedUp:
            self._alarm.noticed(Trouble.BALANCE)
            raise
        except ProviderUnreachable:
            self._breaker.failed()
            raise
        self._breaker.answered()
        return answer


class WatchedGenerator:
    """Implements `ImageGenerator` by another one."""

    def __init__(self, generator: ImageGenerator, alarm: Alarm) -> None:
        self._generator = generator
        self._alarm = alarm

    async def generate(self, prompt: str, options: ImageOptions) -> Generated:
        try:
            generated = await self._generator.generate(prompt, options)
        except KeyRefused:
            self._alarm.noticed(Trouble.IMAGES_KEY)
            raise
        except BalanceUsedUp:
            self._alarm.noticed(Trouble.IMAGES_BALANCE)
            raise
        self._alarm.worked(Trouble.IMAGES_KEY)
        self._alarm.worked(Trouble.IMAGES_BALANCE)
        return generated
