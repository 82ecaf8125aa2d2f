"""/quota and what members notice of it: who may, what every option does, and what is said about it."""

import asyncio

import discord
import pytest

from tests.discord_ui.test_presses import followup_card

LIMIT = 2000

EVERY_WAY = {
    "show": {},
    "show member": {"member": "bob"},
    "set": {"credits": 60},
    "set member": {"credits": 60, "member": "bob"},
    "grant": {"member": "bob", "amount": 5},
    "grant for a reason": {"member": "bob", "amount": 5, "reason": "prize"},
    "reset": {"member": "bob"},
    "block": {"member": "bob"},
    "block for a reason": {"member": "bob", "reason": "spam"},
    "unblock": {"member": "bob"},
    "list": {},
}


@pytest.fixture
def carol(world):
    """Somebody who may manage the server."""
    role = world.guild.create_role("admins", permissions=discord.Permissions(manage_guild=True))
    return world.guild.add_member(world.env.create_user("carol"), roles=[role])


def open_command_to(world, *people):
    """What an admin can do in the server's settings: show the command to people without the permission."""
    command = world.env.backend.find_command("quota", world.guild.id)
    world.guild.set_command_permissions(int(command["id"]), dict.fromkeys(people, True))


async def ask(world, who, way, **options):
    """Run a subcommand, and give what it says to whoever asked alone."""
    options = {name: world.bob if value == "bob" else value for name, value in options.items()}
    result = await who.slash(world.channel, f"quota {way.split()[0]}", **options)
    assert result.acknowledged
    assert result.ephemeral
    assert len(result.response.content) <= LIMIT
    return result.response.content


async def usage(world, who):
    return (await who.slash(world.channel, "usage")).response.content


def stored(world, response):
    return world.env.backend.get_message(response.channel_id, response.id)


class TestWhoMay:
    def test_every_subcommand_is_tried(self, world):
        command = world.bot.tree.get_command("quota")
        assert {each.name for each in command.commands} == {way.split()[0] for way in EVERY_WAY}
        options = {(each.name, option.name) for each in command.commands for option in each.parameters}
        assert options == {(way.split()[0], name) for way, options in EVERY_WAY.items() for name in options}

    def test_the_command_is_for_servers_and_hidden_from_members(self, world):
        payload = world.bot.tree.get_command("quota").to_dict(world.bot.tree)
        assert payload["contexts"] == [0]
        assert payload["default_member_permissions"] == discord.Permissions(manage_guild=True).value

    @pytest.mark.parametrize("way", EVERY_WAY)
    async def test_a_member_is_refused_though_discord_lets_the_command_through(self, world, way):
        open_command_to(world, world.alice)
        await world.imagine(world.bob)
        assert "Manage Server" in await ask(world, world.alice, way, **EVERY_WAY[way])
        assert (await usage(world, world.bob)).startswith("**48 credits left** today; 2 of 50 used.\n50 a day is my")
        async with world.bot._storage.read() as uow:
            assert await uow.quotas.audited(world.guild.id, world.bob.id, 9) == []
            assert await uow.quotas.audited(world.guild.id, 0, 9) == []

    @pytest.mark.parametrize("custom_id", ["q:top:day", "q:top:month"])
    async def test_a_forged_button_is_refused_too(self, world, custom_id):
        answer = (await world.alice.slash(world.channel, "usage")).response
        button = {"type": 2, "style": 2, "label": "x", "custom_id": custom_id, "id": 91}
        stored(world, answer).components.append({"type": 1, "id": 90, "components": [button]})
        before = stored(world, answer).content
        result = await world.alice.click(answer, custom_id=custom_id)
        assert result.ephemeral
        assert "Manage Server" in result.response.content
        assert stored(world, answer).content == before

    async def test_so_is_a_real_one_when_its_owner_is_no_admin_any_more(self, world, carol):
        listed = (await carol.slash(world.channel, "quota list")).response
        before = stored(world, listed).content
        world.env.backend.get_guild(world.guild.id).members[carol.id].role_ids.clear()
        result = await carol.click(listed, custom_id="q:top:month")
        assert "Manage Server" in result.response.content
        assert stored(world, listed).content == before

    @pytest.mark.parametrize("way", EVERY_WAY)
    async def test_who_hosts_the_bot_may_without_the_permission(self, world, way):
        world._settings["owner_ids"] = frozenset({world.alice.id})
        await world.restart()
        open_command_to(world, world.alice)
        assert "Manage Server" not in await ask(world, world.alice, way, **EVERY_WAY[way])

    @pytest.mark.parametrize("way", [way for way in EVERY_WAY if "member" in EVERY_WAY[way]])
    async def test_a_bot_is_no_member(self, world, carol, way):
        robot = world.guild.add_member(world.env.create_user("robot", bot=True))
        options = EVERY_WAY[way] | {"member": robot}
        assert await ask(world, carol, way, **options) == (
            "Bots have no credits: they cannot use me. Please choose a person."
        )


class TestSet:
    async def test_a_member_s_limit(self, world, carol):
        await world.imagine(world.bob)
        bob = world.bob.mention
        assert await ask(world, carol, "set", credits=60, member=world.bob) == (
            f"{bob} may spend **60 credits** a day now. Before it was 50, my default.\n"
            "Now they have **58 credits left** today; 2 of 60 used."
        )
        assert await ask(world, carol, "set", credits=1, member=world.bob) == (
            f"{bob} may spend **1 credit** a day now. Before it was 60.\n"
            "Now they have **0 credits left** today; 2 used, and the limit is now 1."
        )
        again = await ask(world, carol, "set", credits=1, member=world.bob)
        assert again == f"{bob} may spend **1 credit** a day already. Nothing was changed."
        text = await usage(world, world.bob)
        told = "**0 credits left** today; 2 used, and the limit is now 1.\n1 a day is your own limit, set by an admin"
        assert text.startswith(told)

    async def test_the_server_s_default(self, world, carol):
        everyone = "Every member without a limit of their own may spend"
        text = await ask(world, carol, "set", credits=20)
        assert text == f"{everyone} **20 credits** a day now. Before it was 50, my default."
        text = await ask(world, carol, "set", credits=30)
        assert text == f"{everyone} **30 credits** a day now. Before it was 20."
        assert "30 a day is this server's default." in await usage(world, world.bob)
        text = await ask(world, carol, "set", credits=5, member=world.bob)
        assert "Before it was 30, this server's default." in text
        assert (await world.left(world.bob), await world.left(world.alice)) == (5, 30)

    async def test_no_credits_at_all(self, world, carol):
        await ask(world, carol, "set", credits=0, member=world.bob)
        assert (await usage(world, world.bob)).startswith("There are no credits to spend here.\n0 a day is your own")
        result = await world.bob.slash(world.channel, "imagine", prompt="a cat")
        assert result.ephemeral
        assert "The daily limit here is 0" in result.response.content

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({"server_daily_credits": 55}, "This server's ceiling of 55 a day, set by whoever hosts me, binds first."),
            (
                {"total_daily_credits": 55},
                "The ceiling of 55 a day for all of my servers together, set by whoever hosts me, binds first.",
            ),
        ],
    )
    async def test_an_operator_s_ceiling_that_binds_first_is_named(self, world, carol, says):
        assert says in await ask(world, carol, "set", credits=56, member=world.bob)
        assert says in await ask(world, carol, "set", credits=56)
        assert says in await ask(world, carol, "set", credits=56)
        assert "binds first" not in await ask(world, carol, "set", credits=55, member=world.bob)
        assert says in await ask(world, carol, "grant", member=world.bob, amount=1)
        assert await world.left(world.bob) == 55
        assert "leaves no more than that" in await usage(world, world.bob)
        assert "leaves no more than that" in await ask(world, carol, "show", member=world.bob)


class TestTakingBack:
    async def test_a_limit_is_left_to_the_default_again(self, world, carol):
        await ask(world, carol, "set", credits=5, member=world.bob)
        text = await ask(world, carol, "set", member=world.bob)
        assert text.startswith(f"{world.bob.mention} may spend **50 credits** a day now, my default. Before it was 5.")
        assert "limit 5 → default" in await ask(world, carol, "show", member=world.bob)
        assert "already. Nothing was changed" in await ask(world, carol, "set", member=world.bob)
        await ask(world, carol, "set", credits=20)
        assert "**50 credits** a day now, my default. Before it was 20." in await ask(world, carol, "set")

    async def test_unused_credits_on_top_are_taken_back(self, world, carol):
        await ask(world, carol, "grant", member=world.bob, amount=1_000_000)
        text = await ask(world, carol, "grant", member=world.bob, amount=-999_990, reason="a slip")
        assert text.startswith(f"I took **999990 credits** back from what {world.bob.mention} has on top")
        assert "50 used, and 10 on top" in text
        assert "-999990 on top · a slip" in await ask(world, carol, "show", member=world.bob)
        await ask(world, carol, "grant", member=world.bob, amount=-50)
        assert "nothing on top" in await ask(world, carol, "grant", member=world.bob, amount=-1)
        assert await world.left(world.bob) == 50


async def test_an_answer_that_takes_long_is_deferred_and_given_once(world, carol, monkeypatch):
    monkeypatch.setattr("bot.discord_ui.answers.PATIENCE", 0.05)
    quota, started = world.bot.services.quota, []
    grant = quota.grant

    async def slow(*values):
        started.append(values)
        await asyncio.sleep(0.2)
        return await grant(*values)

    monkeypatch.setattr(type(quota), "grant", lambda _, *values: slow(*values))
    result = await carol.slash(world.channel, "quota grant", member=world.bob, amount=2)
    (answer,) = [each for each in (result.response, *result.followups) if each and each.content]
    assert answer.ephemeral
    assert "got **2 credits** on top" in answer.content
    assert len(started) == 1


class TestGrant:
    @pytest.mark.parametrize("settings", [{"daily_credits": 3}])
    async def test_it_lies_on_top_and_is_spent_last(self, world, carol):
        await world.imagine(world.bob)
        text = await ask(world, carol, "grant", member=world.bob, amount=2, reason="a prize")
        assert text == (
            f"{world.bob.mention} got **2 credits** on top. Spent after the day's, and kept until used.\n"
            "Reason: a prize\n"
            "Now they have **3 credits left** today; 2 of 3 used, and 2 on top, kept until used."
        )
        assert (await usage(world, world.bob)).startswith(
            "**3 credits left** today; 2 of 3 used, and 2 on top, kept until used.\n3 a day is my default.\n"
        )
        await world.imagine(world.bob)
        assert (await usage(world, world.bob)).startswith("**1 credit left** today; 3 of 3 used, and 1 on top, kept")
        result = await world.bob.slash(world.channel, "imagine", prompt="a cat")
        assert "you have only 1 credit left today" in result.response.content

    async def test_a_grant_to_who_is_blocked_says_so(self, world, carol):
        await ask(world, carol, "block", member=world.bob)
        assert "They are blocked at the moment." in await ask(world, carol, "grant", member=world.bob, amount=2)


class TestReset:
    async def test_the_day_starts_anew(self, world, carol):
        await world.imagine(world.bob)
        text = await ask(world, carol, "reset", member=world.bob)
        assert text == (
            f"{world.bob.mention} starts the day anew: used went from 2 to 0.\n"
            "Now they have **50 credits left** today; 0 of 50 used.\n"
            "What was spent still counts for this server's ceiling and in `/quota list`."
        )
        assert await world.left(world.bob) == 50
        assert "nothing to reset" in await ask(world, carol, "reset", member=world.bob)


class TestBlock:
    async def test_a_blocked_member_makes_nothing_but_looks(self, world, carol):
        grid = await world.finished(world.bob)
        text = await ask(world, carol, "block", member=world.bob, reason="too *many* <@1> cats")
        reason = r"Reason: too \*many\* \<@\u200b1> cats".replace("\\u200b", "\u200b")
        assert text == (
            f"{world.bob.mention} is blocked: they can look, not make. What is under way goes on. "
            f"`/quota unblock` undoes it.\n{reason}"
        )
        refusals = [
            (await world.bob.slash(world.channel, "imagine", prompt="a cat")).response,
            (await world.press(world.bob, grid, "U1")).followups[0],
        ]
        for refused in refusals:
            assert refused.ephemeral
            assert "blocked you from making pictures here" in refused.content
            assert refused.content.endswith(reason)
        told = await usage(world, world.bob)
        assert told.startswith(
            "**48 credits left** today; 2 of 50 used.\n**You are blocked** from making pictures here"
        )
        assert reason in told
        assert (await world.bob.slash(world.channel, "help")).acknowledged
        followup_card(world, await world.press(world.alice, grid, "U1"))

    async def test_what_is_under_way_goes_on(self, world, carol):
        card = await world.imagine(world.bob)
        await ask(world, carol, "block", member=world.bob)
        await world.until(lambda: "done" in card.text)
        assert await card.picture()

    async def test_to_unblock_undoes_it(self, world, carol):
        await ask(world, carol, "block", member=world.bob)
        assert await ask(world, carol, "unblock", member=world.bob) == (
            f"{world.bob.mention} is blocked no more and can make pictures again.\n"
            "Now they have **50 credits left** today; 0 of 50 used."
        )
        await world.finished(world.bob)
        assert "is not blocked. Nothing was changed." in await ask(world, carol, "unblock", member=world.bob)

    async def test_a_second_block_says_what_it_does(self, world, carol):
        assert "Reason" not in await ask(world, carol, "block", member=world.bob)
        assert "is blocked already. Nothing" in await ask(world, carol, "block", member=world.bob)
        text = await ask(world, carol, "block", member=world.bob, reason="cats")
        assert "was blocked already; the reason is new." in text
        assert text.endswith("Reason: cats")

    async def test_who_is_not_in_the_server_can_be_blocked(self, world, carol):
        stranger = world.env.create_user("dave")
        assert "is blocked" in await ask(world, carol, "block", member=stranger)


class TestShow:
    async def test_a_member(self, world, carol):
        await world.imagine(world.bob, "a secret wish")
        await ask(world, carol, "set", credits=60, member=world.bob)
        await ask(world, carol, "grant", member=world.bob, amount=5, reason="prize")
        await ask(world, carol, "block", member=world.bob, reason="spam")
        await ask(world, carol, "unblock", member=world.bob)
        await ask(world, carol, "reset", member=world.bob)
        await ask(world, carol, "block", member=world.bob, reason="cats")
        text = await ask(world, carol, "show", member=world.bob)
        lines = text.split("\n")
        assert lines[:2] == [
            f"{world.bob.mention} has **65 credits left** today; 0 of 60 used, and 5 on top, kept until used.",
            "The limit of 60 a day is their own, set by an admin.",
        ]
        assert lines[2].startswith("New credits arrive <t:")
        assert lines[3:8] == [
            "**Blocked**: nothing new is made for them here.",
            "Reason: cats",
            "**Under way**",
            "- imagine · starting · 2 credits",
            "**Last changes**",
        ]
        changes = ["blocked · cats", "used today 2 → 0", "unblocked", "blocked · spam", "5 on top · prize"]
        assert [line.partition(f"<@{carol.id}>: ")[2] for line in lines[8:]] == changes
        assert all(line.startswith("- <t:") for line in lines[8:])
        assert "secret" not in text

    async def test_a_member_of_whom_nothing_is_known(self, world, carol):
        text = await ask(world, carol, "show", member=world.bob)
        assert text.startswith(
            f"{world.bob.mention} has **50 credits left** today; 0 of 50 used.\n"
            "The limit of 50 a day is my default.\nNew credits arrive <t:"
        )
        assert "Blocked" not in text
        assert "Last changes" not in text

    @pytest.mark.parametrize("settings", [{"server_daily_credits": 200, "total_daily_credits": 300}])
    async def test_the_server_under_ceilings(self, world, carol):
        await world.imagine(world.bob)
        await ask(world, carol, "set", credits=20)
        lines = (await ask(world, carol, "show")).split("\n")
        assert lines[:4] == [
            "Members without a limit of their own may spend **20 credits** a day: this server's default.",
            "Used in this server today: 2 of at most 200, the ceiling set by whoever hosts me.",
            "All of my servers share 300 a day; 298 of them are left.",
            "**Last changes**",
        ]
        assert lines[4].endswith(f"<@{carol.id}>: limit default → 20")

    async def test_the_server_without_any(self, world, carol):
        assert await ask(world, carol, "show") == (
            "Members without a limit of their own may spend **50 credits** a day: my default.\n"
            "Used in this server today: 0."
        )

    async def test_the_longest_answer_fits_and_shows_reasons_without_effect(self, world, carol):
        for number in range(5):
            await ask(world, carol, "block", member=world.bob, reason=f"{number}" + "*" * 499)
        text = await ask(world, carol, "show", member=world.bob)
        assert len(text) <= LIMIT
        assert r"\*\*" in text
        assert text.count("…") == 6
        assert len(await usage(world, world.bob)) <= LIMIT


class TestList:
    async def test_the_buttons_choose_the_time(self, world, carol):
        await world.imagine(world.bob)
        await world.imagine(world.bob)
        await world.imagine(world.alice)
        listed = (await carol.slash(world.channel, "quota list")).response
        spenders = f"1. {world.bob.mention} · 4 credits\n2. {world.alice.mention} · 2 credits"
        assert listed.ephemeral
        assert listed.content.startswith("**Top spenders today**, since <t:")
        assert listed.content.endswith(spenders)
        for span, when in (("month", "this month"), ("day", "today")):
            assert (await carol.click(listed, custom_id=f"q:top:{span}")).acknowledged
            now = stored(world, listed)
            assert now.content.startswith(f"**Top spenders {when}**")
            assert now.content.endswith(spenders)
            styles = {each["custom_id"]: each["style"] for each in now.components[0]["components"]}
            assert styles[f"q:top:{span}"] == 1
            assert sorted(styles.values()) == [1, 2]

    async def test_the_buttons_work_after_a_restart(self, world, carol):
        listed = (await carol.slash(world.channel, "quota list")).response
        await world.restart()
        assert (await carol.click(listed, custom_id="q:top:month")).acknowledged
        assert stored(world, listed).content.startswith("Nobody has spent anything here this month, since <t:")


@pytest.mark.parametrize("settings", [{"allowed_servers": frozenset({1})}])
@pytest.mark.parametrize("way", EVERY_WAY)
async def test_a_server_that_is_not_served_has_no_quotas(world, carol, way):
    assert "not opened me for this server" in await ask(world, carol, way, **EVERY_WAY[way])
