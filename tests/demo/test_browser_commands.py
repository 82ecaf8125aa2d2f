"""The other commands: files as input, other models, a history of forty jobs, and an admin."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.providers.simulated.art.lineage import imagined
from bot.providers.simulated.drawing import draw_variant
from bot.providers.simulated.gallery import encode_still
from tests.demo.visitor import card, choose, run, shot

pytestmark = pytest.mark.asyncio(loop_scope="module")


def drawn(folder: Path, words: str) -> Path:
    """A picture file, as a visitor would have one."""
    data, _ = encode_still(draw_variant(imagined(words, 7, 1.5)[0], 640))
    file = folder / f"{words.replace(' ', '-')}.png"
    file.write_bytes(data)
    return file


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
    await choose(page, history.locator(".select-trigger"), "imagine · done")
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
    await expect(fox.locator("img[alt^='Picture: a red fox']")).to_be_visible()
    await fox.scroll_into_view_if_needed()
    await shot(page, "11-dalle")
    await expect(blend.locator("img[alt^='Four pictures: A blend']")).to_be_visible()
    await blend.scroll_into_view_if_needed()
    await shot(page, "12-blended")
    await fox.get_by_role("button", name="Imagine this").click()
    await expect(card(page, "Imagined with Midjourney")).to_contain_text("done")

    await run(page, "dalle", prompt="a cat", size="256x256")
    await expect(card(page, "not 256x256")).to_be_in_viewport()
