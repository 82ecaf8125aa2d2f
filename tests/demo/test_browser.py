"""The first minutes: from the slash picker to an upscaled picture, and a page that stays live while jobs run."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.demo.small import WITHOUT_PAST
from tests.demo.visitor import card, run, shot

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = (
    "an old lighthouse on a cliff above a stormy sea at dawn, waves breaking against dark rocks, a single lit window, "
    "gulls wheeling in the wind, distant ships with red sails, clouds torn open by the first light, painted in oil "
    "with visible brush strokes, muted blues and a touch of gold, calm and vast, a fairy tale told by the fire, "
    "fine detail in the foreground, haze on the horizon, quiet grandeur"
)


@pytest.fixture(scope="module")
def flags() -> tuple[str, ...]:
    return (WITHOUT_PAST,)


async def test_from_the_slash_picker_to_an_upscaled_picture(page: Page):
    composer = page.locator("#channel-composer-input")
    await composer.click()
    await composer.press_sequentially("/")
    await expect(page.locator(".command-popup").get_by_text("/imagine", exact=True)).to_be_visible()
    await shot(page, "1-picker")
    await composer.fill("")
    await run(page, "imagine", prompt="a lighthouse at dawn")
    first = card(page, "a lighthouse at dawn")
    await expect(first).to_be_in_viewport()
    await expect(first).not_to_contain_text("asked in ")  # it was asked in the past
    await expect(first).to_contain_text(re.compile(r"\d+ %"))
    await shot(page, "2-running")
    await expect(first.get_by_role("button", name="U2")).to_be_visible()
    await expect(first).to_contain_text("done")
    await expect(first.locator("img[alt^='Four pictures: a lighthouse']")).to_be_visible()
    await shot(page, "3-done")

    await run(page, "imagine", prompt=LONG, aspect="16:9")
    await expect(card(page, "an old lighthouse")).to_contain_text(re.compile(r"\d+ %"))
    await first.get_by_role("button", name="U2").click()
    picked = card(page, "Picture 2")
    await expect(picked).to_be_in_viewport()
    await expect(picked.locator("img[alt^='Picture 2']")).to_be_visible()
    await expect(picked.get_by_role("button", name="Vary (Strong)")).to_be_visible()
    await shot(page, "4-picked")
    wide = card(page, "an old lighthouse")
    await expect(wide.locator("img[alt^='Four pictures']")).to_be_visible()
    await wide.scroll_into_view_if_needed()
    await shot(page, "5-long-and-wide")

    await run(page, "imagine", prompt="fail: late")
    failed = card(page, "fail: late")
    await expect(failed).to_contain_text("Your 2 credits came back.")
    await shot(page, "6-failed")
    await run(page, "imagine", prompt="a cat --aspekt 3:2")
    await expect(card(page, "I do not know")).to_be_in_viewport()
    await shot(page, "7-refused")


async def test_twenty_of_twenty_actions_succeed_while_two_jobs_run(page: Page):
    messages = page.locator("#channel-message-list")
    unfinished = messages.locator("> *").filter(has_text=re.compile(r"\d+ %|Waiting to start|[Ii]n line"))
    under_way = unfinished.filter(has_not_text="left today")  # /usage lists them too
    cards = messages.locator("> *").filter(has_text="stone")
    answers = messages.get_by_text(re.compile(r"credits? left today|That picture"))
    await run(page, "imagine", prompt="stone 0")
    grid = cards.first
    await expect(grid.get_by_role("button", name="U1")).to_be_visible()
    await grid.get_by_role("button", name="U1").click()
    await expect(card(page, "Picture 1")).to_contain_text("done")

    succeeded = started = 0
    while succeeded < 20:
        if await under_way.count() < 2:  # starting another one is an action too
            started += 1
            await run(page, "imagine", prompt=f"stone {started}")
            await expect(under_way.filter(has_text=f"stone {started}")).to_have_count(1)
        elif succeeded % 2:
            before = await answers.count()
            await run(page, "usage")
            await expect(answers).to_have_count(before + 1)
        else:
            before = await answers.count()
            await grid.get_by_role("button", name="U1").click()
            await expect(answers).to_have_count(before + 1)
        succeeded += 1
    assert started >= 2
    await shot(page, "8-busy")
