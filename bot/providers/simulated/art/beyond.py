"""What lies in front of a scene once the viewer has stepped back: nearer, darker, and different each time."""

from dataclasses import replace

from bot.providers.simulated.art.colours import Gradient, darker, mix
from bot.providers.simulated.art.dice import Dice, Ridge
from bot.providers.simulated.art.land import grass, pines
from bot.providers.simulated.art.stage import Stage

_ROWS = 3


def woods(stage: Stage) -> None:
    """Hills with ever larger pines."""
    _rows(stage, trees=True)


def meadow(stage: Stage) -> None:
    """Bare hills and high grass."""
    _rows(stage, trees=False)


def _rows(stage: Stage, *, trees: bool) -> None:
    room = stage.canvas.view.bottom - stage.frame.bottom
    if room < 0.03:
        return
    stage = replace(stage, dice=_dice_beyond(stage.dice))
    canvas, palette = stage.canvas, stage.palette
    canvas.at_depth(1)
    for i in range(_ROWS):
        near = (i + 1) / _ROWS
        tint = mix(palette.near, darker(palette.near, 0.55), near)
        base, rise = stage.frame.bottom + room * (0.12 + 0.33 * i), room * 0.16
        ridge = Ridge(stage.dice, f"beyond/{i}", 0.5 + 0.3 * i, octaves=4)
        line = [(x, base - rise * level) for x, level in ridge.line(canvas.left - 0.02, canvas.right + 0.02, 160)]
        ground = [*line, (canvas.right + 0.02, stage.floor), (canvas.left - 0.02, stage.floor)]
        canvas.shapes([ground], Gradient([(base - rise, mix(tint, palette.far, 0.12)), (base + rise, tint)]))
        if trees:
            height = room * (0.24 + 0.16 * i)
            pines(
                stage,
                f"beyond/pines/{i}",
                ridge,
                base,
                rise,
                height=height,
                gap=height * 0.2,
                depth=1.1,
                tint=tint,
                clumps=0.46,
            )
    grass(stage, "beyond/grass", canvas.view.bottom, room * 0.16, darker(palette.near, 0.6))


def _dice_beyond(dice: Dice) -> Dice:
    """Nothing of this was seen before, so the seed of the last step back decides all of it."""
    if not dice.surroundings:
        return dice
    return Dice(dice.surroundings[-1].seed, dice.drifts)
