"""The painter behind the simulated service: endless seeded worlds, looked at through a window.

A `Picture` (lineage.py) says everything about one picture; `drawing.py` above this package turns it into pixels. Scenes
are drawn in world units, so the same picture can be rendered at any size, from further away, or a step to the left.
"""
