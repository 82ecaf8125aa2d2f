"""The buttons: which are offered, and that each of them works."""

import re
from typing import Any

import pytest

from .helpers import Account, data_uri, offered, opened

UNSERVED = ("Inpaint", "CustomZoom", "BOOKMARK")
GRID = ["U1", "U2", "U3", "U4", "", "V1", "V2", "V3", "V4"]


def labels(task: dict[str, Any]) -> list[str]:
    return [action["label"] for action in task["actions"]]


def kinds(task: dict[str, Any]) -> list[str]:
    """The ids without what differs from task to task."""
    return [re.sub(r"::[0-9a-f-]{36}", "", action["customId"]) for action in task["actions"]]


async def test_a_grid_offers(account: Account) -> None:
    task = await account.finished()
    assert labels(task) == GRID
    assert kinds(task)[:2] == ["MJ::JOB::upsample::1", "MJ::JOB::upsample::2"]
    assert kinds(task)[4] == "MJ::JOB::reroll::0::SOLO"
    assert task["actions"][4]["emoji"] == "🔄"


async def test_a_solo_offers(account: Account) -> None:
    solo = await account.press(await account.finished(), "upsample::2::")
    assert kinds(solo) == [
        "MJ::JOB::upsample_v7_2x_subtle::1::SOLO",
        "MJ::JOB::upsample_v7_2x_creative::1::SOLO",
        "MJ::JOB::low_variation::1::SOLO",
        "MJ::JOB::high_variation::1::SOLO",
        "MJ::Inpaint::1::SOLO",
        "MJ::Outpaint::50::1::SOLO",
        "MJ::Outpaint::75::1::SOLO",
        "MJ::CustomZoom",
        *(f"MJ::JOB::pan_{side}::1::SOLO" for side in ("left", "right", "up", "down")),
        "MJ::JOB::animate_high::1::SOLO",
        "MJ::JOB::animate_low::1::SOLO",
        "MJ::BOOKMARK",
    ]
    assert max(len(action["customId"]) for action in solo["actions"]) <= 81


@pytest.mark.parametrize(
    ("parameters", "upscale", "is_animated"),
    [
        ("--v 5.2", "upsample_v5_2x::", False),
        ("--niji 5", "upsample_v5_2x::", False),
        ("--v 6", "upsample_v6_2x_subtle", False),
        ("--niji 6 --s 50", "upsample_v6_2x_subtle", False),
        ("--v 6.1", "upsample_v6r1_2x_subtle", False),
        ("--niji 7", "upsample_v7_2x_subtle", True),
        ("--niji", "upsample_v7_2x_subtle", True),
        ("--ar 1:1", "upsample_v7_2x_subtle", True),
    ],
)
async def test_the_version_decides_ids(account: Account, parameters: str, upscale: str, is_animated: bool) -> None:
    solo = await account.press(await account.finished("imagine", prompt=f"a fox {parameters}"), "upsample::1::")
    assert offered(solo, upscale)
    assert ("Animate (High motion)" in labels(solo)) is is_animated


async def test_square_only_where_it_is_not(account: Account) -> None:
    wide = await account.press(await account.finished("imagine", prompt="a fox --ar 16:9"), "upsample::1::")
    assert "Make Square" in labels(wide)
    grid = await account.press(wide, "Outpaint::100")
    assert grid["prompt"] == "a fox"
    square = await account.press(grid, "upsample::1::")
    assert "Make Square" not in labels(square)


async def test_after_an_upscale(account: Account) -> None:
    solo = await account.press(await account.finished(), "upsample::1::")
    large = await account.press(solo, "upsample_v7_2x_creative")
    assert large["action"] == "UPSCALE"
    assert labels(large) == ["Vary (Subtle)", "Vary (Strong)", "Animate (High motion)", "Animate (Low motion)", ""]


async def test_films(account: Account) -> None:
    solo = await account.press(await account.finished(), "upsample::1::")
    films = await account.press(solo, "animate_low::")
    assert (films["action"], labels(films)) == ("VIDEO", ["U1", "U2", "U3", "U4", ""])
    film = await account.press(films, "video_virtual_upscale::3")
    assert labels(film) == ["Extend (High motion)", "Extend (Low motion)"]
    response = await account.client.get(film["imageS3Url"])
    assert response.headers["content-type"] == "image/webp"
    assert film["imageS3Url"].endswith(".webp")
    image = opened(response.content)
    assert (image.format, getattr(image, "n_frames", 1)) == ("WEBP", 14)


async def test_a_description_becomes_a_picture(account: Account) -> None:
    task = await account.finished("describe", base64=data_uri())
    assert kinds(task)[-2:] == ["MJ::Picread::Retry", "MJ::Job::PicReader::all"]
    second = await account.press(task, "PicReader::2")
    assert second["action"] == "IMAGINE"
    assert second["prompt"] == task["prompt"].split("\n\n")[1][4:]
    every = await account.press(task, "PicReader::all")
    assert (every["action"], labels(every)) == ("IMAGINE", GRID)
    others = await account.press(task, "Picread::Retry")
    assert others["action"] == "DESCRIBE"
    assert others["prompt"] not in ("", task["prompt"])


@pytest.mark.parametrize(
    ("pattern", "action", "prompt"),
    [
        ("low_variation", "VARIATION", "a fox --ar 3:2"),
        ("high_variation", "VARIATION", "a fox --ar 3:2"),
        ("Outpaint::50", "ZOOM", "a fox --ar 3:2"),
        ("Outpaint::75", "ZOOM", "a fox --ar 3:2"),
        ("pan_left", "PAN", "a fox --ar 9:4"),
        ("pan_down", "PAN", "a fox"),
        ("animate_high", "VIDEO", "a fox --ar 3:2"),
    ],
)
async def test_action_words_and_prompts(account: Account, pattern: str, action: str, prompt: str) -> None:
    solo = await account.press(await account.finished("imagine", prompt="a fox --ar 3:2"), "upsample::1::")
    child = await account.press(solo, pattern)
    assert (child["action"], child["prompt"]) == (action, prompt)


async def test_every_button_works(account: Account) -> None:
    """All kinds of tasks that presses lead to, each button of each once."""
    start = [await account.finished("describe", base64=data_uri())]
    for ratio in ("3:2", "1:1"):
        grid = await account.finished("imagine", prompt=f"a fox --ar {ratio}")
        start.append(await account.press(grid, "upsample::4::"))
    waiting, seen = list(start), set[tuple[str, ...]]()
    while waiting:
        task = waiting.pop()
        if tuple(kinds(task)) in seen:
            continue
        seen.add(tuple(kinds(task)))
        for action in task["actions"]:
            if not any(word in action["customId"] for word in UNSERVED):
                child = await account.finished("action", taskId=task["taskId"], customId=action["customId"])
                assert child["status"] == "SUCCESS"
                assert child["actions"]
                waiting.append(child)
    assert len(seen) == 7  # grid, wide solo, square solo, large, films, film, description


async def test_what_cannot_be_served(account: Account) -> None:
    solo = await account.press(await account.finished(), "upsample::1::")

    async def refusal(pattern: str) -> str:
        return await account.refusal("action", taskId=solo["taskId"], customId=offered(solo, pattern))

    assert "needs a form" in await refusal("CustomZoom")
    assert "unknown action" in await refusal("BOOKMARK")
    assert "base64Mask" in await refusal("Inpaint")
    repainted = await account.press(solo, "Inpaint", base64Mask=data_uri("white"))
    assert repainted["action"] == "VARIATION"
    assert (await account.client.get(repainted["imageS3Url"])).status_code == 200


async def test_only_offered_buttons(account: Account) -> None:
    task, other = await account.finished(), await account.finished()
    foreign = other["actions"][0]["customId"]
    assert "not available" in await account.refusal("action", taskId=task["taskId"], customId=foreign)
    running = await account.data("imagine", prompt="a fox")
    own = task["actions"][0]["customId"]
    assert "not succeeded" in await account.refusal("action", taskId=running, customId=own)
    assert "customId" in await account.refusal("action", taskId=task["taskId"])


async def test_the_pool_is_that_of_the_parent(account: Account) -> None:
    task = await account.finished("imagine", prompt="a fox", type="NORMAL")
    press = {"taskId": task["taskId"], "customId": task["actions"][0]["customId"]}
    assert "NORMAL" in await account.refusal("action", **press, type="FAST")
    for fields in (press, {**press, "type": "NORMAL"}):
        assert (await account.finished("action", **fields))["taskType"] == "NORMAL"
