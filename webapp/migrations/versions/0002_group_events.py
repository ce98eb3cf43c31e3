"""Group events, who registers for them, and the mailing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
JSON_OBJECT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# Children before their parents.
NEW_TABLES = (
    "question_vote",
    "presence",
    "question",
    "registration",
    "material",
    "mailing",
    "subscriber_topic",
    "group_event",
    "subscriber",
    "event_type",
)

# On SQLite a changed table is a new one, and its triggers go with the old: as in the first form.
TRIGGER = """
    CREATE TRIGGER engagement_overlap_{event} BEFORE {event} ON engagement
    WHEN EXISTS (
        SELECT 1 FROM engagement AS other
        WHERE other.specialist_id = NEW.specialist_id
          AND other.ends_at > NEW.starts_at
          AND other.starts_at < NEW.ends_at
          AND other.id IS NOT NEW.id
    )
    BEGIN
        SELECT RAISE(ABORT, 'engagement_overlap');
    END
"""


def upgrade() -> None:
    _make_new_tables()
    _let_old_tables_know_groups()


def _make_new_tables() -> None:
    op.create_table(
        "event_type",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("titles", JSON_OBJECT, nullable=False),
        sa.Column("bring", JSON_OBJECT, nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("open_to", sa.Text(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("with_children", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("minimum >= 1 and maximum >= minimum", name=op.f("ck_event_type_size")),
        sa.CheckConstraint("minutes between 5 and 240", name=op.f("ck_event_type_minutes")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_event_type_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_type")),
        sa.UniqueConstraint("centre_id", "code", name=op.f("uq_event_type_centre_id_code")),
    )
    op.create_table(
        "subscriber",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("asked_at", UTC, nullable=False),
        sa.Column("confirmed_at", UTC, nullable=True),
        sa.Column("left_at", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_subscriber_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("centre_id", "email", name=op.f("uq_subscriber_centre_id_email")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_subscriber_token_hash")),
    )
    op.create_index(op.f("ix_subscriber_centre_id_state_id"), "subscriber", ["centre_id", "state", "id"])

    op.create_table(
        "group_event",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("event_type_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("titles", JSON_OBJECT, nullable=False),
        sa.Column("announcements", JSON_OBJECT, nullable=False),
        sa.Column("bring", JSON_OBJECT, nullable=False),
        sa.Column("spoken", JSON_OBJECT, nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("seats_taken", sa.Integer(), nullable=False),
        sa.Column("waiting_count", sa.Integer(), nullable=False),
        sa.Column("arrivals", sa.Integer(), nullable=False),
        sa.Column("seat_after_confirming", sa.Boolean(), nullable=False),
        sa.Column("confirm_within_hours", sa.Integer(), nullable=False),
        sa.Column("broadcast_url", sa.Text(), nullable=False),
        sa.Column("repeats_event_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", UTC, nullable=False),
        sa.Column("ends_at", UTC, nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.Column("announced_at", UTC, nullable=True),
        sa.Column("cancelled_at", UTC, nullable=True),
        sa.Column("too_few_told_at", UTC, nullable=True),
        sa.Column("closed_at", UTC, nullable=True),
        sa.Column("closing_words", JSON_OBJECT, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("minimum >= 1 and capacity >= minimum", name=op.f("ck_group_event_size")),
        sa.CheckConstraint("seats_taken >= 0 and waiting_count >= 0", name=op.f("ck_group_event_counts")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_group_event_centre_id")),
        sa.ForeignKeyConstraint(["created_by"], ["staff.id"], name=op.f("fk_group_event_created_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_group_event_decided_by")),
        sa.ForeignKeyConstraint(
            ["event_type_id"], ["event_type.id"], name=op.f("fk_group_event_event_type_id")
        ),
        sa.ForeignKeyConstraint(
            ["repeats_event_id"], ["group_event.id"], name=op.f("fk_group_event_repeats_event_id")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_group_event_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_event")),
    )
    op.create_index(
        op.f("ix_group_event_centre_id_state_ends_at"), "group_event", ["centre_id", "state", "ends_at"]
    )
    op.create_index(op.f("ix_group_event_event_type_id"), "group_event", ["event_type_id"])
    op.create_index(op.f("ix_group_event_repeats_event_id"), "group_event", ["repeats_event_id"])

    op.create_table(
        "subscriber_topic",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_subscriber_topic_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name=op.f("fk_subscriber_topic_topic_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "topic_id", name=op.f("pk_subscriber_topic")),
    )
    op.create_index(op.f("ix_subscriber_topic_topic_id"), "subscriber_topic", ["topic_id"])

    op.create_table(
        "mailing",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("group_event_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("last_subscriber_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("finished_at", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_mailing_centre_id")),
        sa.ForeignKeyConstraint(["created_by"], ["staff.id"], name=op.f("fk_mailing_created_by")),
        sa.ForeignKeyConstraint(
            ["group_event_id"], ["group_event.id"], name=op.f("fk_mailing_group_event_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
    )
    op.create_index(op.f("ix_mailing_centre_id_created_at"), "mailing", ["centre_id", "created_at"])
    op.create_index(op.f("ix_mailing_group_event_id"), "mailing", ["group_event_id"])
    op.create_index(op.f("ix_mailing_state"), "mailing", ["state"])

    op.create_table(
        "material",
        sa.Column("group_event_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("for_whom", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("added_at", UTC, nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("(url = '') = (file_name <> '')", name=op.f("ck_material_link_or_file")),
        sa.ForeignKeyConstraint(["added_by"], ["staff.id"], name=op.f("fk_material_added_by")),
        sa.ForeignKeyConstraint(
            ["group_event_id"], ["group_event.id"], name=op.f("fk_material_group_event_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material")),
    )
    op.create_index(op.f("ix_material_group_event_id"), "material", ["group_event_id"])

    op.create_table(
        "registration",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("group_event_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("arrival", sa.Integer(), nullable=False),
        sa.Column("contact_hash", sa.Text(), nullable=False),
        sa.Column("shown_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_confirmed_at", UTC, nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("parent_present", sa.Text(), nullable=False),
        sa.Column("consent_text_id", sa.Integer(), nullable=True),
        sa.Column("consented_at", UTC, nullable=True),
        sa.Column("mailing_wished", sa.Boolean(), nullable=False),
        sa.Column("registered_at", UTC, nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("seat_until", UTC, nullable=True),
        sa.Column("repeat_offered_until", UTC, nullable=True),
        sa.Column("source_hash", sa.Text(), nullable=False),
        sa.Column("blocked_at", UTC, nullable=True),
        sa.Column("destroy_by", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_registration_centre_id")),
        sa.ForeignKeyConstraint(
            ["consent_text_id"], ["consent_text.id"], name=op.f("fk_registration_consent_text_id")
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["staff.id"], name=op.f("fk_registration_entered_by")),
        sa.ForeignKeyConstraint(
            ["group_event_id"], ["group_event.id"], name=op.f("fk_registration_group_event_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint(
            "group_event_id", "contact_hash", name=op.f("uq_registration_group_event_id_contact_hash")
        ),
    )
    op.create_index(op.f("ix_registration_centre_id_email"), "registration", ["centre_id", "email"])
    op.create_index(op.f("ix_registration_destroy_by"), "registration", ["destroy_by"])
    op.create_index(
        op.f("ix_registration_group_event_id_state_arrival"),
        "registration",
        ["group_event_id", "state", "arrival"],
    )
    op.create_index(
        op.f("ix_registration_source_hash_registered_at"), "registration", ["source_hash", "registered_at"]
    )
    op.create_index(op.f("ix_registration_state_seat_until"), "registration", ["state", "seat_until"])

    op.create_table(
        "question",
        sa.Column("group_event_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTC, nullable=False),
        sa.Column("decided_at", UTC, nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_question_decided_by")),
        sa.ForeignKeyConstraint(
            ["group_event_id"], ["group_event.id"], name=op.f("fk_question_group_event_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_question_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    op.create_index(
        op.f("ix_question_group_event_id_state_votes"), "question", ["group_event_id", "state", "votes"]
    )
    op.create_index(op.f("ix_question_registration_id"), "question", ["registration_id"])

    op.create_table(
        "presence",
        sa.Column("participation_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", UTC, nullable=False),
        sa.Column("last_seen_at", UTC, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_presence_participation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_participation_id"), "presence", ["participation_id"])

    op.create_table(
        "question_vote",
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("fk_question_vote_question_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_question_vote_registration_id")
        ),
        sa.PrimaryKeyConstraint("question_id", "registration_id", name=op.f("pk_question_vote")),
    )
    op.create_index(op.f("ix_question_vote_registration_id"), "question_vote", ["registration_id"])


def _let_old_tables_know_groups() -> None:
    with op.batch_alter_table("audit_record") as table:
        table.add_column(sa.Column("group_event_id", sa.Integer(), nullable=True))
        table.create_index(table.f("ix_audit_record_group_event_id_at"), ["group_event_id", "at"])
        table.create_foreign_key(
            table.f("fk_audit_record_group_event_id"), "group_event", ["group_event_id"], ["id"]
        )

    with op.batch_alter_table("call_task") as table:
        table.add_column(sa.Column("registration_id", sa.Integer(), nullable=True))
        table.alter_column("help_request_id", existing_type=sa.Integer(), nullable=True)
        table.create_index(table.f("ix_call_task_registration_id"), ["registration_id"])
        table.create_foreign_key(
            table.f("fk_call_task_registration_id"), "registration", ["registration_id"], ["id"]
        )
        table.create_check_constraint(
            table.f("ck_call_task_whom"), "(help_request_id is null) <> (registration_id is null)"
        )

    with op.batch_alter_table("centre") as table:
        table.add_column(sa.Column("embed_origins", JSON_OBJECT, nullable=False, server_default="[]"))

    with op.batch_alter_table("consultation") as table:
        table.add_column(sa.Column("group_event_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("number_present", sa.Integer(), nullable=True))
        table.alter_column("help_request_id", existing_type=sa.Integer(), nullable=True)
        table.create_index(
            table.f("ix_consultation_group_event_id_starts_at"), ["group_event_id", "starts_at"]
        )
        table.create_foreign_key(
            table.f("fk_consultation_group_event_id"), "group_event", ["group_event_id"], ["id"]
        )
        table.create_check_constraint(
            table.f("ck_consultation_family_or_group"),
            "(help_request_id is null) <> (group_event_id is null)",
        )

    with op.batch_alter_table("engagement") as table:
        table.alter_column("help_request_id", existing_type=sa.Integer(), nullable=True)
        table.create_check_constraint(
            table.f("ck_engagement_whose"), "help_request_id is not null or consultation_id is not null"
        )
    _guard_engagements_again()

    with op.batch_alter_table("letter") as table:
        table.add_column(sa.Column("registration_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("group_event_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("mailing_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("subscriber_id", sa.Integer(), nullable=True))
        table.create_index(table.f("ix_letter_group_event_id"), ["group_event_id"])
        table.create_index(table.f("ix_letter_mailing_id_state"), ["mailing_id", "state"])
        table.create_index(table.f("ix_letter_registration_id"), ["registration_id"])
        table.create_foreign_key(
            table.f("fk_letter_group_event_id"), "group_event", ["group_event_id"], ["id"]
        )
        table.create_foreign_key(table.f("fk_letter_mailing_id"), "mailing", ["mailing_id"], ["id"])
        table.create_foreign_key(table.f("fk_letter_subscriber_id"), "subscriber", ["subscriber_id"], ["id"])
        table.create_foreign_key(
            table.f("fk_letter_registration_id"), "registration", ["registration_id"], ["id"]
        )

    with op.batch_alter_table("participation") as table:
        table.add_column(sa.Column("registration_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("calendar_sequence", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("attended_by_host", sa.Boolean(), nullable=True))
        table.add_column(sa.Column("corrected_at", UTC, nullable=True))
        table.add_column(sa.Column("corrected_by", sa.Integer(), nullable=True))
        table.alter_column("help_request_id", existing_type=sa.Integer(), nullable=True)
        table.create_index(table.f("ix_participation_registration_id"), ["registration_id"])
        table.create_unique_constraint(
            table.f("uq_participation_consultation_id_registration_id"),
            ["consultation_id", "registration_id"],
        )
        table.create_foreign_key(
            table.f("fk_participation_registration_id"), "registration", ["registration_id"], ["id"]
        )
        table.create_foreign_key(table.f("fk_participation_corrected_by"), "staff", ["corrected_by"], ["id"])
        table.create_check_constraint(
            table.f("ck_participation_whose"), "(help_request_id is null) <> (registration_id is null)"
        )

    with op.batch_alter_table("personal_link") as table:
        table.add_column(sa.Column("registration_id", sa.Integer(), nullable=True))
        table.create_index(table.f("ix_personal_link_registration_id"), ["registration_id"])
        table.create_unique_constraint(
            table.f("uq_personal_link_purpose_registration_id"), ["purpose", "registration_id"]
        )
        table.create_foreign_key(
            table.f("fk_personal_link_registration_id"), "registration", ["registration_id"], ["id"]
        )


def _guard_engagements_again() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("INSERT", "UPDATE"):
            op.execute(TRIGGER.format(event=event))


def downgrade() -> None:
    """Groups go with all that belongs to them: the form before knows none."""
    _forget_groups()
    with op.batch_alter_table("personal_link") as table:
        table.drop_constraint(table.f("fk_personal_link_registration_id"), type_="foreignkey")
        table.drop_constraint(table.f("uq_personal_link_purpose_registration_id"), type_="unique")
        table.drop_index(table.f("ix_personal_link_registration_id"))
        table.drop_column("registration_id")
    with op.batch_alter_table("participation") as table:
        table.drop_constraint(table.f("ck_participation_whose"), type_="check")
        table.drop_constraint(table.f("fk_participation_corrected_by"), type_="foreignkey")
        table.drop_constraint(table.f("fk_participation_registration_id"), type_="foreignkey")
        table.drop_constraint(table.f("uq_participation_consultation_id_registration_id"), type_="unique")
        table.drop_index(table.f("ix_participation_registration_id"))
        table.alter_column("help_request_id", existing_type=sa.Integer(), nullable=False)
        for column in (
            "corrected_by",
            "corrected_at",
            "attended_by_host",
            "calendar_sequence",
            "registration_id",
        ):
            table.drop_column(column)
    with op.batch_alter_table("letter") as table:
        for column in ("registration_id", "subscriber_id", "mailing_id", "group_event_id"):
            table.drop_constraint(table.f(f"fk_letter_{column}"), type_="foreignkey")
        for index in ("registration_id", "mailing_id_state", "group_event_id"):
            table.drop_index(table.f(f"ix_letter_{index}"))
        for column in ("registration_id", "subscriber_id", "mailing_id", "group_event_id"):
            table.drop_column(column)
    with op.batch_alter_table("engagement") as table:
        table.drop_constraint(table.f("ck_engagement_whose"), type_="check")
        table.alter_column("help_request_id", existing_type=sa.Integer(), nullable=False)
    _guard_engagements_again()
    with op.batch_alter_table("consultation") as table:
        table.drop_constraint(table.f("ck_consultation_family_or_group"), type_="check")
        table.drop_constraint(table.f("fk_consultation_group_event_id"), type_="foreignkey")
        table.drop_index(table.f("ix_consultation_group_event_id_starts_at"))
        table.alter_column("help_request_id", existing_type=sa.Integer(), nullable=False)
        table.drop_column("number_present")
        table.drop_column("group_event_id")
    with op.batch_alter_table("centre") as table:
        table.drop_column("embed_origins")
    with op.batch_alter_table("call_task") as table:
        table.drop_constraint(table.f("ck_call_task_whom"), type_="check")
        table.drop_constraint(table.f("fk_call_task_registration_id"), type_="foreignkey")
        table.drop_index(table.f("ix_call_task_registration_id"))
        table.alter_column("help_request_id", existing_type=sa.Integer(), nullable=False)
        table.drop_column("registration_id")
    with op.batch_alter_table("audit_record") as table:
        table.drop_constraint(table.f("fk_audit_record_group_event_id"), type_="foreignkey")
        table.drop_index(table.f("ix_audit_record_group_event_id_at"))
        table.drop_column("group_event_id")
    for name in NEW_TABLES:
        op.drop_table(name)


def _forget_groups() -> None:
    of_groups = "SELECT id FROM consultation WHERE group_event_id IS NOT NULL"
    op.execute("DELETE FROM presence")
    for table in (
        "letter",
        "call_task",
        "audit_record",
        "equipment_check",
        "occupancy",
        "connection_problem",
        "engagement",
        "consultation_specialist",
        "participation",
    ):
        op.execute(f"DELETE FROM {table} WHERE consultation_id IN ({of_groups})")  # noqa: S608
    for table in ("letter", "call_task", "personal_link"):
        op.execute(f"DELETE FROM {table} WHERE registration_id IS NOT NULL")  # noqa: S608
    for table in ("letter", "audit_record", "consultation"):
        op.execute(f"DELETE FROM {table} WHERE group_event_id IS NOT NULL")  # noqa: S608
    op.execute("DELETE FROM letter WHERE subscriber_id IS NOT NULL")
