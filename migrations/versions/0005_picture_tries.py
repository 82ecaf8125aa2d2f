"""tries to fetch a picture, counted apart from tries to show it"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs") as batch_op:  # rows that are there need a value, new ones are given theirs
        batch_op.add_column(sa.Column("picture_tries", sa.Integer(), nullable=False, server_default=sa.text("0")))
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.alter_column("picture_tries", existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.drop_column("picture_tries")
