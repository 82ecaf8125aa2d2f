"""The migrations, run by alembic. Loading it takes a while, so this is imported when there is something to migrate."""

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from bot.storage.database import CannotOpen, migrations_folder


def alembic_config() -> Config:
    """Alembic's configuration, in code."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    return config


def upgrade(connection: Connection) -> None:
    """Run what is left to run on this connection."""
    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:  # a revision that our migrations do not have
        raise CannotOpen("it was made by a newer Easel, so it takes a newer one to run it") from error
