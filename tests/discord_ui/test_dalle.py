"""/dalle: options and their lists, pictures and buttons, and each way in which it may not work out."""

import io
import json
from typing import Any

import pytest
from PIL import Image

from bot.providers.simulated import Fault
from tests.discord_ui.conftest import OFTEN, Card, World
from tests.discord_ui.test_presses import followup_card

SORRY = '{"data": [{"b64_json": "PGh0bWw+c29ycnk8L2h0bWw+"}]}'
"""A page in base64."""

MODELS = ["dall-e-3", "dall-e-2", "gpt-image-1", "gpt-image-1.5", "gpt-image-2"]


async def painted(world: World, who: Any, **options: Any) -> Card:
    card = await world.ran(who, "dalle", **{"prompt": "a red fox in the snow"} | options)
    await world.until(lambda: "done" in card.text)
    return card


def error(code: str, message: str, status: int = 400, **headers: str) -> Fault:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
    return Fault.answer(status, json.dumps(body), **headers)


class TestPictures:
    @pytest.mark.parametrize("speed", [2.0])
    async def test_words_become_a_picture_with_the_models_own_words(self, world: World) -> None:
        card = await world.ran(world.alice, "dalle", prompt="a red fox in the snow")
        await world.until(lambda: "Painting; it began <t:" in card.text, 3)
        assert " · painting, asked <t:" in card.text
        assert "-# 1024 × 1024 · standard" in card.text
        await world.until(lambda: "done" in card.text)
        assert card.files == ["picture.png"]
        assert "-# What the model made of your words\n> " in card.text
        assert f"<@{world.alice.id}> · dall-e-3 · 2 credits · done" in card.text
        assert list(card.buttons) == ["🔄", "Imagine this"]
        assert card.gallery[0]["description"] == "Picture: a red fox in the snow"
        assert await world.left(world.alice) == 48

    @pytest.mark.parametrize(
        ("options", "size", "price"),
        [
            ({"model": "dall-e-2", "size": "256x256"}, (1, 1), 1),
            ({"model": "dall-e-3", "size": "1792x1024", "quality": "hd", "style": "natural"}, (7, 4), 4),
            ({"model": "gpt-image-2", "size": "1024x1536", "quality": "high"}, (2, 3), 6),
        ],
        ids=["dall-e-2", "dall-e-3", "gpt-image"],
    )
    async def test_links_and_base64_both_end_as_attachments(
        self, world: World, options: dict[str, str], size: tuple[int, int], price: int
    ) -> None:
        card = await painted(world, world.alice, **options)
        image = Image.open(io.BytesIO(await card.picture()))
        assert image.width / image.height == pytest.approx(size[0] / size[1], rel=0.03)
        assert all(
            each in card.text for each in (options["model"], options.get("quality", ""), options.get("style", ""))
        )
        assert await world.left(world.alice) == 50 - price

    @pytest.mark.parametrize("model", ["dall-e-2", "gpt-image-1"])
    async def test_ten_pictures_are_one_gallery(self, world: World, model: str) -> None:
        card = await painted(
            world, world.alice, model=model, count=10, **({"quality": "low"} if "gpt" in model else {})
        )
        assert card.files == [f"picture-{n}.png" for n in range(1, 11)]
        assert [item["media"]["url"].rpartition("/")[2] for item in card.gallery] == card.files
        assert card.gallery[9]["description"] == "Picture 10 of 10: a red fox in the snow"
        assert " · 10 pictures" in card.text
        assert len({await card.picture(name) for name in card.files}) == 10
        assert await world.left(world.alice) == 40

    @pytest.mark.parametrize(("settings", "speed"), [({"image_concurrency": 1}, 2.0)])
    async def test_more_than_allowed_wait_in_line(self, world: World) -> None:
        one = await world.ran(world.alice, "dalle", prompt="one")
        two = await world.ran(world.bob, "dalle", prompt="two")
        await world.until(lambda: "Painting" in one.text, 3)
        assert "in line" in two.text
        await world.until(lambda: "done" in one.text and "done" in two.text)

    @pytest.mark.parametrize("settings", [{"openai_base_url": "https://mirror.invalid"}])
    async def test_another_service_may_serve_it(self, world: World) -> None:
        asked: list[str] = []
        handle = world.service.handle

        async def noted(method: str, path: str, headers: Any, body: bytes) -> Any:
            asked.append(f"{headers['host']}{path}")
            return await handle(method, path, headers, body)

        world.service.handle = noted  # type: ignore[method-assign]
        await painted(world, world.alice)
        assert "mirror.invalid/v1/images/generations" in asked


class TestButtons:
    async def test_again_paints_anew_and_the_presser_pays(self, world: World) -> None:
        card = await painted(world, world.alice, model="dall-e-2", count=2)
        again = followup_card(world, await world.press(world.bob, card, "🔄"))
        await world.until(lambda: "done" in again.text)
        assert again.text.startswith("-# Another try · from [this card](")
        assert len(again.files) == 2
        assert await again.picture("picture-1.png") != await card.picture("picture-1.png")
        assert (await world.left(world.alice), await world.left(world.bob)) == (48, 48)

    async def test_imagine_this_gives_the_revised_words_to_midjourney(self, world: World) -> None:
        card = await painted(world, world.alice)
        child = followup_card(world, await world.press(world.bob, card, "Imagine this"))
        assert child.text.startswith("-# Imagined with Midjourney · from [this card](")
        revised = card.text.split("> ")[1].split("\n")[0]
        assert revised[:40] in child.text
        await world.until(lambda: "done" in child.text)
        assert "U1" in child.buttons
        assert await world.left(world.bob) == 48

    async def test_words_that_midjourney_would_take_for_its_own_signs_are_disarmed(self, world: World) -> None:
        card = await painted(
            world, world.alice, model="dall-e-2", prompt="a {red, blue} sign --ar 99:1 —v 3 --nonsense"
        )
        child = followup_card(world, await world.press(world.alice, card, "Imagine this"))
        await world.until(lambda: "done" in child.text)
        assert "**a red, blue sign ar 99:1 v 3 nonsense**" in child.text


class TestOptions:
    async def test_lists_depend_on_the_model(self, world: World) -> None:
        async def listed(option: str, typed: str = "", **others: str) -> list[str]:
            found = await world.alice.autocomplete(world.channel, "dalle", option, typed, **others)
            return [choice["value"] for choice in found]

        assert await listed("model") == MODELS
        assert await listed("model", "1.5") == ["gpt-image-1.5"]
        assert await listed("size") == ["1024x1024", "1792x1024", "1024x1792"]
        assert await listed("size", model="dall-e-2") == ["256x256", "512x512", "1024x1024"]
        assert await listed("quality", model="gpt-image-1") == ["low", "medium", "high", "auto"]
        assert await listed("quality", model="dall-e-2") == []
        assert await listed("style", model="dall-e-3") == ["vivid", "natural"]
        assert await listed("style", model="gpt-image-1") == []

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"model": "dall-e-9"}, "takes dall-e-3, dall-e-2, gpt-image-1"),
            ({"size": "256x256"}, "1024x1024, 1792x1024 or 1024x1792, not 256x256"),
            ({"quality": "high"}, "standard or hd, not high"),
            ({"style": "gothic"}, "vivid or natural, not gothic"),
            ({"model": "dall-e-2", "quality": "hd"}, "has no quality option"),
            ({"model": "gpt-image-1", "style": "vivid"}, "has no style option"),
            ({"count": 2}, "takes count 1, not 2"),
            ({"prompt": "   "}, "A prompt needs words"),
            ({"model": "dall-e-2", "prompt": "a" * 1001}, "1000 characters"),
        ],
    )
    async def test_what_a_model_does_not_take_is_refused_with_what_it_does(
        self, world: World, options: dict[str, Any], told: str
    ) -> None:
        result = await world.alice.slash(world.channel, "dalle", **{"prompt": "a fox"} | options)
        assert told in result.response.content
        assert result.response.ephemeral
        assert await world.left(world.alice) == 50

    @pytest.mark.parametrize("settings", [{"image_models": ("gpt-image-1",)}])
    async def test_the_operator_chooses_the_models(self, world: World) -> None:
        card = await painted(world, world.alice)
        assert "gpt-image-1 · 2 credits" in card.text
        result = await world.alice.slash(world.channel, "dalle", prompt="a fox", model="dall-e-3")
        assert "takes gpt-image-1, not dall-e-3" in result.response.content

    @pytest.mark.parametrize("settings", [{"image_models": ()}])
    async def test_without_any_model_it_says_so(self, world: World) -> None:
        result = await world.alice.slash(world.channel, "dalle", prompt="a fox")
        assert "no image model here" in result.response.content

    @pytest.mark.parametrize("settings", [{"daily_credits": 5}])
    async def test_without_credits_nothing_is_painted(self, world: World) -> None:
        result = await world.alice.slash(world.channel, "dalle", prompt="a fox", model="gpt-image-1", quality="high")
        assert "This costs 6 credits, but you have only 5 credits left" in result.response.content


class TestTrouble:
    @pytest.mark.parametrize(
        ("fault", "told", "buttons"),
        [
            (error("content_policy_violation", "Your request was rejected by our safety system."), "safety filter", []),
            (error("moderation_blocked", "Blocked."), "leave out real people", []),
            (error("billing_hard_limit_reached", "Billing hard limit has been reached"), "used up", ["Try again"]),
            (error("insufficient_quota", "You exceeded your current quota", 429), "used up", ["Try again"]),
            (error("invalid_api_key", "Incorrect API key", 401), "refuses my key", ["Try again"]),
            (error("invalid_value", "Something is wrong"), "says: Something is wrong.", ["Try again"]),
            (Fault.answer(500, "{}"), "gave no answer", ["Try again"]),
            (Fault.lost(), "gave no answer", ["Try again"]),
            (Fault.answer(200, "<html>Bad gateway</html>"), "do not understand", ["Try again"]),
            (Fault.answer(200, '{"created": 1, "data": []}'), "do not understand", ["Try again"]),
            (Fault.answer(200, '{"created": 1, "data": [{"b64_json": "%%%"}]}'), "do not understand", ["Try again"]),
            (
                Fault.answer(200, '{"data": [{"b64_json": "PGh0bWw+c29ycnk8L2h0bWw+"}]}'),
                "fetched or read",
                ["Try again"],
            ),
        ],
        ids=lambda each: None if isinstance(each, list | Fault) else each,
    )
    async def test_it_fails_in_plain_words_and_costs_nothing(
        self, world: World, fault: Fault, told: str, buttons: list[str]
    ) -> None:
        world.service.faults.next("generations", fault)
        card = await world.ran(world.alice, "dalle", prompt="a fox")
        await world.until(lambda: "Not made" in card.text)
        assert told in card.text
        assert "{" not in card.text
        assert "Midjourney" not in card.text
        assert list(card.buttons) == buttons
        assert await world.left(world.alice) == 50

    async def test_try_again_tries_again(self, world: World) -> None:
        world.service.faults.next("generations", Fault.answer(500, "{}"))
        card = await world.ran(world.alice, "dalle", prompt="a fox", model="dall-e-2")
        await world.until(lambda: "Not made" in card.text)
        again = followup_card(world, await world.press(world.alice, card, "Try again"))
        await world.until(lambda: "done" in again.text)
        assert again.files == ["picture.png"]
        assert await world.left(world.alice) == 49

    @OFTEN
    async def test_a_rate_limit_is_waited_out(self, world: World) -> None:
        world.service.faults.next("generations", error("rate_limit_exceeded", "Slow down", 429, Retry_After="4"))
        card = await world.ran(world.alice, "dalle", prompt="a fox")
        await world.until(lambda: "in line" in card.text, 2)
        assert "The image service takes nothing just now; I keep trying, and your job keeps its place." in card.text
        await world.until(lambda: "done" in card.text)
        assert await world.left(world.alice) == 48

    @pytest.mark.parametrize("speed", [1.0])
    async def test_a_restart_in_mid_call_says_so_and_refunds(self, world: World) -> None:
        card = await world.ran(world.alice, "dalle", prompt="a fox")
        await world.until(lambda: "Painting" in card.text, 3)
        await world.bot.services.generate.close()
        await world.restart()
        await world.until(lambda: "Not made" in card.text)
        assert "I was interrupted while the picture was being painted" in card.text
        assert list(card.buttons) == ["Try again"]
        assert await world.left(world.alice) == 50

    async def test_a_link_that_does_not_answer_at_once_is_tried_again(self, world: World) -> None:
        world.service.faults.next("picture", Fault.answer(503))
        card = await painted(world, world.alice)
        assert card.files == ["picture.png"]
        assert await world.left(world.alice) == 48

    async def test_a_picture_that_never_comes_costs_nothing(self, world: World) -> None:
        world.service.faults.next("picture", *[Fault.answer(403)] * 10)
        card = await world.ran(world.alice, "dalle", prompt="a fox")
        await world.until(lambda: "Not made" in card.text)
        assert "its pictures cannot be fetched or read" in card.text
        assert list(card.buttons) == ["Try again"]
        assert await world.left(world.alice) == 50

    async def test_of_several_those_that_come_are_shown_and_paid_for(self, world: World) -> None:
        world.service.faults.next("picture", *[Fault.answer(403)] * 4)  # each once, and one of them twice
        card = await painted(world, world.alice, model="dall-e-2", count=3)
        assert card.files == ["picture-1.png", "picture-2.png"]
        assert "Only 2 of 3 pictures came, and you paid for no more." in card.text
        assert "2 credits · done" in card.text
        assert await world.left(world.alice) == 48

    async def test_a_restart_before_the_card_was_drawn_loses_no_picture(self, world: World) -> None:
        world.bot._deliver.cancel()
        card = await world.ran(world.alice, "dalle", prompt="a fox", model="gpt-image-1", count=2)
        await world.pass_time(3)
        assert "Waiting to start" in card.text
        await world.restart()
        await world.until(lambda: "done" in card.text)
        assert card.files == ["picture-1.png", "picture-2.png"]
        assert await world.left(world.alice) == 46
