"""The mapped rows, and the column type that keeps every time aware and in UTC."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; a naive one is refused, since nobody could say what it means."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time cannot be stored: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Names every constraint, so that a migration can change it later."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class JobRow(Base):
    """A job. `bot.domain.job.Job` says what the columns mean."""

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    server_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(16))
    prompt: Mapped[str] = mapped_column(Text)
    speed: Mapped[str] = mapped_column(String(8))
    price: Mapped[int]
    channel_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))
    parent_message_id: Mapped[int | None] = mapped_column(BigInteger)
    pressed_custom_id: Mapped[str | None] = mapped_column(String(200))
    pressed_label: Mapped[str | None] = mapped_column(String(200))
    pressed_emoji: Mapped[str | None] = mapped_column(String(64))
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    token: Mapped[str | None] = mapped_column(Text)
    token_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    task_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    task_floor: Mapped[int] = mapped_column(BigInteger, default=0)
    progress: Mapped[int | None]
    attempted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str | None] = mapped_column(Text)
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    source_url: Mapped[str | None] = mapped_column(Text)
    lasting_url: Mapped[str | None] = mapped_column(Text)
    picture: Mapped[str | None] = mapped_column(String(64))
    look_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=0)
    shown: Mapped[int] = mapped_column(default=-1)
    delivery_tries: Mapped[int] = mapped_column(default=0)
    deliver_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    announced: Mapped[bool] = mapped_column(default=False)
    gift: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_jobs_account", "server_id", "member_id", "state", "id"),
        Index("ix_jobs_press", "parent_id", "pressed_custom_id"),
        Index("ix_jobs_state", "state", "id"),
        Index("ix_jobs_look_up", "look_up_at", sqlite_where=text("look_up_at IS NOT NULL")),
        Index("ix_jobs_owed", "id", sqlite_where=text("shown < revision AND message_id IS NOT NULL")),
        Index("ix_jobs_token", "token_expires_at", sqlite_where=text("token IS NOT NULL")),
    )


class CounterRow(Base):
    """A running sum of credits; always the sum of the ledger entries that drew on it."""

    __tablename__ = "counters"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    server_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    period: Mapped[date] = mapped_column(Date, primary_key=True)
    used: Mapped[int] = mapped_column(default=0)

    __table_args__ = (CheckConstraint("used >= 0", name="not_negative"),)


class LedgerRow(Base):
    """One movement of credits: positive when reserved, negative when given back."""

    __tablename__ = "ledger_entries"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"))
    kind: Mapped[str] = mapped_column(String(16))
    server_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    period: Mapped[date] = mapped_column(Date)
    credits: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("job_id", "kind"),
        Index("ix_ledger_entries_account", "server_id", "member_id", "period"),
    )


class FactRow(Base):
    """A small fact that the bot remembers between runs, such as the hash of the commands it last synced."""

    __tablename__ = "facts"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
