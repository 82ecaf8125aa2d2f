"""The buttons under a finished task, as public payloads show them."""

from dataclasses import dataclass

from bot.providers.simulated.works import Shape, Work

KEYCAPS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣")

_UPSCALES = {
    "5": (("upsample_v5_2x", "Upscale (2x)"), ("upsample_v5_4x", "Upscale (4x)")),
    "6": (("upsample_v6_2x_subtle", "Upscale (Subtle)"), ("upsample_v6_2x_creative", "Upscale (Creative)")),
    "6.1": (("upsample_v6r1_2x_subtle", "Upscale (Subtle)"), ("upsample_v6r1_2x_creative", "Upscale (Creative)")),
    "7": (("upsample_v7_2x_subtle", "Upscale (Subtle)"), ("upsample_v7_2x_creative", "Upscale (Creative)")),
}


@dataclass(frozen=True)
class Offer:
    """One button."""

    custom_id: str
    label: str = ""
    emoji: str = ""

    def as_json(self) -> dict[str, str]:
        return {"customId": self.custom_id, "emoji": self.emoji, "label": self.label}


def offers_for(work: Work, version: str, job: str) -> list[Offer]:
    """What may be pressed; `job` is the uuid that the ids carry."""
    match work.shape:
        case Shape.GRID:
            return _grid(job)
        case Shape.SOLO:
            return _solo(work, version, job)
        case Shape.LARGE:
            return [*_vary(job), *_animate(version, job), _bookmark(job)]
        case Shape.FILMS:
            return [*_numbered("video_virtual_upscale", "U", job), _reroll(job)]
        case Shape.FILM:
            return [
                Offer(f"MJ::JOB::animate_high_extend::1::{job}", "Extend (High motion)"),
                Offer(f"MJ::JOB::animate_low_extend::1::{job}", "Extend (Low motion)"),
            ]
        case Shape.TEXT:
            picks = [Offer(f"MJ::Job::PicReader::{i}", emoji=keycap) for i, keycap in enumerate(KEYCAPS, start=1)]
            return [
                *picks,
                Offer("MJ::Picread::Retry", emoji="🔄"),
                Offer("MJ::Job::PicReader::all", "Imagine all", "🎉"),
            ]


def _grid(job: str) -> list[Offer]:
    return [*_numbered("upsample", "U", job), _reroll(job), *_numbered("variation", "V", job)]


def _solo(work: Work, version: str, job: str) -> list[Offer]:
    square = [Offer(f"MJ::Outpaint::100::1::{job}::SOLO", "Make Square", "↔️")] if abs(work.aspect - 1) > 0.01 else []
    return [
        *(Offer(f"MJ::JOB::{name}::1::{job}::SOLO", label, "upscale_1") for name, label in _UPSCALES[_family(version)]),
        *_vary(job),
        Offer(f"MJ::Inpaint::1::{job}::SOLO", "Vary (Region)", "🖌️"),
        Offer(f"MJ::Outpaint::50::1::{job}::SOLO", "Zoom Out 2x", "🔍"),
        Offer(f"MJ::Outpaint::75::1::{job}::SOLO", "Zoom Out 1.5x", "🔍"),
        Offer(f"MJ::CustomZoom::{job}", "Custom Zoom", "🔍"),
        *square,
        *(
            Offer(f"MJ::JOB::pan_{side}::1::{job}::SOLO", emoji=arrow)
            for side, arrow in (("left", "⬅️"), ("right", "➡️"), ("up", "⬆️"), ("down", "⬇️"))
        ),
        *_animate(version, job),
        _bookmark(job),
    ]


def _numbered(name: str, letter: str, job: str) -> list[Offer]:
    return [Offer(f"MJ::JOB::{name}::{i}::{job}", f"{letter}{i}") for i in range(1, 5)]


def _reroll(job: str) -> Offer:
    return Offer(f"MJ::JOB::reroll::0::{job}::SOLO", emoji="🔄")


def _vary(job: str) -> list[Offer]:
    return [
        Offer(f"MJ::JOB::low_variation::1::{job}::SOLO", "Vary (Subtle)", "🪄"),
        Offer(f"MJ::JOB::high_variation::1::{job}::SOLO", "Vary (Strong)", "🪄"),
    ]


def _animate(version: str, job: str) -> list[Offer]:
    if _family(version) != "7":
        return []
    return [
        Offer(f"MJ::JOB::animate_high::1::{job}::SOLO", "Animate (High motion)", "🎞️"),
        Offer(f"MJ::JOB::animate_low::1::{job}::SOLO", "Animate (Low motion)", "🎞️"),
    ]


def _bookmark(job: str) -> Offer:
    return Offer(f"MJ::BOOKMARK::{job}", emoji="❤️")


def _family(version: str) -> str:
    """The versions whose ids are known; others are treated as the newest of them."""
    if version in _UPSCALES:
        return version
    return "5" if version.startswith("5") else "7"
