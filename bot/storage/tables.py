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
    LargeBinary,
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
    dimensions: Mapped[str | None] = mapped_column(String(16))
    image: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    source_picture: Mapped[str | None] = mapped_column(String(64))
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
    suggestions: Mapped[list[str]] = mapped_column(JSON, default=list)
    pictures: Mapped[list[str]] = mapped_column(JSON, default=list)
    thumbnail_due: Mapped[bool] = mapped_column(default=False)
    look_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=0)
    shown: Mapped[int] = mapped_column(default=-1)
    delivery_tries: Mapped[int] = mapped_column(default=0)
    picture_tries: Mapped[int] = mapped_column(default=0)
    deliver_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    announced: Mapped[bool] = mapped_column(default=False)
    gift: Mapped[bool] = mapped_column(default=False)
    deleted: Mapped[bool] = mapped_column(default=False)
    private: Mapped[bool] = mapped_column(default=False)
    place: Mapped[int | None]
    turn: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    start_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held: Mapped[bool] = mapped_column(default=False)
    unseen: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_jobs_account", "server_id", "member_id", "state", "id"),
        Index("ix_jobs_member", "member_id", "id"),
        Index("ix_jobs_press", "parent_id", "pressed_custom_id"),
        Index("ix_jobs_state", "state", "id"),
        Index("ix_jobs_look_up", "look_up_at", sqlite_where=text("look_up_at IS NOT NULL")),
        Index("ix_jobs_owed", "id", sqlite_where=text("shown < revision AND message_id IS NOT NULL")),
        Index("ix_jobs_thumbnail", "id", sqlite_where=text("thumbnail_due = 1 AND message_id IS NULL")),
        Index("ix_jobs_token", "token_expires_at", sqlite_where=text("token IS NOT NULL")),
        Index("ix_jobs_turn", "turn"),
        Index("ix_jobs_account_turn", "server_id", "member_id", "turn", sqlite_where=text("kind != 'dalle'")),
        Index("ix_jobs_account_image_turn", "server_id", "member_id", "turn", sqlite_where=text("kind = 'dalle'")),
        Index("ix_jobs_unseen", "member_id", sqlite_where=text("unseen = 1")),
    )


class SourceRow(Base):
    """A picture that a job is made from, as it is sent; erased when the job ends."""

    __tablename__ = "job_sources"

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ResultRow(Base):
    """A picture that a service answered with; erased when a card shows it, or after a while."""

    __tablename__ = "job_results"

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ThumbnailRow(Base):
    """The small picture of a job for its owner's history."""

    __tablename__ = "thumbnails"

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class PostRow(Base):
    """Another message that shows a job's result, where its owner posted it."""

    __tablename__ = "job_posts"

    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"))
    channel_id: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_job_posts_job", "job_id", "channel_id"),)


class CounterRow(Base):
    """A running sum of credits; always the sum of the ledger entries that drew on it."""

    __tablename__ = "counters"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    server_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    period: Mapped[date] = mapped_column(Date, primary_key=True)
    used: Mapped[int] = mapped_column(default=0)
    resets: Mapped[int] = mapped_column(default=0)
    """How often an admin has set it back: only entries of the same number count."""

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
    granted: Mapped[int] = mapped_column(default=0)
    """How many of the credits came out of what was granted on top, not out of the day's."""
    resets: Mapped[int] = mapped_column(default=0)
    """What the account's counter said when the credits were reserved."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("job_id", "kind"),
        Index("ix_ledger_entries_account", "server_id", "member_id", "period"),
        Index("ix_ledger_entries_server", "server_id", "period"),
    )


class PolicyRow(Base):
    """What an admin decided for a member of a server; member 0 stands for everyone without a limit of their own."""

    __tablename__ = "policies"

    server_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    daily_credits: Mapped[int | None]
    granted: Mapped[int] = mapped_column(default=0)
    """All credits that were ever granted on top; how many are used says a counter."""
    blocked: Mapped[bool] = mapped_column(default=False)
    block_reason: Mapped[str | None] = mapped_column(Text)


class AuditRow(Base):
    """A change that an admin made: who, what, before, after, when."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int] = mapped_column(BigInteger)
    server_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    change: Mapped[str] = mapped_column(String(16))
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_audit_entries_account", "server_id", "member_id", "id"),)


class LeaseRow(Base):
    """Which process may use this database: one at a time, and only while it keeps renewing this row."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    token: Mapped[str] = mapped_column(String(32))
    """Drawn anew by each process, so that none takes another's lease for its own."""
    host: Mapped[str] = mapped_column(Text)
    pid: Mapped[int]
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    renewed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FactRow(Base):
    """A small fact that the bot remembers between runs, such as the hash of the commands it last synced."""

    __tablename__ = "facts"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
