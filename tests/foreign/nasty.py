"""What foreign data may hold: odd text, odd JSON, and real answers with some of it put in."""

import json
from typing import Any
from unicodedata import category

from hypothesis import strategies as st

CONTROLS = ("Cc", "Cs", "Zl", "Zp")
UUID = "01234567-89ab-cdef-0123-456789abcdef"
ODD_TEXT = (
    "",
    " ",
    "\x00",
    "\x1b[31m",
    "\n",
    "\u2028",
    "\u200b",
    "\u202e",
    "\ud83d",
    "\ude00",
    "\uffff",
    "👩‍👩‍👧",
    "🇩🇪",
    "e\u0301" * 9,
    "٣",
    "ß",
    "İ",
    "@everyone",
    "<@1>",
    "<@&2>",
    "<#3>",
    "<t:1:R>",
    "<:x:4>",
    "</imagine:5>",
    "**",
    "`",
    "```",
    "~~",
    "||",
    "> ",
    "# ",
    "[a](https://x.test)",
    "https://x.test/p.png?ex=1&hm=signed",
    "https:\\/\\/x.test?sig",
    "discord.gg/x",
    "--ar 3:2",
    "—ar 3:2",
    "--",
    "{",
    "}",
    '{"message": "inner"}',
    "null",
    "NaN",
    "1️⃣ a heron\n2️⃣ reeds",
    "9" * 400,
    "x" * 2000,
)
ODD = st.sampled_from(ODD_TEXT)
TEXT = st.one_of(st.text(max_size=20), ODD, st.tuples(ODD, ODD, st.text(max_size=8), ODD, ODD).map("".join))
NUMBERS = st.integers() | st.floats() | st.sampled_from((2**63, -(2**63), 10**400, 2**53 + 1, -1, 0))
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT


def is_one_line(text: str) -> bool:
    """Whether it can be stored, logged and sent, and stays on its line."""
    return not any(category(sign) in CONTROLS for sign in text)


def nested(depth: int, *, lists: bool) -> Any:
    """An empty object so many levels deep."""
    value: Any = {}
    for level in range(depth):
        value = [value] if lists else {("message", "error", "data")[level % 3]: value}
    return value


DEEP = st.builds(nested, st.sampled_from((5, 50, 500)), lists=st.booleans())


def json_of(names: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Any JSON, in which these names of fields are frequent."""
    keys = st.sampled_from(names) | st.text(max_size=4)
    small = st.lists(SCALARS, max_size=3) | st.dictionaries(keys, SCALARS, max_size=4)
    return SCALARS | small | st.lists(small, max_size=3) | st.dictionaries(keys, SCALARS | small, max_size=4) | DEEP


def mutated(real: dict[str, Any], odd: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """A real answer of which some fields are odd in their own way, of any type, or not there."""
    anything = json_of(tuple(real))

    @st.composite
    def build(draw: st.DrawFn) -> dict[str, Any]:
        found = dict(real)
        for name in draw(st.lists(st.sampled_from(sorted(real)), max_size=4, unique=True)):
            way = draw(st.integers(0, 3))
            if way == 0:
                del found[name]
            else:
                found[name] = draw(anything if way == 1 or name not in odd else odd[name])
        return found

    return build()


ODD_LINKS = (
    "https://cdn.test/heron.png?ex=1&is=2&hm=signed",
    "http://[",
    "https://",
    "https://x y/z",
    "https://x.test/\x00",
    "https://x.test/\u202e",
    "https://\ud83d.test",
    "//x.test",
    "javascript:alert(1)",
    "data:image/png;base64,AAAA",
    "https://x.test:99999/",
    "https://" + "x" * 2000 + ".test/",
    " https://x.test/p.png ",
    "HTTPS://X.TEST/P.PNG",
    "https://user:pass@x.test/",
    "https://xn--a.test/",
)
LINKS = st.sampled_from(ODD_LINKS) | TEXT.map("https://x.test/{}".format)


def dumped(value: Any) -> bytes:
    """As a service might send it: NaN, halves of a pair and all."""
    try:
        return json.dumps(value).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return b"{"


BODIES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        (
            b"",
            b"null",
            b"NaN",
            b"<html><body>502 Bad Gateway</body></html>",
            b"[" * 100_000,
            b'{"a":' * 5_000,
            b'{"data": ' + b"9" * 5000 + b"}",
            b"\xff\xfe{\x00",
            b"\xef\xbb\xbf{}",
            b'{"statusCode": 200, "data": 5',
        )
    ),
)
