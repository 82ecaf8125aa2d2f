"""pictures as input, results of several pictures, thumbnails"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEW_COLUMNS = {
    "suggestions": (sa.JSON(), "'[]'"),
    "pictures": (sa.JSON(), "'[]'"),
    "thumbnail_due": (sa.Boolean(), "0"),
    "deleted": (sa.Boolean(), "0"),
}


def upgrade() -> None:
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.add_column(sa.Column("dimensions", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("image", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("source_picture", sa.String(length=64), nullable=True))
        for name, (kind, default) in NEW_COLUMNS.items():  # rows that are there need a value
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=sa.text(default)))
    op.execute("UPDATE jobs SET pictures = json_array(picture) WHERE picture IS NOT NULL")
    with op.batch_alter_table("jobs") as batch_op:
        for name, (kind, _) in NEW_COLUMNS.items():
            batch_op.alter_column(name, existing_type=kind, server_default=None)
        batch_op.drop_column("picture")
        batch_op.create_index("ix_jobs_member", ["member_id", "id"])
        batch_op.create_index(
            "ix_jobs_thumbnail", ["id"], sqlite_where=sa.text("thumbnail_due = 1 AND message_id IS NULL")
        )
    op.create_table(
        "job_sources",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_sources_job_id")),
        sa.PrimaryKeyConstraint("job_id", "position", name=op.f("pk_job_sources")),
    )
    op.create_table(
        "job_results",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_results_job_id")),
        sa.PrimaryKeyConstraint("job_id", "position", name=op.f("pk_job_results")),
    )
    op.create_table(
        "thumbnails",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_thumbnails_job_id")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_thumbnails")),
    )
    op.create_table(
        "job_posts",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_posts_job_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_job_posts")),
    )
    with op.batch_alter_table("job_posts") as batch_op:
        batch_op.create_index("ix_job_posts_job", ["job_id", "channel_id"])


def downgrade() -> None:
    for table in ("job_posts", "thumbnails", "job_results", "job_sources"):
        op.drop_table(table)
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.add_column(sa.Column("picture", sa.String(length=64), nullable=True))
    op.execute("UPDATE jobs SET picture = json_extract(pictures, '$[0]')")
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.drop_index("ix_jobs_thumbnail", sqlite_where=sa.text("thumbnail_due = 1 AND message_id IS NULL"))
        batch_op.drop_index("ix_jobs_member")
        for name in ("dimensions", "image", "source_picture", *NEW_COLUMNS):
            batch_op.drop_column(name)
