"""What a family says about its connection has no details: nothing ever wrote any."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON_OBJECT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("connection_problem") as table:
        table.drop_column("details")


def downgrade() -> None:
    with op.batch_alter_table("connection_problem") as table:
        table.add_column(sa.Column("details", JSON_OBJECT, nullable=False, server_default="{}"))
