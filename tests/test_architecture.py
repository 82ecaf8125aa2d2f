"""The shape of the code: who may import whom, how long things may get, and that the README's map is true."""

import ast
import re
from pathlib import Path

import pytest
from importlinter import api

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "bot").rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def test_layers_hold(monkeypatch):
    monkeypatch.chdir(ROOT)
    contracts = api.read_configuration()
    assert len(contracts["contracts_options"]) >= 5
    from importlinter.application.use_cases import lint_imports

    assert lint_imports(is_debug_mode=False)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_short_and_say_what_they_are(path):
    text = path.read_text()
    tree = ast.parse(text)
    assert text.count("\n") <= LONGEST_FILE
    assert ast.get_docstring(tree), "a module says in one line what it is"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            assert ast.get_docstring(node), f"{node.name} says in one line what it is"
        if isinstance(node, FUNCTIONS):
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"a bare except in line {node.lineno}"


def test_broad_excepts_stand_only_where_the_design_allows_them():
    allowed = {"discord_ui/failures.py", "services/one_job.py", "services/track.py", "services/deliver.py"}
    broad = {
        str(path.relative_to(ROOT / "bot"))
        for path in FILES
        if re.search(r"except \(?(?:Base)?Exception\b", path.read_text())
    }
    assert broad <= allowed


def test_a_log_line_that_speaks_of_a_job_carries_it():
    """As a field of its own, with its account, for whoever looks for all that happened to it."""
    silent = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in FILES
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and re.match(r"_?log\.|logging\.", ast.unparse(call.func))
        and re.search(r"\bjob %", " ".join(ast.unparse(each) for each in call.args))
        and not [each for each in call.keywords if each.arg == "extra" and "about(" in ast.unparse(each.value)]
    ]
    assert silent == []


def test_only_the_settings_read_the_environment():
    readers = [path.name for path in FILES if re.search(r"os\.(environ|getenv)|load_dotenv", path.read_text())]
    assert readers == []


def test_the_readmes_map_names_files_that_exist():
    table = (ROOT / "README.md").read_text().split("## Where a change goes")[1].split("\n## ")[0]
    named = re.findall(r"`([a-z_./]+\.py|[a-z_/]+/)`", table)
    assert len(named) >= 8
    missing = [name for name in named if not ((ROOT / "bot" / name).exists() or (ROOT / name).exists())]
    assert missing == []
