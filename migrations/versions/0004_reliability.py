"""reliability: private jobs, places in line, turns, holds, and the lease"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FLAGS = ("private", "held", "unseen")
TURNS = {"ix_jobs_account_turn": "kind != 'dalle'", "ix_jobs_account_image_turn": "kind = 'dalle'"}


def upgrade() -> None:
    with op.batch_alter_table("jobs") as batch_op:
        for name in FLAGS:  # rows that are there need a value, new ones are given theirs
            batch_op.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")))
        batch_op.add_column(sa.Column("place", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("turn", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("start_after", sa.DateTime(), nullable=True))
    with op.batch_alter_table("jobs") as batch_op:
        for name in FLAGS:
            batch_op.alter_column(name, existing_type=sa.Boolean(), server_default=None)
        batch_op.alter_column("attempts", existing_type=sa.Integer(), server_default=None)
        batch_op.create_index("ix_jobs_turn", ["turn"])
        for name, kind in TURNS.items():
            batch_op.create_index(name, ["server_id", "member_id", "turn"], sqlite_where=sa.text(kind))
        batch_op.create_index("ix_jobs_unseen", ["member_id"], sqlite_where=sa.text("unseen = 1"))
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.Column("renewed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )


def downgrade() -> None:
    op.drop_table("leases")
    with op.batch_alter_table("jobs") as batch_op:
        for index in ("ix_jobs_unseen", *TURNS, "ix_jobs_turn"):
            batch_op.drop_index(index)
        for name in (*FLAGS, "attempts", "place", "turn", "start_after"):
            batch_op.drop_column(name)
