"""The `easel` command line: what an operator reads when something is missing, wrong or far away."""

import os
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.settings import Settings
from tests.wire.loopback_discord import LoopbackDiscord
from tests.wire.processes import Finished, easel, free_port

COMPLETE = {"DISCORD_TOKEN": "a.token.of-a-bot", "OHMYGPT_API_KEY": "sk-a-key", "POLL_INTERVAL": "0.5"}
SECRETS = ("a.token.of-a-bot", "sk-a-key")

MALFORMED = [
    ("DISCORD_TOKEN", "", "Developer Portal"),
    ("DISCORD_TOKEN", "two words", "Developer Portal"),
    ("OHMYGPT_API_KEY", "   ", "OhMyGPT account"),
    ("POLL_INTERVAL", "soon", ".env.example"),
    ("POLL_INTERVAL", "0", ".env.example"),
    ("DAILY_CREDITS", "-1", ".env.example"),
    ("MAX_RUNNING_PER_MEMBER", "1.5", ".env.example"),
    ("OHMYGPT_BASE_URL", "api.ohmygpt.com", "https://"),
    ("DISCORD_API_URL", "ftp://discord.com", "https://"),
    ("DISCORD_GATEWAY_URL", "https://gateway.discord.gg", "wss://"),
    ("ALLOWED_SERVERS", "123;456", "separated by commas"),
    ("OWNER_IDS", "mira", "separated by commas"),
    ("LOG_LEVEL", "LOUD", ".env.example"),
    ("LOG_FORMAT", "xml", ".env.example"),
]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither this machine's environment nor a `.env` in the working folder has a say."""
    for name in {*os.environ} & {field.upper() for field in Settings.model_fields}:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def assert_one_line(ended: Finished, code: int, *parts: str) -> None:
    """It ended with the code, and with one readable line that holds the parts."""
    assert (ended.code, ended.out) == (code, ""), ended.err
    (line,) = ended.err.splitlines()
    assert not [part for part in parts if part not in line], line
    assert not [secret for secret in SECRETS if secret in line]


async def test_run_names_a_missing_setting_and_its_cure(tmp_path: Path) -> None:
    settings = {"DISCORD_TOKEN": COMPLETE["DISCORD_TOKEN"]}
    ended = await easel("run", folder=tmp_path, settings=settings)
    assert_one_line(ended, 2, "OHMYGPT_API_KEY is missing", "Put the API key", "`easel demo` needs none")


def test_run_names_every_missing_setting_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in said] == ["DISCORD_TOKEN", "OHMYGPT_API_KEY"]


@pytest.mark.parametrize(("name", "value", "cure"), MALFORMED)
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_malformed_setting_is_named_with_its_cure(
    command: str,
    name: str,
    value: str,
    cure: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for each, text in (COMPLETE | {name: value}).items():
        monkeypatch.setenv(each, text)
    code = main([command])
    said = capsys.readouterr()
    assert_one_line(Finished(code, said.out, said.err), 2, f"{name} ", cure)


def test_settings_may_lie_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite+aiosqlite:///from-the-file.db\n")
    assert main(["db", "upgrade"]) == 0
    assert (tmp_path / "from-the-file.db").is_file()


def test_db_upgrade_makes_a_database_and_db_current_names_its_revision(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite+aiosqlite:///new.db")
    assert main(["db", "current"]) == 0
    before = capsys.readouterr().out.split()
    assert main(["db", "upgrade"]) == 0
    assert main(["db", "upgrade"]) == 0, "once more changes nothing"
    capsys.readouterr()
    assert main(["db", "current"]) == 0
    found, *newest = capsys.readouterr().out.split()
    assert before == ["none", *newest]
    assert newest == ["(newest:", f"{found})"]


def test_db_needs_neither_token_nor_key(tmp_path: Path) -> None:
    assert main(["db", "upgrade"]) == 0
    assert (tmp_path / "easel.db").is_file()


def test_db_current_makes_no_database(tmp_path: Path) -> None:
    assert main(["db", "current"]) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["nonsense", "sqlite:///not-async.db", "sqlite+aiosqlite:///", "mysql://a/b"])
@pytest.mark.parametrize("what", ["upgrade", "current"])
def test_db_says_that_the_address_is_none(
    what: str, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    code = main(["db", what])
    said = capsys.readouterr()
    assert_one_line(Finished(code, said.out, said.err), 2, "DATABASE_URL", "sqlite+aiosqlite:///")


USELESS = pytest.mark.parametrize("place", ["no/such/folder/easel.db", "no-database.txt"])


@USELESS
@pytest.mark.parametrize("what", ["current", "upgrade"])
def test_a_database_of_no_use_is_named(
    what: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no-database.txt").write_text("only words " * 100)
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{place}")
    code = main(["db", what])
    said = capfd.readouterr()
    assert_one_line(Finished(code, said.out, said.err), 1, "DATABASE_URL")


@USELESS
async def test_run_says_that_its_database_is_of_no_use(place: str, tmp_path: Path) -> None:
    (tmp_path / "no-database.txt").write_text("only words " * 100)
    settings = COMPLETE | {"DATABASE_URL": f"sqlite+aiosqlite:///{place}"}
    ended = await easel("run", folder=tmp_path, settings=settings)
    assert_one_line(ended, 1, "DATABASE_URL")


def test_ctrl_c_before_anything_has_begun_shows_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.__main__.read", interrupted)
    assert main(["run"]) == 0


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    said = capsys.readouterr()
    assert (ended.value.code, said.err) == (0, "")
    for command in ("demo", "run", "check", "simulate", "db"):
        assert f"\n    {command} " in said.out


@pytest.mark.parametrize(
    "arguments", [[], ["paint"], ["db"], ["simulate", "--port", "70000"], ["simulate", "--speed", "0"]]
)
def test_a_wrong_call_shows_how_it_is_called(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: easel" in capsys.readouterr().err


async def test_run_says_that_the_token_is_wrong(tmp_path: Path) -> None:
    async with LoopbackDiscord("the.right.token") as discord:
        places = {"DISCORD_API_URL": discord.api_url, "DISCORD_GATEWAY_URL": discord.gateway_url}
        ended = await easel("run", folder=tmp_path, settings=COMPLETE | places)
    assert ended.code == 1
    assert_last_line(ended, "DISCORD_TOKEN", "Developer Portal")


async def test_run_says_that_discord_is_out_of_reach(tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    places = {"DISCORD_API_URL": f"http://{nowhere}/api/v10", "DISCORD_GATEWAY_URL": f"ws://{nowhere}/"}
    ended = await easel("run", folder=tmp_path, settings=COMPLETE | places)
    assert ended.code == 1
    assert_last_line(ended, nowhere, "cannot be reached", "network")


async def test_run_says_that_the_gateway_is_out_of_reach(tmp_path: Path) -> None:
    async with LoopbackDiscord("the.right.token") as discord:
        nowhere = f"ws://127.0.0.1:{free_port()}/"
        places = {"DISCORD_API_URL": discord.api_url, "DISCORD_GATEWAY_URL": nowhere}
        token = {"DISCORD_TOKEN": "the.right.token"}
        ended = await easel("run", folder=tmp_path, settings=COMPLETE | places | token)
    assert ended.code == 1
    *_, line = ended.err.splitlines()  # before it, discord.py has logged its own attempt
    assert nowhere in line
    assert "cannot be reached" in line


def assert_last_line(ended: Finished, *parts: str) -> None:
    """It ends with one readable line that holds the parts; what the log says before is no traceback."""
    *_, line = ended.err.splitlines()
    assert not [part for part in parts if part not in line], line
    assert "Traceback" not in ended.err
    assert not [secret for secret in SECRETS if secret in ended.err]
