"""Find the letters of a subscriber: whoever leaves the mailing is forgotten there too."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_letter_subscriber_id"), "letter", ["subscriber_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_letter_subscriber_id"), "letter")
