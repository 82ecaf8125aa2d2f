"""Discord's error codes that are told apart here; its documentation lists all."""

from enum import IntEnum


class Code(IntEnum):
    """What Discord names as the reason of a refusal."""

    UNKNOWN_CHANNEL = 10003
    UNKNOWN_MESSAGE = 10008
    UNKNOWN_WEBHOOK = 10015
    UNKNOWN_INTERACTION = 10062
    OLD_MESSAGE_LIMIT = 30046
    TOO_LARGE = 40005
    ALREADY_ANSWERED = 40060
    MISSING_ACCESS = 50001
    MISSING_PERMISSIONS = 50013
    DEAD_TOKEN = 50027
    ARCHIVED = 50083


EXPIRED = frozenset({Code.UNKNOWN_WEBHOOK, Code.UNKNOWN_INTERACTION, Code.DEAD_TOKEN})
"""An interaction that is over has several codes, by what was asked of it."""
