"""The simulated service behind an httpx client: the real provider clients talk to it without a network."""

import httpx

from bot.providers.simulated.faults import AnswerLost, NeverArrived
from bot.providers.simulated.service import SimulatedService


class SimulatedTransport(httpx.AsyncBaseTransport):
    """`httpx.AsyncClient(transport=SimulatedTransport(service))`; whatever host is asked, the service answers."""

    def __init__(self, service: SimulatedService) -> None:
        self.service = service

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        path = request.url.raw_path.decode("ascii")
        try:
            answer = await self.service.handle(request.method, path, request.headers, body)
        except NeverArrived as error:
            raise httpx.ConnectError("simulated: connection refused", request=request) from error
        except AnswerLost as error:
            raise httpx.ReadTimeout("simulated: no answer in time", request=request) from error
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body, request=request)
