"""The running demo, and its page in Chromium."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.demo.visitor import CHROMIUM, PATIENCE, SCREENSHOTS


@pytest.fixture(scope="module")
def flags() -> tuple[str, ...]:
    """What the demo of a module is started with besides; a module may override it."""
    return ()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, flags: tuple[str, ...]) -> Iterator[str]:
    """The running demo's address. It must end within two seconds of Ctrl-C, with exit code 0 and no traceback.

    On a machine with more to do than it has processors, two seconds of its share.
    """
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine (Debian: chromium-headless-shell)")
    command = [sys.executable, "-m", "tests.demo.small", "--no-browser", "--speed", "10", *flags]
    environment = {**os.environ, "HOME": str(tmp_path_factory.mktemp("home"))}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            yield process.stdout.readline().split(" at ")[1].strip()
            assert process.poll() is None, process.stderr.read()
            process.send_signal(signal.SIGINT)
            assert process.wait(2 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(demo: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, demo: str) -> AsyncIterator[Page]:
    SCREENSHOTS.mkdir(exist_ok=True)
    opened = await browser.new_page(viewport={"width": 1100, "height": 1150})
    opened.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    await opened.goto(demo)
    yield opened
    await opened.goto("about:blank")  # the demo goes on drawing a page that does not take its leave
    await opened.close()
