"""Every exception that a person may read about, each with its own sentence.

BotError
├── Refusal                  asked for something that we do not do: nothing happened, nothing was charged
│   ├── InvalidPrompt
│   ├── InvalidOption
│   ├── MissingPermissions
│   ├── OutOfCredits
│   ├── Blocked
│   ├── NotAdmin
│   ├── NotAPerson
│   ├── DirectMessagesClosed
│   ├── ServerNotAllowed
│   ├── NotOffered
│   ├── QueueFull
│   ├── NotYours
│   ├── CannotCancel
│   └── UnusablePicture
├── ProviderError            the picture service said no, or said nothing
│   ├── KeyRefused
│   ├── BalanceUsedUp
│   ├── PromptRejected
│   ├── ContentRefused
│   ├── PicturesLost
│   ├── RequestRefused
│   ├── ProviderBusy
│   ├── ProviderUnreachable
│   └── NonsenseAnswer
├── PictureUnavailable       a finished picture could not be fetched
├── StorageUnavailable       nothing can be written down for now
└── CardError                Discord did not take a card
    ├── CardGone
    ├── CardForbidden
    │   ├── ChannelGone
    │   └── ThreadArchived
    ├── CardRefused
    └── CardUndelivered
        └── CardTooLarge
"""

from collections.abc import Sequence
from datetime import datetime

MIDJOURNEY = "Midjourney"
"""The service that a ProviderError speaks of unless it is told another: a name that can begin a sentence."""


class BotError(Exception):
    """Base of all: `sentence` is what the member reads, so it is short, kind and exact."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Refusal(BotError):
    """A request that is not carried out; nothing was stored and no credit moved."""


class InvalidPrompt(Refusal):
    """The prompt, or a parameter in it, is not one that the picture service takes."""


class InvalidOption(Refusal):
    """An option of a picture is not one that the chosen model takes."""


class MissingPermissions(Refusal):
    """The bot lacks permissions in the channel; `missing` holds their names as Discord shows them."""

    def __init__(self, missing: Sequence[str], channel: str) -> None:
        self.missing = tuple(missing)
        names = ", ".join(f"**{name}**" for name in missing)
        super().__init__(
            f"I cannot work in {channel} yet: I need {names} there. "
            "Someone who manages this server can grant that in the channel's settings."
        )


class OutOfCredits(Refusal):
    """One of the stacked limits would be passed; `left` is what it still allows, granted credits included.

    `returns_at` is when there are new ones, None when the limit is zero and no day brings any. `most` is what it allows
    when nothing is used: a price above that is never met by waiting.
    """

    def __init__(
        self, subject: str, price: int, left: int, returns_at: datetime | None, most: int | None = None
    ) -> None:
        self.left = left
        self.returns_at = returns_at
        rest = f"only {credits(left)} left" if left else "no credits left"
        if returns_at is not None and most is not None and price > most:
            hope = f"A whole day allows {credits(most)}, so please ask for something smaller."
        elif returns_at is None:
            hope = "The daily limit here is 0; someone who manages this server can change that."
        else:
            hope = f"New credits arrive <t:{int(returns_at.timestamp())}:R>."
        super().__init__(f"This costs {credits(price)}, but {subject} {rest} today. {hope} Nothing was charged.")


class Blocked(Refusal):
    """An admin lets this member look, but not make anything. `reason` is the admin's wording: show it neutralised."""

    def __init__(self, reason: str | None) -> None:
        self.reason = reason
        super().__init__(
            "Someone who manages this server has blocked you from making pictures here. "
            "`/usage` and `/history` still work, and what is under way goes on."
        )


class NotAdmin(Refusal):
    """Quotas are for those who manage the server, and for the operator."""

    def __init__(self) -> None:
        super().__init__("`/quota` is for those who may manage this server (the **Manage Server** permission).")


class NotAPerson(Refusal):
    """A bot was named where a member is meant."""

    def __init__(self) -> None:
        super().__init__("Bots have no credits: they cannot use me. Please choose a person.")


class DirectMessagesClosed(Refusal):
    """The operator gives no credits to direct messages."""

    def __init__(self) -> None:
        super().__init__("In direct messages you can look, but not make pictures. Please use a server that has me.")


class ServerNotAllowed(Refusal):
    """The operator limits the bot to certain servers, and this is none of them."""

    def __init__(self) -> None:
        super().__init__("Whoever hosts me has not opened me for this server. Please ask them to add it.")


class NotOffered(Refusal):
    """The pressed button belongs to no action that may be pressed here."""

    def __init__(self, sentence: str = "This button is no longer offered. Please press one on a newer card.") -> None:
        super().__init__(sentence)


class QueueFull(Refusal):
    """The account has as many jobs in line as one may have."""

    def __init__(self, waiting: int) -> None:
        pictures = "1 picture" if waiting == 1 else f"{waiting} pictures"
        super().__init__(
            f"You have {pictures} waiting in line already, and more are not taken until one of them starts. "
            "Nothing was charged. `/jobs` shows them, and can cancel what you no longer want."
        )


class NotYours(Refusal):
    """A job is cancelled by its owner, by those who manage the server, or by the operator."""

    def __init__(self) -> None:
        super().__init__("Only whoever asked for this picture can cancel it, or someone who manages this server.")


class CannotCancel(Refusal):
    """The job has left the line: it is at a service, which knows no way back, or it has ended."""


class UnusablePicture(Refusal):
    """A picture, or a link to one, that a member gave and that cannot be worked with."""


class ProviderError(BotError):
    """The provider failed us. `detail` is for the log; `may_have_arrived`: a task may exist nevertheless."""

    may_have_arrived = False

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail or sentence


class KeyRefused(ProviderError):
    """The API key is wrong, revoked, or lacks the permission."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("The picture service refuses my key. Whoever hosts me has to renew it.", detail)


class BalanceUsedUp(ProviderError):
    """The operator's balance at the provider is used up."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("My account with the picture service is used up. Whoever hosts me has to top it up.", detail)


class PromptRejected(ProviderError):
    """The provider will not make this picture; `reason` is its own wording."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"Midjourney says: {sentence(reason)} Please change the wording and try again.", reason)


class ContentRefused(ProviderError):
    """An image model's filter refused the prompt, or what came of it."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            "The image model's safety filter refused this. Please leave out real people, brands, living artists, "
            "violence and nudity, and say it in other words.",
            detail,
        )


class PicturesLost(ProviderError):
    """An image model answered, but none of its pictures could be had."""

    may_have_arrived = True

    def __init__(self, detail: str = "") -> None:
        super().__init__("The image service painted something, but its pictures cannot be fetched or read.", detail)


class RequestRefused(ProviderError):
    """The provider understood the call and declined it for another reason than the prompt.

    `verdict`: it judged what the picture is about, and would judge so again.
    """

    def __init__(self, sentence: str, detail: str = "", *, verdict: bool = False) -> None:
        self.verdict = verdict
        super().__init__(sentence, detail)


class ProviderBusy(ProviderError):
    """The provider takes nothing more for now. `retry_after` is in seconds, None when it did not say."""

    def __init__(self, detail: str = "", retry_after: float | None = None, *, service: str = MIDJOURNEY) -> None:
        self.retry_after = retry_after
        super().__init__(f"{service} is busy. The job keeps its place.", detail)


class ProviderUnreachable(ProviderError):
    """No answer came. `may_have_arrived` is False only when the request surely never left."""

    def __init__(self, detail: str = "", *, may_have_arrived: bool = True, service: str = MIDJOURNEY) -> None:
        self.may_have_arrived = may_have_arrived
        super().__init__(f"{service} is not answering. The job keeps its place.", detail)


class NonsenseAnswer(ProviderError):
    """The answer is not what the API documents, so it says nothing about what happened."""

    may_have_arrived = True

    def __init__(self, detail: str = "", *, service: str = MIDJOURNEY) -> None:
        super().__init__(f"{service} gave an answer that I do not understand.", detail)


class PictureUnavailable(BotError):
    """None of a finished job's sources gave a picture; the sentence names what each said."""


class StorageUnavailable(BotError):
    """The database takes nothing for now. `detail` is for the log: what is wrong, and its cure."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(
            "I cannot write anything down just now, so nothing was started or charged. Please try again in a minute."
        )


class CardError(BotError):
    """Discord did not take a card."""


class CardGone(CardError):
    """Someone deleted the message; it is not posted again."""


class CardForbidden(CardError):
    """The bot may not edit the message any more: permissions, an archived thread, a deleted channel."""


class ChannelGone(CardForbidden):
    """The channel was deleted, and every message in it."""


class ThreadArchived(CardForbidden):
    """The card's thread is closed; it may be opened again."""


class CardRefused(CardError):
    """Discord finds the card itself at fault, and would so each time."""


class CardUndelivered(CardError):
    """Discord failed for now. `retry_after` is in seconds, None when it did not say."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(sentence)


class CardTooLarge(CardUndelivered):
    """The picture is larger than Discord takes here."""


def credits(amount: int) -> str:
    """`1 credit`, `2 credits`."""
    return f"{amount} credit" if amount == 1 else f"{amount} credits"


def sentence(text: str) -> str:
    """Somebody else's words with a full stop, so that ours may follow."""
    tidy = text.strip()
    return tidy if tidy.endswith((".", "!", "?", "…")) else f"{tidy}."
