"""/blend, /describe and /imagine with a picture: what members give, what they get, and what is refused."""

import asyncio
import io
import struct
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord
import httpx
import pytest
from PIL import Image

from bot.domain.job import NewJob
from bot.providers.simulated import Fault
from tests.discord_ui.conftest import Card, World
from tests.discord_ui.test_presses import followup_card

PUBLIC = "https://93.184.215.14"


def picture(colour: str = "teal", size: tuple[int, int] = (320, 240), kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 900 million pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def given(*pictures: bytes) -> dict[str, Any]:
    return {f"image{n}": (f"{n}.png", data) for n, data in enumerate(pictures, 1)}


async def refused(world: World, command: str, **options: Any) -> str:
    """The sentence of a refused command, which nobody else sees; nothing of it stays, and nothing is charged."""
    before = len(world.channel.history())
    result = await world.alice.slash(world.channel, command, **options)
    told = [message for message in (result.response, *result.followups) if message and message.ephemeral]
    assert len(told) == 1, "told once, and to the member alone"
    assert len(world.channel.history()) == before, "nothing public stays"
    assert await world.left(world.alice) == 50
    return told[0].content


class TestBlend:
    @pytest.mark.parametrize("count", [2, 5])
    async def test_pictures_become_a_grid_and_stay_in_sight(self, world: World, count: int) -> None:
        pictures = [picture(colour) for colour in ("teal", "gold", "navy", "coral", "plum")[:count]]
        card = await world.ran(world.alice, "blend", **given(*pictures))
        assert "**A blend of pictures**\n-# square" in card.text
        assert card.files == ["sources.webp"]
        await world.until(lambda: "done" in card.text)
        assert sorted(card.files) == ["picture.png", "sources.webp"]
        assert [item["media"]["url"].rpartition("/")[2] for item in card.gallery] == ["sources.webp", "picture.png"]
        assert [item["description"] for item in card.gallery] == [
            "The pictures that are blended",
            "Four pictures: A blend of pictures, square",
        ]
        assert list(card.buttons) == ["U1", "U2", "U3", "U4", "🔄", "V1", "V2", "V3", "V4"]
        assert await world.left(world.alice) == 48

    @pytest.mark.parametrize(("dimensions", "ratio"), [("portrait", 2 / 3), ("square", 1), ("landscape", 3 / 2)])
    async def test_the_shape_is_that_of_the_option(self, world: World, dimensions: str, ratio: float) -> None:
        options = given(picture(), picture("gold"))
        card = await world.ran(world.alice, "blend", **options, dimensions=dimensions, speed="normal")
        assert f"-# {dimensions}" in card.text
        assert "normal · 1 credit" in card.text
        await world.until(lambda: "done" in card.text)
        made = Image.open(io.BytesIO(await card.picture("picture.png")))
        assert made.width / made.height == pytest.approx(ratio, rel=0.05)

    async def test_a_gap_between_the_options_does_not_matter(self, world: World) -> None:
        options = {"image1": ("1.png", picture()), "image2": ("2.png", picture()), "image5": ("5.png", picture("red"))}
        card = await world.ran(world.alice, "blend", **options)
        await world.until(lambda: "done" in card.text)
        assert len(card.gallery) == 2

    async def test_its_buttons_make_pictures_too(self, world: World) -> None:
        card = await world.ran(world.alice, "blend", **given(picture(), picture("gold")))
        await world.until(lambda: "done" in card.text)
        child = followup_card(world, await world.press(world.bob, card, "V2"))
        await world.until(lambda: "done" in child.text)
        assert child.text.startswith("-# Variations of picture 2 · from [this card](")
        assert "**A blend of pictures**" in child.text
        assert child.files == ["picture.png"]

    async def test_a_restart_before_it_was_sent_loses_no_picture(self, world: World) -> None:
        world.service.faults.next("blend", Fault.answer(429, Retry_After="3"))
        card = await world.ran(world.alice, "blend", **given(picture(), picture("gold")))
        assert "Waiting to start" in card.text
        await world.restart()
        await world.until(lambda: "done" in card.text, 120)
        assert sorted(card.files) == ["picture.png", "sources.webp"]

    async def test_its_card_is_found_although_it_was_deferred_long_before_the_job_was_admitted(
        self, world: World
    ) -> None:
        card = await world.ran(world.alice, "blend", **given(picture(), picture("gold")))
        async with world.bot._storage.read() as uow:
            job = await uow.jobs.get(1)
        assert job is not None
        late = replace(job, created_at=job.created_at + timedelta(minutes=2))
        assert await world.bot.services.cards.find(late) == card.id
        assert await world.bot.services.cards.find(replace(late, source_picture=None)) is None

    async def test_a_lost_one_comes_back_as_credits(self, world: World) -> None:
        world.service.faults.next("blend", Fault.lost())
        card = await world.ran(world.alice, "blend", **given(picture(), picture("gold")))
        await world.pass_time(121)
        await world.until(lambda: "Not made" in card.text)
        assert card.files == ["sources.webp"]
        assert await world.left(world.alice) == 50


class TestDescribe:
    async def test_a_picture_becomes_four_prompts_with_a_button_each(self, world: World) -> None:
        card = await world.ran(world.alice, "describe", image=("cat.jpg", picture(kind="JPEG")))
        assert card.files == ["sources.webp"]
        await world.until(lambda: "done" in card.text)
        assert all(f"**{n}**" in card.text for n in (1, 2, 3, 4))
        assert list(card.buttons)[:4] == ["1️⃣", "2️⃣", "3️⃣", "4️⃣"]
        assert card.files == ["sources.webp"]
        assert card.gallery[0]["description"] == "The picture that is described"
        assert "1 credit ·" in card.text
        assert await world.left(world.alice) == 49

    async def test_a_number_imagines_its_prompt_and_the_presser_pays(self, world: World) -> None:
        card = await world.ran(world.alice, "describe", image=("cat.png", picture()))
        await world.until(lambda: "done" in card.text)
        prompt = card.text.split("**2**")[1].split("**3**")[0].strip()
        child = followup_card(world, await world.press(world.bob, card, "2️⃣"))
        assert child.text.startswith("-# Prompt 2 · from [this card](")
        assert prompt.split(" \\--")[0].split(" --")[0] in child.text
        await world.until(lambda: "done" in child.text)
        assert child.files == ["picture.png"]
        assert "U1" in child.buttons
        assert (await world.left(world.alice), await world.left(world.bob)) == (49, 48)

    async def test_its_own_reroll_describes_again(self, world: World) -> None:
        card = await world.ran(world.alice, "describe", image=("cat.png", picture()))
        await world.until(lambda: "done" in card.text)
        again = followup_card(world, await world.press(world.alice, card, "🔄"))
        await world.until(lambda: "done" in again.text)
        assert all(f"**{n}**" in again.text for n in (1, 2, 3, 4))
        assert again.text.split("**1**")[1] != card.text.split("**1**")[1]
        assert list(again.buttons)[:4] == ["1️⃣", "2️⃣", "3️⃣", "4️⃣"]

    async def test_a_link_is_as_good(self, world: World) -> None:
        asked: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return httpx.Response(200, content=picture(kind="WEBP"))

        world.web = answer
        card = await world.ran(world.alice, "describe", link=f"{PUBLIC}/cat.webp")
        await world.until(lambda: "done" in card.text)
        assert [str(request.url) for request in asked] == [f"{PUBLIC}/cat.webp"]
        assert "**4**" in card.text

    @pytest.mark.parametrize("options", [{}, {"image": ("a.png", picture()), "link": f"{PUBLIC}/a.png"}])
    async def test_exactly_one_of_the_two_is_taken(self, world: World, options: dict[str, Any]) -> None:
        assert "either `image` or `link`" in await refused(world, "describe", **options)

    @pytest.mark.parametrize(
        ("link", "told"),
        [
            ("http://example.org/a.png", "https://"),
            ("ftp://example.org/a.png", "https://"),
            ("https://127.0.0.1/a.png", "not a public address"),
            ("https://[::1]/a.png", "not a public address"),
            ("https://10.0.0.7/a.png", "not a public address"),
            ("https://169.254.169.254/latest/meta-data", "not a public address"),
            ("https://[::ffff:127.0.0.1]/a.png", "not a public address"),
            ("https://localhost/a.png", "not a public address"),
            ("https://93.184.215.14:8443/a.png", "port"),
            ("no link at all", "link"),
            ("https://xn--/a.png", "I cannot read that link"),
        ],
    )
    async def test_a_link_leads_to_public_places_only(self, world: World, link: str, told: str) -> None:
        assert told in await refused(world, "describe", link=link)

    @pytest.mark.parametrize("target", ["https://127.0.0.1/", "https://169.254.169.254/", "http://93.184.215.14/"])
    async def test_nor_does_a_redirect_lead_elsewhere(self, world: World, target: str) -> None:
        seen: list[str] = []

        def answer(request: httpx.Request) -> httpx.Response:
            seen.append(request.url.host)
            return httpx.Response(302, headers={"Location": target})

        world.web = answer
        await refused(world, "describe", link=f"{PUBLIC}/a.png")
        assert seen == ["93.184.215.14"]

    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            (httpx.Response(404), "404"),
            (httpx.Response(200, content=b"<html>"), "no PNG, JPEG, WebP or GIF"),
            (httpx.Response(200, content=b"\x89PNG\r\n\x1a\n" + bytes(21 * 2**20)), "20 MB"),
        ],
        ids=["missing", "a page", "too large"],
    )
    async def test_what_a_link_leads_to_has_to_be_a_picture(
        self, world: World, answer: httpx.Response, told: str
    ) -> None:
        world.web = lambda _: answer
        assert told in await refused(world, "describe", link=f"{PUBLIC}/a.png")


class TestReference:
    async def test_imagine_takes_a_picture_up(self, world: World) -> None:
        card = await world.imagine(world.alice, "a heron", image=("a.png", picture()))
        assert card.files == ["sources.webp"]
        assert "**a heron**" in card.text
        await world.until(lambda: "done" in card.text)
        assert sorted(card.files) == ["picture.png", "sources.webp"]
        plain = await world.finished(world.alice, "a heron --seed 1")
        assert plain.files == ["picture.png"]

    async def test_a_refused_prompt_fetches_nothing(self, world: World) -> None:
        assert "I do not know" in await refused(world, "imagine", prompt="a --nonsense 1", image=("a.png", picture()))


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "told"),
        [
            (b"GIF89 but not really", "`image2` is no PNG, JPEG, WebP or GIF picture"),
            (b"%PDF-1.7 a document", "`image2` is no PNG, JPEG, WebP or GIF picture"),
            (b"", "`image2`"),
            (picture()[:-200], "`image2` is damaged"),
            (bomb(), "megapixels"),
        ],
        ids=["neither", "a document", "nothing", "damaged", "a bomb"],
    )
    async def test_what_is_no_usable_picture_is_refused_by_its_name(self, world: World, data: bytes, told: str) -> None:
        assert told in await refused(world, "blend", image1=("1.png", picture()), image2=("2.png", data))

    async def test_a_file_that_is_too_large_is_refused_before_it_is_fetched(self, world: World) -> None:
        huge = ("2.png", bytes(20 * 2**20 + 1))
        assert "`image` is larger than 20 MB" in await refused(world, "imagine", prompt="a", image=huge)

    async def test_a_picture_that_cannot_be_read_is_asked_for_again(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def gone(_: object) -> bytes:
            raise discord.DiscordException("404")

        monkeypatch.setattr(discord.Attachment, "read", gone)
        assert "attach it once more" in await refused(world, "describe", image=("a.png", picture()))

    @pytest.mark.parametrize("settings", [{"daily_credits": 1}])
    async def test_without_credits_nothing_is_fetched(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(discord.Attachment, "read", None)
        result = await world.alice.slash(world.channel, "blend", **given(picture(), picture("gold")))
        assert result.ephemeral
        assert "only 1 credit left" in result.response.content

    @pytest.mark.parametrize("settings", [{"daily_credits": 2}])
    async def test_credits_that_are_gone_when_the_pictures_are_there_leave_nothing_behind(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rehearse = world.bot.services.submit.rehearse

        async def spent_meanwhile(new: NewJob) -> None:
            await rehearse(new)
            await world.bot.services.submit.admit(new)

        monkeypatch.setattr(world.bot.services.submit, "rehearse", spent_meanwhile)
        before = len(world.channel.history())
        result = await world.alice.slash(world.channel, "blend", **given(picture(), picture("gold")))
        assert "no credits left" in result.followups[-1].content
        assert result.followups[-1].ephemeral
        assert len(world.channel.history()) == before

    @pytest.mark.parametrize("settings", [{"daily_credits": 1}])
    async def test_a_refusal_that_takes_long_is_given_after_a_defer(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.discord_ui.admission.PATIENCE", 0.05)
        rehearse = world.bot.services.submit.rehearse

        async def slow(new: NewJob) -> None:
            await asyncio.sleep(0.2)
            await rehearse(new)

        monkeypatch.setattr(world.bot.services.submit, "rehearse", slow)
        before = len(world.channel.history())
        result = await world.alice.slash(world.channel, "blend", **given(picture(), picture("gold")))
        assert "only 1 credit left" in result.followups[-1].content
        assert result.followups[-1].ephemeral
        assert len(world.channel.history()) == before

    async def test_a_card_that_discord_refuses_leaves_nothing_behind(self, world: World) -> None:
        world.env.inject_error("PATCH", "/webhooks/*/messages/@original", status=400, code=50035)
        before = len(world.channel.history())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("bot.discord_ui.failures.log.exception", lambda *_: None)
            result = await world.alice.slash(world.channel, "blend", **given(picture(), picture("gold")))
        assert result.followups[-1].ephemeral
        assert "Something went wrong on my side" in result.followups[-1].content
        assert len(world.channel.history()) == before
        assert await world.left(world.alice) == 50

    async def test_an_animation_counts_with_its_first_frame(self, world: World) -> None:
        file = io.BytesIO()
        frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
        card: Card = await world.ran(world.alice, "describe", image=("a.gif", file.getvalue()))
        shown = Image.open(io.BytesIO(await card.picture("sources.webp")))
        assert getattr(shown, "n_frames", 1) == 1
        assert shown.convert("RGB").getpixel((shown.width // 2, shown.height // 2))[0] > 200
