"""Moves of consultations, answers from calendars, the centre's mailbox, who may change what alone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
JSON_OBJECT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _make_new_tables()
    _let_old_tables_know_moves()


def _make_new_tables() -> None:
    op.create_table(
        "inbox_mail",
        sa.Column("centre_id", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("received_at", UTC, nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("participation_id", sa.Integer(), nullable=True),
        sa.Column("proposed_starts_at", UTC, nullable=True),
        sa.Column("handled_at", UTC, nullable=True),
        sa.Column("handled_by", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_inbox_mail_centre_id")),
        sa.ForeignKeyConstraint(["handled_by"], ["staff.id"], name=op.f("fk_inbox_mail_handled_by")),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_inbox_mail_participation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_mail")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_inbox_mail_fingerprint")),
    )
    op.create_index(
        op.f("ix_inbox_mail_centre_id_handled_at_received_at"),
        "inbox_mail",
        ["centre_id", "handled_at", "received_at"],
    )
    op.create_index(op.f("ix_inbox_mail_participation_id"), "inbox_mail", ["participation_id"])

    op.create_table(
        "move",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("equipment_check_id", sa.Integer(), nullable=True),
        sa.Column("proposed_means", sa.Text(), nullable=True),
        sa.Column("proposed_specialist_id", sa.Integer(), nullable=True),
        sa.Column("reported_by", sa.Integer(), nullable=True),
        sa.Column("reported_at", UTC, nullable=False),
        sa.Column("due_at", UTC, nullable=False),
        sa.Column("reminded_at", UTC, nullable=True),
        sa.Column("passed_up_at", UTC, nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", UTC, nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.Column("old_starts_at", UTC, nullable=False),
        sa.Column("new_starts_at", UTC, nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("done_at", UTC, nullable=True),
        sa.Column("told_at", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_move_centre_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_move_consultation_id")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_move_decided_by")),
        sa.ForeignKeyConstraint(["done_by"], ["staff.id"], name=op.f("fk_move_done_by")),
        sa.ForeignKeyConstraint(
            ["equipment_check_id"], ["equipment_check.id"], name=op.f("fk_move_equipment_check_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_specialist_id"], ["staff.id"], name=op.f("fk_move_proposed_specialist_id")
        ),
        sa.ForeignKeyConstraint(["reported_by"], ["staff.id"], name=op.f("fk_move_reported_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move")),
    )
    op.create_index(op.f("ix_move_centre_id_state_due_at"), "move", ["centre_id", "state", "due_at"])
    op.create_index(op.f("ix_move_consultation_id_reported_at"), "move", ["consultation_id", "reported_at"])
    op.create_index(
        "uq_move_open",
        "move",
        ["consultation_id"],
        unique=True,
        sqlite_where=sa.text("state in ('reported', 'allowed')"),
        postgresql_where=sa.text("state in ('reported', 'allowed')"),
    )


def _let_old_tables_know_moves() -> None:
    with op.batch_alter_table("absence") as table:
        table.add_column(sa.Column("added_by", sa.Integer(), nullable=True))
        table.create_foreign_key(table.f("fk_absence_added_by"), "staff", ["added_by"], ["id"])

    with op.batch_alter_table("centre") as table:
        table.add_column(
            sa.Column("specialists_may", JSON_OBJECT, nullable=False, server_default='["means"]')
        )
        table.add_column(sa.Column("family_move_hours", sa.Integer(), nullable=False, server_default="12"))
        table.add_column(sa.Column("family_cancel_hours", sa.Integer(), nullable=False, server_default="0"))

    with op.batch_alter_table("consultation_specialist") as table:
        table.add_column(sa.Column("answer", sa.Text(), nullable=True))

    with op.batch_alter_table("help_request") as table:
        table.add_column(sa.Column("mail_failed_at", UTC, nullable=True))

    with op.batch_alter_table("offer") as table:
        table.add_column(sa.Column("move_id", sa.Integer(), nullable=True))
        table.create_index(table.f("ix_offer_move_id"), ["move_id"])
        table.create_foreign_key(table.f("fk_offer_move_id"), "move", ["move_id"], ["id"])

    with op.batch_alter_table("participation") as table:
        table.add_column(sa.Column("answer", sa.Text(), nullable=True))
        table.add_column(sa.Column("answer_sequence", sa.Integer(), nullable=True))
        table.add_column(sa.Column("answered_stamp", UTC, nullable=True))

    with op.batch_alter_table("registration") as table:
        table.add_column(sa.Column("mail_failed_at", UTC, nullable=True))

    with op.batch_alter_table("staff") as table:
        table.add_column(sa.Column("morning_letter", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    op.execute("DELETE FROM engagement WHERE offer_id IN (SELECT id FROM offer WHERE move_id IS NOT NULL)")
    op.execute("DELETE FROM offered_time WHERE offer_id IN (SELECT id FROM offer WHERE move_id IS NOT NULL)")
    op.execute("DELETE FROM offer WHERE move_id IS NOT NULL")
    with op.batch_alter_table("staff") as table:
        table.drop_column("morning_letter")

    with op.batch_alter_table("registration") as table:
        table.drop_column("mail_failed_at")

    with op.batch_alter_table("participation") as table:
        table.drop_column("answered_stamp")
        table.drop_column("answer_sequence")
        table.drop_column("answer")

    with op.batch_alter_table("offer") as table:
        table.drop_constraint(table.f("fk_offer_move_id"), type_="foreignkey")
        table.drop_index(table.f("ix_offer_move_id"))
        table.drop_column("move_id")

    with op.batch_alter_table("help_request") as table:
        table.drop_column("mail_failed_at")

    with op.batch_alter_table("consultation_specialist") as table:
        table.drop_column("answer")

    with op.batch_alter_table("centre") as table:
        table.drop_column("family_cancel_hours")
        table.drop_column("family_move_hours")
        table.drop_column("specialists_may")

    with op.batch_alter_table("absence") as table:
        table.drop_constraint(table.f("fk_absence_added_by"), type_="foreignkey")
        table.drop_column("added_by")
    op.drop_table("move")
    op.drop_table("inbox_mail")
