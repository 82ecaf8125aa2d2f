"""What a scene gets: the canvas, the dice, the palette, and where the original frame lies."""

from collections.abc import Callable, Set
from dataclasses import dataclass

from bot.providers.simulated.art.canvas import Canvas
from bot.providers.simulated.art.dice import Dice
from bot.providers.simulated.art.geometry import Box
from bot.providers.simulated.art.palettes import Palette


@dataclass(frozen=True)
class Stage:
    """Everything that one scene is painted with."""

    canvas: Canvas
    dice: Dice
    palette: Palette
    frame: Box
    words: Set[str]

    def x(self, fraction: float) -> float:
        return self.frame.x(fraction)

    def y(self, fraction: float) -> float:
        return self.frame.y(fraction)

    @property
    def floor(self) -> float:
        """Below everything that can be seen."""
        return max(self.frame.bottom, self.canvas.view.bottom) + 0.1

    @property
    def small(self) -> float:
        """The frame's shorter side: figures must fit into it."""
        return min(self.frame.width, self.frame.height)


Scene = Callable[[Stage], None]
