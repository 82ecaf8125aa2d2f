"""The `easel` command line."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from bot import app, check, logs
from bot.settings import DatabaseSettings, Settings, SettingsError, read
from bot.storage.database import CannotOpen, hold_lease, migrate, revisions
from bot.storage.lease import InUse, LeaseLost

BAD_SETTINGS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 when all is well, 2 when a setting is at fault, else 1."""
    options = _parser().parse_args(arguments)
    try:
        return options.call(options)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return BAD_SETTINGS
    except KeyboardInterrupt:  # before a command has taken the signals over; nothing has begun by then
        return 0
    except (app.CannotStart, InUse) as error:
        print(error, file=sys.stderr)
        return 1
    except LeaseLost:  # it has been logged
        return 1
    except CannotOpen as error:
        print(f"The database cannot be opened: {error}. {check.DATABASE_CURE}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="easel", description="Midjourney in a Discord server.")
    commands = parser.add_subparsers(required=True, metavar="command")

    demo = commands.add_parser("demo", help="try it in a local browser page: no token, no key, no network")
    demo.add_argument("--no-browser", action="store_true", help="do not open the page by itself")
    demo.add_argument("--port", type=_port, default=None, help="the page's port (default: any free one)")
    demo.add_argument("--speed", type=_speed, default=1.0, help="how many times faster pictures are made (default 1)")
    demo.set_defaults(call=_demo)

    run = commands.add_parser("run", help="run the bot")
    run.add_argument("--sync", action="store_true", help="tell Discord the commands even if they did not change")
    run.set_defaults(call=_run)

    commands.add_parser("check", help="check settings, database, token and key").set_defaults(call=_check)

    simulate = commands.add_parser(
        "simulate",
        help="serve a simulated OhMyGPT over HTTP",
        epilog="POST /simulate/faults orders faults while it runs; bot/providers/simulated/control.py tells how.",
    )
    simulate.add_argument("--port", type=_port, default=8080)
    simulate.add_argument("--speed", type=_speed, default=1.0, help="how many times faster pictures are made")
    simulate.add_argument("--scale", type=_scale, default=1.0, help="how large they are, 0.01 to 1 (default 1)")
    simulate.set_defaults(call=_simulate)

    database = commands.add_parser("db", help="look after the database").add_subparsers(required=True, metavar="what")
    database.add_parser("upgrade", help="migrate to the newest revision").set_defaults(call=_upgrade)
    database.add_parser("current", help="print the revision").set_defaults(call=_current)
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not 0.1 <= speed <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a speed (0.1 to 1000)")
    return speed


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0
    if not 0.01 <= scale <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a scale (0.01 to 1)")
    return scale


def _demo(options: argparse.Namespace) -> int:
    try:
        from bot import demo
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "simcord":
            raise
        print("The demo needs SimCord: run `uv run easel demo` in a checkout of Easel.", file=sys.stderr)
        return 1
    return demo.main(port=options.port, speed=options.speed, open_browser=not options.no_browser)


def _run(options: argparse.Namespace) -> int:
    settings = read(Settings)
    logs.set_up(settings.log_level, settings.log_format, _secrets(settings))
    asyncio.run(app.run(settings, always_sync=options.sync))
    return 0


def _secrets(settings: Settings) -> tuple[str, ...]:
    secrets = (settings.discord_token, settings.ohmygpt_api_key, settings.openai_api_key)
    return tuple(secret.get_secret_value() for secret in secrets if secret is not None)


def _check(_: argparse.Namespace) -> int:
    settings = read(Settings)
    logs.set_up("ERROR", "text", _secrets(settings))  # the report says it all

    async def report() -> bool:
        good = True
        async for finding in check.findings(settings):
            print(finding)
            good = good and finding.good
        return good

    return 0 if asyncio.run(report()) else 1


def _simulate(options: argparse.Namespace) -> int:
    from bot.providers.simulated.command import serve_until_interrupted

    return serve_until_interrupted(options.port, options.speed, options.scale)


def _upgrade(_: argparse.Namespace) -> int:
    url = read(DatabaseSettings).database_url

    async def upgrade() -> None:
        found, newest = revisions(url)
        if found != newest:
            async with hold_lease(url, app.utc_now):  # a running bot must not lose its tables under its feet
                await migrate(url)

    asyncio.run(upgrade())
    return 0


def _current(_: argparse.Namespace) -> int:
    found, newest = revisions(read(DatabaseSettings).database_url)
    print(f"{found or 'none'} (newest: {newest})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
