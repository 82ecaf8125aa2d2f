"""Chaos: whatever happens, every job ends, its card shows the truth, and no credit is lost or taken twice."""

from pathlib import Path

import pytest

from tests.wire.chaos import SCALE, SPEED, Chaos, Outcome, Plan
from tests.wire.installation import TOKEN
from tests.wire.loopback_discord import LoopbackDiscord
from tests.wire.service import Service

SHORT = Plan(seed=20, kills=20, jobs=30, faults=12, hurried=True, life=1.5, settle=120, rate=12.0)
LONG = Plan(
    seed=0, kills=300, jobs=3000, faults=300, hurried=False, life=5.0, settle=900, rate=10.0, in_all=24, per_member=4
)


async def run(plan: Plan, folder: Path) -> Outcome:
    """Carry a plan out, and say how it went."""

    def say(what: str) -> None:
        print(f"chaos {plan.seed}: {what}", flush=True)

    service = await Service.start(folder, speed=SPEED, scale=SCALE)
    try:
        async with LoopbackDiscord(TOKEN) as discord:
            outcome = await Chaos(plan, folder, discord, service, say).run()
    finally:
        await service.process.end()
    print(outcome.table(), *outcome.verdict.violations, sep="\n", flush=True)
    return outcome


async def test_twenty_kills_lose_nothing(tmp_path: Path) -> None:
    outcome = await run(SHORT, tmp_path)
    assert not outcome.verdict.violations
    assert outcome.counts["kills"] >= SHORT.kills
    assert outcome.verdict.jobs["in all"] >= SHORT.jobs
    assert outcome.counts["gateway drops"] > 0
    assert sum(outcome.discord.values()) >= SHORT.faults
    assert sum(outcome.service.values()) >= SHORT.faults


async def test_three_hundred_kills_lose_nothing(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    if not pytestconfig.getoption("--long"):
        pytest.skip("it takes about 25 minutes: --long")
    outcome = await run(LONG, tmp_path)
    assert not outcome.verdict.violations
