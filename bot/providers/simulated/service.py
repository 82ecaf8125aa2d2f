"""The service itself: calls in, answers out. Nothing runs in the background; the clock decides everything."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from urllib.parse import parse_qs

from bot.providers.simulated.bodies import Fields, Refused
from bot.providers.simulated.creations import Creations
from bot.providers.simulated.faults import AnswerLost, Faults
from bot.providers.simulated.gallery import Gallery, draw_work, extension_of
from bot.providers.simulated.generations import Generations, Pause, error
from bot.providers.simulated.links import Asked, day_after, file_name, lasting_link, read_link, signed_link
from bot.providers.simulated.orders import Order
from bot.providers.simulated.prompts import Wish
from bot.providers.simulated.responses import Response, failure, file, success, text
from bot.providers.simulated.tasks import S3_DELAY, Standing, Task, TaskList, task_json
from bot.providers.simulated.wsrv import proxied, read_order

_DRAW = "/api/v1/ai/draw/mj/"
_BALANCE = "/api/v1/user/admin/balance"
_GENERATIONS = "/v1/images/generations"
_CREATING = ("imagine", "action", "blend", "describe")
_CALLS = {
    **{_DRAW + name: name for name in (*_CREATING, "query", "query-mj-tasks")},
    _BALANCE: "balance",
    _GENERATIONS: "generations",
}
_PAGE_SIZES = range(5, 21)
SMALL_SCALE = 0.17


class SimulatedService:
    """OhMyGPT as its documentation describes it. The clock gives aware UTC and is not asked before the first call.

    `speed` divides all waiting times. With an `api_key` only that one is right, without one any is. `picture_scale`
    shrinks every picture (for tests). With a balance of 0 nothing can be made. `pause` is awaited with the seconds that
    an image call takes before it answers; without it the call answers at once.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        speed: float = 1.0,
        base_url: str = "https://simulated.invalid",
        balance: Decimal | str = "8217.00",
        api_key: str | None = None,
        picture_scale: float = 1.0,
        pause: Pause | None = None,
    ) -> None:
        if not 0 < speed < float("inf"):
            raise ValueError("speed must be a positive number")
        self.faults = Faults()
        self.base_url = base_url.rstrip("/")
        self.balance = Decimal(balance)
        self.orders: list[Order] = []
        """Every creating call that was carried out, in order: what a test counts."""
        self._clock = clock
        self._speed = speed
        self._api_key = api_key
        self._picture_scale = picture_scale
        self._tasks = TaskList()
        self._creations = Creations(self._tasks, speed)
        self._gallery = Gallery()
        self._pause = pause
        self._generations = Generations(self._gallery, self._take_time, picture_scale)

    async def handle(self, method: str, path_with_query: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one request. NeverArrived and AnswerLost (faults.py) stand for what no answer can express."""
        path, _, query = path_with_query.partition("?")
        looks = method in ("GET", "HEAD")
        link = read_link(path, query) if looks else None
        order = read_order(path, query) if looks else None
        call = "picture" if link else "wsrv" if order else _CALLS.get(path) if method == "POST" else None
        if call is None:
            return failure(404, f"Not found: {method} {path}")
        fault = self.faults.take(call)
        if fault is not None and not fault.carries_out:
            return fault.strike()
        lowered = {name.lower(): value for name, value in headers.items()}
        if order:
            answer = await proxied(order, self._picture)
        else:
            answer = await self._picture(link) if link else await self._call(call, query, lowered, body)
        if fault is not None and fault.loses_answer:
            raise AnswerLost
        if fault is not None and self._pause is not None:
            await self._pause(fault.seconds)
        return answer

    async def small_picture(self, task_id: int) -> bytes | None:
        """A task's picture about 240 pixels wide, without drawing the large one; None for a task without pictures."""
        task = self._tasks.get(task_id)
        if task is None or not task.work.pictures:
            return None
        work = task.work
        return (await asyncio.to_thread(draw_work, work, SMALL_SCALE))[0]

    async def _call(self, call: str, query: str, headers: Mapping[str, str], body: bytes) -> Response:
        is_openai = call == "generations"
        if not self._is_authorized(headers.get("authorization", "")):
            message = "Unauthorized: this API key is missing or wrong"
            return error(401, "invalid_api_key", message) if is_openai else failure(401, message)
        try:
            fields = Fields.read(headers.get("content-type", ""), body)
            if is_openai and self.balance <= 0:
                return error(400, "billing_hard_limit_reached", "Billing hard limit has been reached")
            if is_openai:
                answer = await self._generations.create(fields, self._clock(), self.base_url)
                if answer.status == 200:
                    self.orders.append(Order.of(call, None, fields))
                return answer
            return success(self._answer(call, query, fields))
        except Refused as refusal:
            return error(400, "invalid_value", str(refusal)) if is_openai else failure(400, str(refusal))

    def _answer(self, call: str, query: str, fields: Fields) -> object:
        """The data of a successful answer."""
        if call == "balance":
            return {"balance": f"{self.balance:.2f}", "free_balance": "0.00"}
        if fields.text("model") != "midjourney":
            raise Refused('model must be "midjourney"')
        if call == "query":
            task = self._tasks.get(fields.number("taskId"))
            if task is None:
                raise Refused("Task not found")
            return self._view(task)
        if call == "query-mj-tasks":
            return self._page(parse_qs(query))
        if self.balance <= 0:
            raise Refused("Insufficient balance")
        task_id = self._creations.create(call, fields, self._clock()).id
        self.orders.append(Order.of(call, task_id, fields))
        return task_id

    def _page(self, query: Mapping[str, list[str]]) -> dict[str, object]:
        page, size = (_whole(query.get(name, [default])[-1]) for name, default in (("page", "1"), ("pageSize", "10")))
        if page < 1:
            raise Refused("page starts at 1")
        if size not in _PAGE_SIZES:
            raise Refused("pageSize must be 5 to 20")
        tasks = list(self._tasks.newest_first())
        shown = tasks[(page - 1) * size : page * size]
        return {"total": len(tasks), "tasks": [self._view(task) for task in shown]}

    def _view(self, task: Task) -> dict[str, object]:
        now = self._clock()
        standing = task.standing(now, self._speed)
        return task_json(task, standing, self._links(task, standing, now))

    def _links(self, task: Task, standing: Standing, now: datetime) -> tuple[str | None, str | None]:
        if not standing.has_succeeded or standing.finished is None or not task.work.pictures:
            return None, None
        extension = extension_of(task.work)
        name = file_name(task.prompt, task.job, extension)
        signed = signed_link(self.base_url, "dc", task.id, name, day_after(standing.finished))
        return signed, lasting_link(self.base_url, task.id, extension) if self._is_copied(standing, now) else None

    def _is_copied(self, standing: Standing, now: datetime) -> bool:
        """The copy in the object storage takes a while."""
        return standing.finished is not None and (now - standing.finished).total_seconds() * self._speed >= S3_DELAY

    async def _picture(self, link: Asked) -> Response:
        now = self._clock()
        if link.expires is not None and now.timestamp() >= link.expires:
            return text(403, "This content is no longer available.")
        if link.store == "images":
            drawn = await self._generations.picture(link.id)
            return file(*drawn) if drawn else text(404, "Not found")
        task = self._tasks.get(link.id)
        standing = task.standing(now, self._speed) if task else None
        if task is None or standing is None or not standing.has_succeeded or task.wish is Wish.NO_PICTURE:
            return text(404, "Not found")
        if not task.work.pictures or (link.store == "s3" and not self._is_copied(standing, now)):
            return text(404, "Not found")
        work = task.work
        return file(*await self._gallery.get(task.id, lambda: draw_work(work, self._picture_scale)))

    async def _take_time(self, seconds: float) -> None:
        if self._pause is not None:
            await self._pause(seconds / self._speed)

    def _is_authorized(self, header: str) -> bool:
        scheme, _, key = header.partition(" ")
        return scheme.lower() == "bearer" and bool(key.strip()) and self._api_key in (None, key.strip())


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
