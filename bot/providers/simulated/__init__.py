"""OhMyGPT, simulated: the API with its tasks, buttons, faults and pictures, deterministic and without a network.

The real clients talk to it through `SimulatedTransport` (in the demo and in tests) or over HTTP (`easel simulate`).
Progress is a function of the clock alone: nothing runs in the background, so a test with a fake clock sees hours pass
at once. Pictures are drawn when they are looked at first.

Failures on demand, by words in the prompt:

| in the prompt       | what happens at Midjourney                         | … at the image models              |
|---------------------|----------------------------------------------------|------------------------------------|
| `fail: banned word` | the call itself is refused, statusCode 400         | the filter refuses it at once      |
| `fail: late`        | accepted, runs to 46 %, then FAILURE with a reason | … after the time of drawing        |
| `fail: silent`      | accepted, never gets beyond SUBMITTED              | the answer never comes             |
| `fail: no picture`  | succeeds, but both of its picture links answer 404 | so does the link; no base64 at all |

`/wsrv/?url=…` is an image proxy in front of its pictures, as WSRV is.

Faults on demand, by a test: `service.faults.next("imagine", Fault.answer(429, Retry_After="7"))`, or, of a service that
is down, `service.faults.always("*", Fault.refused())`, see faults.py; from another process, see control.py; at random,
by a seed, see trouble.py.

`--seed` and `--ar` in a prompt work as they do at Midjourney; without a seed, the n-th task of a service always looks
the same. Webhooks are noted in the task, never called.
"""

from bot.providers.simulated.faults import Fault
from bot.providers.simulated.service import SimulatedService
from bot.providers.simulated.transport import SimulatedTransport

__all__ = ["Fault", "SimulatedService", "SimulatedTransport"]
