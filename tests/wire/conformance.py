"""Request bodies against Discord's published OpenAPI document, where that lies beside the checkout."""

import importlib.util
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from tests.wire.rest import Recorded

CHECKER = Path(__file__).parents[2].parent / "shared" / "tools" / "openapi_check.py"
MISSING = f"Discord's OpenAPI document and its checker are not beside the checkout ({CHECKER.parent.parent})"


@cache
def specification() -> Any | None:
    """The checker with its document loaded; None where it is missing."""
    if not CHECKER.is_file():
        return None
    found = importlib.util.spec_from_file_location("openapi_check", CHECKER)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.DiscordSpec()


def breaches(requests: Iterable[Recorded]) -> list[str]:
    """Every way in which a request breaks the document; empty without the document."""
    checker = specification()
    if checker is None:
        return []
    return [
        f"{request}: {problem}"
        for request in requests
        for problem in checker.check(
            request.method,
            request.path,
            request.body,
            "multipart/form-data" if request.multipart else "application/json",
        )
    ]
