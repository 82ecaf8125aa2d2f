"""first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counters",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("server_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint("used >= 0", name=op.f("ck_counters_not_negative")),
        sa.PrimaryKeyConstraint("kind", "server_id", "member_id", "period", name=op.f("pk_counters")),
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("server_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("speed", sa.String(length=8), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("parent_message_id", sa.BigInteger(), nullable=True),
        sa.Column("pressed_custom_id", sa.String(length=200), nullable=True),
        sa.Column("pressed_label", sa.String(length=200), nullable=True),
        sa.Column("pressed_emoji", sa.String(length=64), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("token_expires_at", sa.DateTime(), nullable=True),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("task_floor", sa.BigInteger(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=True),
        sa.Column("attempted_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("actions", sa.JSON(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("lasting_url", sa.Text(), nullable=True),
        sa.Column("picture", sa.String(length=64), nullable=True),
        sa.Column("look_up_at", sa.DateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("delivery_tries", sa.Integer(), nullable=False),
        sa.Column("deliver_after", sa.DateTime(), nullable=True),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("gift", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["jobs.id"], name=op.f("fk_jobs_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("task_id", name=op.f("uq_jobs_task_id")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_account", ["server_id", "member_id", "state", "id"], unique=False)
        batch_op.create_index(
            "ix_jobs_look_up", ["look_up_at"], unique=False, sqlite_where=sa.text("look_up_at IS NOT NULL")
        )
        batch_op.create_index(
            "ix_jobs_owed", ["id"], unique=False, sqlite_where=sa.text("shown < revision AND message_id IS NOT NULL")
        )
        batch_op.create_index("ix_jobs_press", ["parent_id", "pressed_custom_id"], unique=False)
        batch_op.create_index("ix_jobs_state", ["state", "id"], unique=False)
        batch_op.create_index(
            "ix_jobs_token", ["token_expires_at"], unique=False, sqlite_where=sa.text("token IS NOT NULL")
        )

    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("server_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_ledger_entries_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("job_id", "kind", name=op.f("uq_ledger_entries_job_id_kind")),
    )
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entries_account", ["server_id", "member_id", "period"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_entries_account")

    op.drop_table("ledger_entries")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_token", sqlite_where=sa.text("token IS NOT NULL"))
        batch_op.drop_index("ix_jobs_state")
        batch_op.drop_index("ix_jobs_press")
        batch_op.drop_index("ix_jobs_owed", sqlite_where=sa.text("shown < revision AND message_id IS NOT NULL"))
        batch_op.drop_index("ix_jobs_look_up", sqlite_where=sa.text("look_up_at IS NOT NULL"))
        batch_op.drop_index("ix_jobs_account")

    op.drop_table("jobs")
    op.drop_table("facts")
    op.drop_table("counters")
