"""Buttons on finished cards: who may, what they make, and for how long they work."""

import pytest

from tests.discord_ui.conftest import OFTEN, Card


def followup_card(world, result):
    (message,) = result.followups
    return Card(world, message.channel_id, message.id)


async def pressed(world, who, card, label):
    """Press and wait for the child's picture."""
    child = followup_card(world, await world.press(who, card, label))
    await world.until(lambda: "done" in child.text or "Not made" in child.text, 120)
    return child


async def test_u2_makes_a_card_of_its_own_that_leads_back(world):
    grid = await world.finished(world.alice)
    child = await pressed(world, world.alice, grid, "U2")
    assert child.text.startswith("-# Picture 2 · from [this card](")
    assert str(grid.id) in child.text
    assert "1 credit ·" in child.text
    assert await child.picture() != await grid.picture()
    assert "Vary (Subtle)" in child.buttons
    assert "Vary (Region)" not in child.buttons
    assert "Custom Zoom" not in child.buttons
    assert await world.left(world.alice) == 47


async def test_another_member_may_press_and_pays(world):
    grid = await world.finished(world.alice)
    child = await pressed(world, world.bob, grid, "V3")
    assert f"<@{world.bob.id}> · fast · 2 credits" in child.text
    assert await world.left(world.bob) == 48
    assert await world.left(world.alice) == 48


async def test_the_same_u_twice_leads_to_the_first(world):
    grid = await world.finished(world.alice)
    running = await world.press(world.alice, grid, "U2")
    again = await world.press(world.bob, grid, "U2")
    assert "already on its way" in again.followups[0].content
    assert again.followups[0].ephemeral
    child = followup_card(world, running)
    await world.until(lambda: "done" in child.text)
    third = await world.press(world.bob, grid, "U2")
    assert f"/{child.id}) was made before. Nothing was charged." in third.followups[0].content
    assert await world.left(world.bob) == 50


async def test_the_same_u_after_its_card_was_deleted_posts_the_result_again(world):
    grid = await world.finished(world.alice)
    child = await pressed(world, world.alice, grid, "U1")
    first = await child.picture()
    world.env.backend.delete_message(child.channel_id, child.id)
    again = followup_card(world, await world.press(world.bob, grid, "U1"))
    await world.until(lambda: again.gallery)
    assert await again.picture() == first
    assert await world.left(world.bob) == 50
    picked = await pressed(world, world.bob, again, "Vary (Subtle)")
    assert "done" in picked.text


async def test_a_double_press_is_one_press_but_v_may_repeat(world):
    grid = await world.finished(world.alice)
    one = followup_card(world, await world.press(world.alice, grid, "V1"))
    two = await world.press(world.alice, grid, "V1")
    assert "already on its way" in two.followups[0].content
    await world.pass_time(4)
    three = followup_card(world, await world.press(world.alice, grid, "V1"))
    assert three.id != one.id
    assert await world.left(world.alice) == 44


async def test_every_button_of_a_grid_and_of_a_pick_works(world):
    grid = await world.finished(world.alice, "a paper boat --ar 3:2")
    for label in ("🔄", "V4"):
        assert "done" in (await pressed(world, world.alice, grid, label)).text
    pick = await pressed(world, world.bob, grid, "U4")
    assert "Make Square" in pick.buttons
    for label in pick.buttons:
        child = await pressed(world, world.bob, pick, label)
        assert "done" in child.text, f"{label}: {child.text}"
        assert len(child.gallery) == 1, label


@pytest.mark.parametrize("settings", [{"daily_credits": 2}])
async def test_a_press_without_credits_is_refused_to_the_presser_alone(world):
    grid = await world.finished(world.alice)
    result = await world.press(world.alice, grid, "U1")
    (answer,) = result.followups
    assert answer.ephemeral
    assert "you have no credits left" in answer.content


async def test_a_press_on_an_old_card_after_a_restart(world):
    grid = await world.finished(world.alice)
    await world.restart()
    child = await pressed(world, world.bob, grid, "U3")
    assert "Picture 3" in child.text
    assert await child.picture()


@OFTEN
async def test_a_restart_while_a_job_runs_finishes_the_same_card(world):
    card = await world.imagine(world.alice)
    await world.until(lambda: "%" in card.text)
    await world.restart()
    await world.until(lambda: "done" in card.text)
    assert await card.picture()
    assert len(world.channel.history()) == 1
    assert await world.left(world.alice) == 48


async def test_a_press_in_another_place_leads_nowhere(world):
    grid = await world.finished(world.alice)
    elsewhere = world.guild.create_text_channel("elsewhere")
    foreign = await world.alice.slash(elsewhere, "imagine", prompt="mine")
    custom_id = grid.buttons["U1"]
    stored = world.env.backend.get_message(elsewhere.id, foreign.response.id)
    stored.components[0]["components"].append(
        {"type": 1, "id": 90, "components": [{"type": 2, "style": 2, "label": "x", "custom_id": custom_id, "id": 91}]}
    )
    result = await world.bob.click(elsewhere.history()[0], custom_id=custom_id)
    assert result.ephemeral
    assert "I do not know this picture any more" in result.response.content
    assert await world.left(world.bob) == 50
