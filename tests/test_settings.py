"""Settings: what is read, how a fault is told, and that no secret ever appears."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import DatabaseSettings, Settings, SettingsError, read

EXAMPLE = Path(__file__).parents[1] / ".env.example"
TOKEN, KEY = "token-that-is-secret", "key-that-is-secret"
SECRETS = {"DISCORD_TOKEN": TOKEN, "OHMYGPT_API_KEY": KEY}
FIELDS = {name.upper(): field for name, field in Settings.model_fields.items()}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def faults() -> list[str]:
    with pytest.raises(SettingsError) as error:
        read(Settings)
    return str(error.value).split("\n")


class TestReading:
    def test_two_secrets_are_enough(self, complete: pytest.MonkeyPatch) -> None:
        settings = read(Settings)
        assert (settings.discord_token.get_secret_value(), settings.ohmygpt_api_key.get_secret_value()) == (TOKEN, KEY)
        assert (settings.daily_credits, settings.dm_daily_credits) == (50, 0)
        assert (settings.server_daily_credits, settings.total_daily_credits) == (0, 0)

    def test_the_database_alone_needs_no_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "sqlite+aiosqlite:////data/easel.db")
        assert read(DatabaseSettings).database_url == "sqlite+aiosqlite:////data/easel.db"

    def test_a_file_is_read_and_the_environment_goes_first(self, complete: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("DAILY_CREDITS=7\nPOLL_INTERVAL=9\nSOMEONE_ELSES=1\n")
        complete.setenv("POLL_INTERVAL", "5")
        settings = read(Settings)
        assert (settings.daily_credits, settings.poll_interval) == (7, 5)

    @pytest.mark.parametrize(("text", "ids"), [("", set()), ("1", {1}), (" 1, 2 ,,3,", {1, 2, 3})])
    def test_ids_are_separated_by_commas(self, complete: pytest.MonkeyPatch, text: str, ids: set[int]) -> None:
        complete.setenv("ALLOWED_SERVERS", text)
        assert read(Settings).allowed_servers == ids

    def test_blanks_around_a_secret_and_a_slash_after_an_address_do_no_harm(self, complete: pytest.MonkeyPatch) -> None:
        complete.setenv("DISCORD_TOKEN", f" {TOKEN}\n")
        complete.setenv("OHMYGPT_BASE_URL", "http://localhost:8080/")
        settings = read(Settings)
        assert settings.discord_token.get_secret_value() == TOKEN
        assert settings.ohmygpt_base_url == "http://localhost:8080"

    def test_settings_do_not_change(self, complete: pytest.MonkeyPatch) -> None:
        settings = read(Settings)
        with pytest.raises(ValidationError, match="frozen"):
            settings.daily_credits = 1000  # type: ignore[misc]


class TestFaults:
    def test_everything_that_is_missing_is_named_with_its_cure(self) -> None:
        assert faults() == [
            "DISCORD_TOKEN is missing. "
            "Put the bot's token from the Discord Developer Portal there (`easel demo` needs none).",
            "OHMYGPT_API_KEY is missing. Put the API key of your OhMyGPT account there (`easel demo` needs none).",
        ]

    @pytest.mark.parametrize("empty", ["", "  "])
    @pytest.mark.parametrize("name", SECRETS)
    def test_an_empty_secret_is_none(self, complete: pytest.MonkeyPatch, name: str, empty: str) -> None:
        complete.setenv(name, empty)
        [fault] = faults()
        assert fault.startswith(f"{name} is empty. Put ")

    @pytest.mark.parametrize(
        ("name", "value", "what"),
        [
            ("POLL_INTERVAL", "0.1", "should be greater than or equal to 0.5"),
            ("POLL_INTERVAL", "61", "should be less than or equal to 60"),
            ("POLL_INTERVAL", "soon", "should be a valid number"),
            ("MAX_RUNNING_PER_MEMBER", "0", "should be greater than or equal to 1"),
            ("MAX_RUNNING_PER_MEMBER", "101", "should be less than or equal to 100"),
            ("DAILY_CREDITS", "-1", "should be greater than or equal to 0"),
            ("SERVER_DAILY_CREDITS", "1.5", "should be a valid integer"),
            ("TOTAL_DAILY_CREDITS", "many", "should be a valid integer"),
            ("DM_DAILY_CREDITS", "", "should be a valid integer"),
            ("ALLOWED_SERVERS", "1,two", "should be a valid integer"),
            ("OWNER_IDS", "me", "should be a valid integer"),
            ("DISCORD_API_URL", "discord.com", "begins with https://"),
            ("OHMYGPT_BASE_URL", "ftp://api.ohmygpt.com", "begins with https://"),
            ("DISCORD_GATEWAY_URL", "https://gateway.discord.gg", "begins with wss://"),
            ("WSRV_URL", "wsrv.nl", "begins with https://"),
            ("LOG_LEVEL", "loud", "should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
            ("LOG_FORMAT", "xml", "should be 'text' or 'json'"),
        ],
    )
    def test_a_malformed_setting_is_one_line_with_its_name_and_its_cure(
        self, complete: pytest.MonkeyPatch, name: str, value: str, what: str
    ) -> None:
        complete.setenv(name, value)
        [fault] = faults()
        assert fault.startswith(f"{name} ")
        assert what in fault
        assert fault.endswith(("See .env.example.", "separated by commas, or leave it out."))

    def test_several_faults_of_one_setting_are_one_line(self, complete: pytest.MonkeyPatch) -> None:
        complete.setenv("ALLOWED_SERVERS", "one,two,three")
        assert len(faults()) == 1

    def test_a_file_in_a_strange_encoding_is_told_in_one_line(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_bytes("# Zürich\nDISCORD_TOKEN=a".encode("latin-1"))
        [fault] = faults()
        assert ".env" in fault


class TestPictureProxy:
    def test_it_is_on_unless_it_is_turned_off(self, complete: pytest.MonkeyPatch) -> None:
        assert read(Settings).wsrv_url == "https://wsrv.nl"
        complete.setenv("WSRV_URL", " ")
        assert read(Settings).wsrv_url is None

    def test_another_one_may_stand_in_a_folder(self, complete: pytest.MonkeyPatch) -> None:
        complete.setenv("WSRV_URL", "https://images.test/wsrv/")
        assert read(Settings).wsrv_url == "https://images.test/wsrv"


class TestImageService:
    @pytest.mark.parametrize(
        "address", ["https://api.openai.com", "https://api.openai.com/v1", "https://api.openai.com/v1/"]
    )
    def test_its_address_may_come_with_its_version(self, complete: pytest.MonkeyPatch, address: str) -> None:
        complete.setenv("OPENAI_BASE_URL", address)
        assert read(Settings).openai_base_url == "https://api.openai.com"

    def test_without_one_it_is_the_other_service_s(self, complete: pytest.MonkeyPatch) -> None:
        complete.setenv("OPENAI_BASE_URL", " ")
        complete.setenv("OPENAI_API_KEY", "")
        settings = read(Settings)
        assert (settings.openai_base_url, settings.openai_api_key) == (None, None)

    def test_its_models_are_those_that_are_known(self, complete: pytest.MonkeyPatch) -> None:
        complete.setenv("IMAGE_MODELS", "gpt-image-3, dall-e-2,gpt-image-3")
        assert read(Settings).image_models == ("gpt-image-3", "dall-e-2")
        complete.setenv("IMAGE_MODELS", "")
        assert read(Settings).image_models == ()
        complete.setenv("IMAGE_MODELS", "stable-diffusion")
        [fault] = faults()
        assert fault.startswith("IMAGE_MODELS names a model that Easel knows nothing of")


class TestSecrets:
    def test_they_are_hidden_wherever_settings_are_shown(self, complete: pytest.MonkeyPatch) -> None:
        settings = read(Settings)
        for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
            assert TOKEN not in shown
            assert KEY not in shown

    @pytest.mark.parametrize("name", [name for name in FIELDS if name != "DATABASE_URL"])
    def test_no_fault_repeats_what_was_given(self, complete: pytest.MonkeyPatch, name: str) -> None:
        """A secret in the wrong line of the file is still a secret."""
        complete.setenv(name, f"{TOKEN} x" if name not in SECRETS else "")
        text = "\n".join(faults())
        assert name in text
        assert "secret" not in text

    def test_the_error_carries_no_trace_of_it_either(self, complete: pytest.MonkeyPatch) -> None:
        complete.setenv("DAILY_CREDITS", TOKEN)
        with pytest.raises(SettingsError) as error:
            read(Settings)
        assert error.value.__cause__ is None
        assert error.value.__suppress_context__


class TestExample:
    """The documented example and the code say the same."""

    def lines(self) -> dict[str, str]:
        found = re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(found) == len(dict(found)), "a setting is documented twice"
        return dict(found)

    def test_it_names_every_setting_and_no_other(self) -> None:
        assert self.lines().keys() == FIELDS.keys()

    def test_each_setting_has_its_explanation(self) -> None:
        """In the same paragraph, so that a comment may speak of two."""
        for paragraph in EXAMPLE.read_text(encoding="utf-8").split("\n\n"):
            if re.search(r"^[A-Z_]+=", paragraph, re.MULTILINE):
                assert re.search(r"^# \w", paragraph, re.MULTILINE), paragraph

    def test_it_shows_the_defaults(self, complete: pytest.MonkeyPatch, tmp_path: Path) -> None:
        defaults = read(Settings)
        lines = {name: value for name, value in self.lines().items() if name not in SECRETS}
        (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        assert read(Settings) == defaults

    def test_it_holds_no_secret_and_needs_both(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
        assert [fault.split()[0] for fault in faults()] == list(SECRETS)
