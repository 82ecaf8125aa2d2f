"""docs/reliability.md names its tests; each of them is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)*)`", (ROOT / "docs" / "reliability.md").read_text())))


def test_the_page_names_tests() -> None:
    assert len(NAMED) > 30


@pytest.mark.parametrize("named", NAMED)
def test_a_named_test_is_there(named: str) -> None:
    file, *names = named.split("::")
    found: ast.AST = ast.parse((ROOT / file).read_text())
    for name in names:
        inside = {
            each.name: each
            for each in ast.iter_child_nodes(found)
            if isinstance(each, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name in inside, f"{file} has no {name}"
        found = inside[name]
    assert not names or names[-1].startswith("test_")
