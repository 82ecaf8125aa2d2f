"""The demo page in a real browser: what a newcomer sees and clicks.

Each run leaves its screenshots in `tests/demo/screenshots`, for people to look at.
"""

import asyncio
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.providers.simulated.art.lineage import imagined
from bot.providers.simulated.drawing import draw_variant
from bot.providers.simulated.gallery import encode_still

CHROMIUM = shutil.which("chromium")
SCREENSHOTS = Path(__file__).parent / "screenshots"
PATIENCE = 30_000
LONG = (
    "an old lighthouse on a cliff above a stormy sea at dawn, waves breaking against dark rocks, a single lit window, "
    "gulls wheeling in the wind, distant ships with red sails, clouds torn open by the first light, painted in oil "
    "with visible brush strokes, muted blues and a touch of gold, calm and vast, a fairy tale told by the fire, "
    "fine detail in the foreground, haze on the horizon, quiet grandeur"
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine (Debian: chromium)")


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[str]:
    """The running demo's address. It must end within two seconds of Ctrl-C, with exit code 0 and no traceback."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--no-browser", "--speed", "10",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    first = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    try:
        yield first.split(" at ")[1].strip()
        assert process.returncode is None, (await process.stderr.read()).decode()
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 2) == 0
        assert (await process.stderr.read()).decode() == ""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
async def page(demo: str) -> AsyncIterator[Page]:
    SCREENSHOTS.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        opened = await browser.new_page(viewport={"width": 1100, "height": 1150})
        opened.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        await opened.goto(demo)
        yield opened
        await browser.close()


async def run(page: Page, command: str, **options: str | Path) -> None:
    """Pick a command as a visitor does, fill its options, files included, and send it."""
    composer = page.locator("#channel-composer-input")
    await composer.click()
    await composer.press_sequentially(f"/{command.partition(' ')[0]}")
    await page.locator(".command-popup").get_by_text(f"/{command}", exact=True).click()
    for name, value in options.items():
        kind = "command-option-input" if isinstance(value, str) else "command-file-input"
        field = page.locator(f'input.{kind}[data-option="{name}"]')
        if not await field.count():
            await page.locator(".command-ghost").click()
            await page.locator(".command-popup").get_by_text(name, exact=True).first.click()
        if not isinstance(value, str):
            await field.set_input_files(value)
        elif value.startswith("@"):  # a member is chosen from the list
            await field.press_sequentially(value[1:])
            await page.locator(".command-popup").get_by_text(value[1:], exact=True).click()
        else:
            await field.fill(value)
    await page.locator("#send-message").click()
    await expect(composer).to_be_visible()


def card(page: Page, text: str):
    return page.locator("#channel-message-list > *").filter(has_text=text).last


async def shot(page: Page, name: str) -> None:
    await page.wait_for_function("() => [...document.images].every(image => image.complete && image.naturalWidth)")
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


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


def drawn(folder: Path, words: str) -> Path:
    """A picture file, as a visitor would have one."""
    data, _ = encode_still(draw_variant(imagined(words, 7, 1.5)[0], 640))
    file = folder / f"{words.replace(' ', '-')}.png"
    file.write_bytes(data)
    return file


async def test_pictures_as_input_and_other_models(page: Page, tmp_path: Path):
    owl, harbour = drawn(tmp_path, "an owl in a forest"), drawn(tmp_path, "a harbour at night")
    await run(page, "blend", image1=owl, image2=harbour)
    blend = card(page, "A blend of pictures")
    await expect(blend.locator("img[alt='The pictures that are blended']")).to_be_visible()
    await run(page, "describe", image=harbour)
    described = card(page, "A picture, described")
    await expect(described.get_by_role("button", name="4️⃣")).to_be_visible()
    await described.scroll_into_view_if_needed()
    await shot(page, "10-described")
    await described.get_by_role("button", name="2️⃣").click()
    await expect(card(page, "Prompt 2 · from this card")).to_be_in_viewport()

    await run(page, "dalle", prompt="a red fox in the snow, a poster")
    fox = card(page, "a red fox in the snow")
    await expect(fox).to_contain_text("Painting; it began")
    await expect(fox.locator("img[alt^='Picture: a red fox']")).to_be_visible()
    await fox.scroll_into_view_if_needed()
    await shot(page, "11-dalle")
    await expect(blend.locator("img[alt='Four pictures: A blend of pictures']")).to_be_visible()
    await blend.scroll_into_view_if_needed()
    await shot(page, "12-blended")
    await fox.get_by_role("button", name="Imagine this").click()
    await expect(card(page, "Imagined with Midjourney")).to_contain_text("done")

    await run(page, "dalle", prompt="a cat", size="256x256")
    await expect(card(page, "not 256x256")).to_be_in_viewport()


async def test_a_history_of_forty_jobs_and_an_admin_s_grant(page: Page):
    await run(page, "history")
    history = card(page, "Mira used /history")
    await expect(history).to_contain_text("Your history")
    await shot(page, "20-history")
    for one in ("a cherry tree", "a mountain hut", "a hot-air balloon", "a lighthouse on a cliff"):
        await history.get_by_role("button", name="Older").click()
        await expect(history).to_contain_text(one)
    await expect(history.get_by_role("button", name="Older")).to_be_disabled()
    await history.get_by_role("button", name="Newer").click()
    await expect(history).to_contain_text("a hot-air balloon")
    await history.locator(".select-trigger").click()
    await page.get_by_role("option").filter(has_text="imagine · done").first.click()
    await expect(history.get_by_role("button", name="Run again")).to_be_visible()
    await expect(history.locator("img[alt^='Four pictures']")).to_be_visible()
    await history.scroll_into_view_if_needed()
    await shot(page, "21-opened")
    await history.get_by_role("button", name="U3").click()
    await expect(card(page, "Picture 3")).to_contain_text("done")
    await history.get_by_role("button", name="Delete").click()
    await expect(history).to_contain_text("Delete this one?")
    await shot(page, "22-delete")
    await history.get_by_role("button", name="Keep it").click()
    await expect(history.get_by_role("button", name="Run again")).to_be_visible()

    await page.locator("#viewer-picker").select_option(label="Ada (admin)")
    await run(page, "quota grant", member="@Mira", amount="20", reason="won the weekly contest")
    await expect(card(page, "got 20 credits on top")).to_be_in_viewport()
    await run(page, "quota show", member="@Mira")
    await expect(card(page, "Last changes")).to_contain_text("won the weekly contest")
    await run(page, "quota list")
    await page.get_by_role("button", name="This month").click()
    await expect(card(page, "Top spenders this month")).to_contain_text("Mira")
    await shot(page, "23-quota")


async def test_twenty_of_twenty_actions_succeed_while_two_jobs_run(page: Page):
    messages = page.locator("#channel-message-list")
    unfinished = messages.locator("> *").filter(has_text=re.compile(r"\d+ %|Waiting to start|In line"))
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
