"""What DALL·E 3 makes of a prompt before it draws: the same thing, said at length."""

from bot.providers.simulated.art.dice import stream

_LONGEST = 3000
_SPARED = ("A ", "An ", "The ", "Some ", "Two ", "Three ")
"""Beginnings that are small in the middle of a sentence; other capitals may belong to a name."""

_OPENINGS = (
    "A layered paper-cut illustration of",
    "A tactile collage, made of coloured paper, that shows",
    "An intricate diorama of hand-cut paper with",
    "A poster in the manner of a paper cut, showing",
)
_LIGHTS = (
    "Soft light falls in from the upper left, so that every sheet casts a gentle shadow on the one behind it",
    "The sheets lie one above the other, and a low light draws a fine bright line along their edges",
    "Warm, slanting light brings out the tooth of the paper and the depth between its layers",
)
_PLACES = (
    "The background recedes in calm bands of colour towards the horizon",
    "Large, quiet shapes fill the background and leave the eye to rest on the subject",
    "In the distance the shapes become paler and simpler, which gives the scene great depth",
)
_MOODS = (
    "The mood is serene and a little dreamlike, with few but rich colours.",
    "The colours are few and harmonious, and the whole feels cheerful and crafted with care.",
    "The scene feels still, as if time had stopped for a moment.",
)


def reworded(prompt: str) -> str:
    """An elaborated sentence or two; the same prompt always becomes the same."""
    chance = stream("reworded", prompt)
    subject = " ".join(prompt.split())[:_LONGEST].rstrip(" .,;:")
    if subject.startswith(_SPARED):
        subject = subject[0].lower() + subject[1:]
    stop = "" if subject.endswith(("!", "?", "…")) else "."
    opening, light, place, mood = (chance.choice(each) for each in (_OPENINGS, _LIGHTS, _PLACES, _MOODS))
    return f"{opening} {subject}{stop} {light}. {place}. {mood}"
