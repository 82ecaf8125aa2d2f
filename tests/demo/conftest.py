"""The running demo, and its page in Chromium."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.demo.visitor import CHROMIUM, PATIENCE, SCREENSHOTS


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[str]:
    """The running demo's address. It must end within two seconds of Ctrl-C, with exit code 0 and no traceback."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine (Debian: chromium)")
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
