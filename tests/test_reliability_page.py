"""docs/reliability.md names its tests; each of them is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)*)`", PAGE)))


def test_the_page_names_tests() -> None:
    assert len(NAMED) > 30


def test_it_names_them_in_full() -> None:
    folders = {f"tests/{each.name}/" for each in (ROOT / "tests").iterdir()}
    assert set(re.findall(r"`(test[^`]*)`", PAGE)) <= {*NAMED, *folders}


def test_each_fault_has_a_test() -> None:
    faults = PAGE.partition("## Every fault and its test")[2]
    tests = [row.rstrip("| ").rpartition(" | ")[2] for row in re.findall(r"^\| .*", faults, re.MULTILINE)]
    assert len(tests) > 60
    assert [each for each in tests if not each.startswith(("test", "the same", "`tests/"))] == []


def test_the_long_run_was_long_and_without_a_violation() -> None:
    table = PAGE.partition("### The long run")[2].partition("## Every fault")[0]
    counts = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE))
    assert counts["Seed"].isdecimal()
    assert int(counts["Done to the bot: kills"]) >= 300
    assert int(counts["Jobs: in all"]) >= 3000
    assert counts["**Violations**"] == "**0**"


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
