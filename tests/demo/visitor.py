"""What a visitor does on the demo page, and what they see."""

import shutil
from contextlib import suppress
from pathlib import Path

from playwright.async_api import Locator, Page, TimeoutError, expect

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""Without windows it does a tenth less; where it is not, the whole browser serves as well."""

SCREENSHOTS = Path(__file__).parent / "screenshots"
PATIENCE = 30_000


async def run(page: Page, command: str, **options: str | Path) -> None:
    """Pick a command as a visitor does, fill its options, files included, and send it."""
    composer = page.locator("#channel-composer-input")
    await composer.click()
    await composer.fill(f"/{command.partition(' ')[0]}")
    chosen = page.locator(".command-chip")
    for _ in range(5):
        await page.locator(".command-popup").get_by_text(f"/{command}", exact=True).click()
        with suppress(AssertionError):
            await expect(chosen).to_be_visible(timeout=PATIENCE / 10)
            break  # a list that is drawn anew between press and release swallows the click
    else:
        raise AssertionError(f"/{command} could not be chosen")
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


async def choose(page: Page, menu: Locator, text: str) -> None:
    """Open a menu and choose its first line with that text. A page that is drawn anew meanwhile may swallow a click."""
    line = page.get_by_role("option").filter(has_text=text).first
    for _ in range(5):
        await menu.click()
        try:
            await line.click(timeout=PATIENCE / 5)
        except TimeoutError:
            continue
        return
    raise AssertionError(f"the menu shows no {text!r}")


def card(page: Page, text: str):
    return page.locator("#channel-message-list > *").filter(has_text=text).last


async def shot(page: Page, name: str) -> None:
    await page.wait_for_function("() => [...document.images].every(image => image.complete && image.naturalWidth)")
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")
