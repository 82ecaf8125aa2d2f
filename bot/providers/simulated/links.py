"""Links to pictures: a signed one that dies after a day, like those of Discord's CDN, and a lasting one."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from urllib.parse import parse_qs

_SIGNED = re.compile(r"/(?P<store>dc|images)/(?P<id>\d+)/[\w.-]+\.(?:png|webp)")
_LASTING = re.compile(r"/s3/(?P<id>\d+)\.(?:png|webp)")


@dataclass(frozen=True)
class Asked:
    """What a link asks for: `dc`, `s3` or `images`, whose picture, and until when a signature allows it."""

    store: str
    id: int
    expires: float | None


def signed_link(base_url: str, store: str, id: int, name: str, expires: datetime) -> str:
    ex = f"{int(expires.timestamp()):x}"
    return f"{base_url}/{store}/{id}/{name}?ex={ex}&hm={_signature(store, id, ex)}"


def lasting_link(base_url: str, id: int, extension: str) -> str:
    return f"{base_url}/s3/{id}.{extension}"


def read_link(path: str, query: str) -> Asked | None:
    """None for a path that is no picture's. A wrong signature is one that expired long ago."""
    lasting = _LASTING.fullmatch(path)
    if lasting:
        return Asked("s3", int(lasting["id"]), None)
    signed = _SIGNED.fullmatch(path)
    if not signed:
        return None
    store, id = signed["store"], int(signed["id"])
    values = parse_qs(query)
    ex, hm = values.get("ex", ["0"])[0], values.get("hm", [""])[0]
    is_genuine = re.fullmatch(r"[0-9a-f]{1,12}", ex) is not None and hm == _signature(store, id, ex)
    return Asked(store, id, int(ex, 16) if is_genuine else 0.0)


def file_name(prompt: str, job: str, extension: str) -> str:
    """Like Midjourney's: who, the prompt's beginning, the job."""
    words = "_".join(re.findall(r"[A-Za-z0-9]+", prompt.partition(" --")[0]))[:48]
    return f"easel_{words}_{job}.{extension}"


def day_after(moment: datetime) -> datetime:
    return moment + timedelta(hours=24)


def _signature(store: str, id: int, ex: str) -> str:
    return blake2b(f"{store}/{id}/{ex}".encode(), digest_size=32, key=b"simulated").hexdigest()
