"""The simulated service's own HTTP calls, by which another process orders faults and counts what was made.

| call                      | body                                                                             |
|---------------------------|----------------------------------------------------------------------------------|
| `POST /simulate/faults`   | `{"call": "imagine", "kind": "answer", "times": 2, "status": 500, "body": "no"}` |
| `DELETE /simulate/faults` | none: no order and no trouble is left                                            |
| `POST /simulate/trouble`  | `{"seed": 1, "share": 0.1}`: each call suffers with that probability from now on |
| `GET /simulate/trouble`   | none; answers how often each fault has struck                                    |
| `GET /simulate/orders`    | none; answers `[{"call", "taskId", "fields"}]`, every creating call carried out  |

`call` is a name of faults.py, `*` any; `kind` is `answer` (of `status`, `headers` and `body`; nothing is carried out),
`refused`, `lost` (carried out, never answered), or `late` (carried out, answered after `seconds`).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from bot.providers.simulated.faults import Fault
from bot.providers.simulated.responses import Response, as_json
from bot.providers.simulated.service import SimulatedService
from bot.providers.simulated.trouble import Trouble

PREFIX = "/simulate/"

_MAKERS: Mapping[str, Callable[[Mapping[str, Any]], Fault]] = {
    "answer": lambda told: Fault(
        int(told.get("status", 500)), dict(told.get("headers", {})), told.get("body", "").encode()
    ),
    "refused": lambda _: Fault.refused(),
    "lost": lambda _: Fault.lost(),
    "late": lambda told: Fault.late(float(told["seconds"])),
}


class Control:
    """Steers one service."""

    def __init__(self, service: SimulatedService) -> None:
        self._service = service
        self._trouble = Trouble(0, 0)

    def handle(self, method: str, path: str, body: bytes) -> Response:
        """Carry a call out, or tell in one sentence what is wrong with it."""
        try:
            told: object = json.loads(body) if body else {}
            if not isinstance(told, dict):
                raise ValueError("the body must be an object")
            return as_json(self._carry_out(method, path.removeprefix(PREFIX), cast("dict[str, Any]", told)))
        except KeyError as missing:
            return as_json({"message": f"{missing} is missing, or not one of those there are"}, 400)
        except (ValueError, TypeError, AttributeError) as wrong:
            return as_json({"message": str(wrong)}, 400)

    def _carry_out(self, method: str, name: str, told: Mapping[str, Any]) -> object:
        match method, name:
            case "POST", "faults":
                fault = _MAKERS[told.get("kind", "answer")](told)
                self._service.faults.next(told["call"], *[fault] * int(told.get("times", 1)))
            case "DELETE", "faults":
                self._service.faults.clear()
                self._service.faults.trouble = None
            case "POST", "trouble":
                self._trouble = self._service.faults.trouble = Trouble(int(told["seed"]), float(told["share"]))
            case "GET", "trouble":
                return self._trouble.struck
            case "GET", "orders":
                return [
                    {"call": each.call, "taskId": each.task_id, "fields": each.fields} for each in self._service.orders
                ]
            case _:
                raise ValueError(f"there is no call {method} {PREFIX}{name}")
        return {}
