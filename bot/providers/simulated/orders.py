"""What was ordered of the service and carried out: a test counts it, to know that nothing was made twice."""

from dataclasses import dataclass

from bot.providers.simulated.bodies import Fields


@dataclass(frozen=True, slots=True)
class Order:
    """One creating call: the task that it made (an image call makes none), and its body without pictures."""

    call: str
    task_id: int | None
    fields: dict[str, object]

    @classmethod
    def of(cls, call: str, task_id: int | None, fields: Fields) -> "Order":
        return cls(call, task_id, fields.plain())
