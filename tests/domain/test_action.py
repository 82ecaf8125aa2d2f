"""Actions: every known customId finds its family, and an unknown one still makes a button."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.action import FAMILIES, KNOWN_EMOJI, LABEL_LENGTH, MOST_BUTTONS, UNKNOWN, Action, Price, rows

UUID = "0b3f9c1e-7a52-4d7e-9c55-1f2f6a3c9d10"
SOLO = f"{UUID}::SOLO"

GRID = (
    *(Action(f"MJ::JOB::upsample::{n}::{UUID}", f"U{n}") for n in range(1, 5)),
    Action(f"MJ::JOB::reroll::0::{SOLO}", "", "🔄"),
    *(Action(f"MJ::JOB::variation::{n}::{UUID}", f"V{n}") for n in range(1, 5)),
)
PICKED = (
    Action(f"MJ::JOB::upsample_v7_2x_subtle::1::{SOLO}", "Upscale (Subtle)", "upscale_1"),
    Action(f"MJ::JOB::upsample_v7_2x_creative::1::{SOLO}", "Upscale (Creative)", "upscale_1"),
    Action(f"MJ::JOB::low_variation::1::{SOLO}", "Vary (Subtle)", "🪄"),
    Action(f"MJ::JOB::high_variation::1::{SOLO}", "Vary (Strong)", "🪄"),
    Action(f"MJ::Inpaint::1::{SOLO}", "Vary (Region)", "🖌️"),
    Action(f"MJ::Outpaint::50::1::{SOLO}", "Zoom Out 2x", "🔍"),
    Action(f"MJ::Outpaint::75::1::{SOLO}", "Zoom Out 1.5x", "🔍"),
    Action(f"MJ::CustomZoom::{UUID}", "Custom Zoom", "🔍"),
    *(Action(f"MJ::JOB::pan_{way}::1::{SOLO}", "", "") for way in ("left", "right", "up", "down")),
    Action(f"MJ::JOB::animate_high::1::{SOLO}", "Animate (High motion)", "🎞️"),
    Action(f"MJ::JOB::animate_low::1::{SOLO}", "Animate (Low motion)", "🎞️"),
    Action(f"MJ::BOOKMARK::{UUID}", "", "❤️"),
)
BY_ID = [
    (f"MJ::JOB::upsample::3::{UUID}", "upscale", Price.PICK),
    (f"MJ::JOB::video_virtual_upscale::2::{UUID}", "pick_video", Price.PICK),
    (f"MJ::JOB::reroll::0::{SOLO}", "reroll", Price.PICTURE),
    (f"MJ::JOB::variation::4::{UUID}", "variation", Price.PICTURE),
    (f"MJ::JOB::upsample_v5_4x::1::{SOLO}", "hd_upscale", Price.PICTURE),
    (f"MJ::JOB::upsample_v6r1_2x_creative::1::{SOLO}", "hd_upscale", Price.PICTURE),
    (f"MJ::JOB::low_variation::1::{SOLO}", "vary", Price.PICTURE),
    (f"MJ::JOB::high_variation::1::{SOLO}", "vary", Price.PICTURE),
    (f"MJ::Inpaint::1::{SOLO}", "region", Price.PICTURE),
    (f"MJ::Outpaint::100::1::{SOLO}", "square", Price.PICTURE),
    (f"MJ::Outpaint::50::1::{SOLO}", "zoom", Price.PICTURE),
    (f"MJ::CustomZoom::{UUID}", "custom_zoom", Price.PICTURE),
    *((f"MJ::JOB::pan_{way}::1::{SOLO}", f"pan_{way}", Price.PICTURE) for way in ("left", "right", "up", "down")),
    (f"MJ::JOB::animate_high::1::{SOLO}", "animate", Price.VIDEO),
    (f"MJ::JOB::animate_high_extend::1::{UUID}", "extend", Price.VIDEO),
    (f"MJ::JOB::animate_low_extend::1::{UUID}", "extend", Price.VIDEO),
    (f"MJ::JOB::video::{UUID}::manual", "manual_video", Price.VIDEO),
    ("EASEL::SUGGESTION::2", "suggestion", Price.PICTURE),
    ("EASEL::IMAGINE", "imagine_this", Price.PICTURE),
    ("EASEL::AGAIN", "again", Price.PICTURE),
    ("MJ::Job::PicReader::2", "describe_pick", Price.PICTURE),
    ("MJ::Job::PicReader::all", "describe_pick", Price.PICTURE),
    ("MJ::Picread::Retry", "describe_retry", Price.PICK),
    ("MJ::Job::PromptAnalyzer::1", "shorten", Price.PICTURE),
    (f"MJ::BOOKMARK::{UUID}", "favourite", Price.PICTURE),
    (f"MJ::CancelJob::ByJobid::{UUID}", "cancel", Price.PICTURE),
    (f"MJ::JOB::tomorrow::1::{UUID}", "unknown", Price.PICTURE),
    ("", "unknown", Price.PICTURE),
]
IDS = [custom_id for custom_id, _, _ in BY_ID]


def laid_out(actions: tuple[Action, ...]) -> list[list[int]]:
    return [[index for index, _ in row] for row in rows(actions, lambda _: True)]


class TestFamilies:
    @pytest.mark.parametrize(("custom_id", "family", "price"), BY_ID)
    def test_an_id_has_its_family_and_price_in_any_spelling(self, custom_id: str, family: str, price: Price) -> None:
        for spelling in (custom_id, custom_id.lower(), custom_id.upper()):
            action = Action(spelling)
            assert (action.family.name, action.family.price) == (family, price)

    def test_every_family_is_reached_by_an_id_of_the_table(self) -> None:
        assert {family for _, family, _ in BY_ID} == {family.name for family in (*FAMILIES, UNKNOWN)}

    def test_picks_and_upscales_are_made_once_and_the_rest_as_often_as_one_likes(self) -> None:
        assert {family.name for family in FAMILIES if family.single} == {"upscale", "pick_video", "hd_upscale"}

    def test_a_family_that_cannot_be_told_apart_is_never_adopted(self) -> None:
        assert UNKNOWN.task_kinds == frozenset()
        assert all("ACTION" in family.task_kinds for family in FAMILIES if family.task_kinds)


class TestShown:
    @pytest.mark.parametrize(
        ("action", "label", "emoji", "title"),
        [
            (GRID[0], "U1", None, "Picture 1"),
            (Action(f"MJ::JOB::video_virtual_upscale::2::{UUID}"), "U2", None, "Video 2"),
            (GRID[4], None, "🔄", "Another try"),
            (GRID[8], "V4", None, "Variations of picture 4"),
            (PICKED[0], "Upscale (Subtle)", "⏫", "Upscale (Subtle)"),
            (PICKED[2], "Vary (Subtle)", "🪄", "Vary (Subtle)"),
            (PICKED[5], "Zoom Out 2x", "🔍", "Zoom Out 2x"),
            (Action(f"MJ::Outpaint::100::1::{SOLO}"), "Make Square", "↔️", "Made square"),
            (PICKED[8], None, "⬅️", "Panned left"),
            (Action("MJ::JOB::low_variation::1::x"), None, "🪄", "Varied"),
            (Action("MJ::JOB::new::1", "Something new", "🎉"), "Something new", "🎉", "Something new"),
            (Action("MJ::JOB::new::1", "Something new", "upscale_1"), "Something new", None, "Something new"),
            (Action("MJ::JOB::new::1", "  ", "🎉"), None, "🎉", "Another step"),
            (Action("MJ::JOB::low_variation::1::x", "  "), None, "🪄", "Varied"),
            (Action("MJ::JOB::new::1"), "More", None, "Another step"),
        ],
    )
    def test_a_button_and_its_child_are_named(
        self, action: Action, label: str | None, emoji: str | None, title: str
    ) -> None:
        assert (action.shown_label, action.shown_emoji, action.title) == (label, emoji, title)

    @given(
        custom_id=st.sampled_from([custom_id for custom_id, _, _ in BY_ID]) | st.text(),
        label=st.text(),
        emoji=st.text(),
    )
    def test_every_button_can_be_sent_to_discord(self, custom_id: str, label: str, emoji: str) -> None:
        """It needs a label or an emoji, a label has at most 80 characters, and an emoji must be one that it knows."""
        action = Action(custom_id, label, emoji)
        assert action.shown_label or action.shown_emoji
        assert action.shown_label is None or 0 < len(action.shown_label) <= LABEL_LENGTH
        assert action.shown_emoji is None or action.shown_emoji in KNOWN_EMOJI | {"⏫", "❤️"}
        assert action.title.strip()


class TestRows:
    def test_a_grid_has_midjourney_s_two_rows(self) -> None:
        assert laid_out(GRID) == [[0, 1, 2, 3, 4], [5, 6, 7, 8]]

    def test_a_picked_picture_has_a_row_for_each_kind(self) -> None:
        """What needs a form is not offered yet: 4, the region, and 7, the custom zoom."""
        assert laid_out(PICKED) == [[0, 1], [2, 3], [5, 6], [8, 9, 10, 11], [12, 13], [14]]

    def test_an_index_stays_when_what_is_offered_changes(self) -> None:
        found = rows(GRID, lambda action: action.family.name != "upscale")
        assert [[index for index, _ in row] for row in found] == [[4], [5, 6, 7, 8]]
        assert {index: action for row in rows(PICKED, lambda _: True) for index, action in row} == {
            index: action for index, action in enumerate(PICKED) if not action.family.needs_form
        }

    def test_nothing_offered_is_no_row(self) -> None:
        assert laid_out(()) == []
        assert list(rows(GRID, lambda _: False)) == []

    @given(st.lists(st.builds(Action, st.sampled_from(IDS)), max_size=60).map(tuple))
    def test_rows_fit_and_show_each_button_once(self, actions: tuple[Action, ...]) -> None:
        found = laid_out(actions)
        shown = [index for row in found for index in row]
        offered = [index for index, action in enumerate(actions) if not action.family.needs_form]
        assert all(0 < len(row) <= 5 for row in found)
        assert sorted(shown) == offered[:MOST_BUTTONS]
        assert found == sorted(found, key=lambda row: actions[row[0]].family.row)
