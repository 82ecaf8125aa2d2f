"""`easel demo`, quicker: with smaller pictures, since drawing, hashing and decoding them is most of what it does."""

import sys
from typing import Any

from bot import demo
from bot.__main__ import main

WITHOUT_PAST = "--without-past"
"""Leave out the forty jobs of the weeks before, for tests that do not look at them."""


async def no_past(*_: Any) -> list[Any]:
    return []


if __name__ == "__main__":
    demo.PICTURE_SCALE = 0.38  # a grid is as wide as a card then
    if WITHOUT_PAST in sys.argv:
        demo.seed = no_past
    sys.exit(main(["demo", *(argument for argument in sys.argv[1:] if argument != WITHOUT_PAST)]))
