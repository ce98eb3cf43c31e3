"""The first form of the database."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
JSON_OBJECT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# Nobody is in two places: the database refuses two engagements of one specialist that overlap.
EXCLUSION = """
    ALTER TABLE engagement ADD CONSTRAINT engagement_overlap EXCLUDE USING gist (
        int4range(specialist_id, specialist_id, '[]') WITH &&,
        tstzrange(starts_at, ends_at, '[)') WITH &&
    )
"""
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
    op.create_table(
        "centre",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("names", JSON_OBJECT, nullable=False),
        sa.Column("places", JSON_OBJECT, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("support_phone", sa.Text(), nullable=False),
        sa.Column("address", JSON_OBJECT, nullable=False),
        sa.Column("office_hours", JSON_OBJECT, nullable=False),
        sa.Column("walk_in", JSON_OBJECT, nullable=False),
        sa.Column("intro", JSON_OBJECT, nullable=False),
        sa.Column("advice", JSON_OBJECT, nullable=False),
        sa.Column("emergency", sa.JSON(), nullable=False),
        sa.Column("means", JSON_OBJECT, nullable=False),
        sa.Column("limit_minutes", sa.Integer(), nullable=False),
        sa.Column("session_minutes", sa.Integer(), nullable=False),
        sa.Column("break_minutes", sa.Integer(), nullable=False),
        sa.Column("notice_hours", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("video_by_link_only", sa.Boolean(), nullable=False),
        sa.Column("supervisor_id", sa.Integer(), nullable=True),
        sa.Column("stand_in_id", sa.Integer(), nullable=True),
        sa.Column("last_number_year", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("last_journal_year", sa.Integer(), nullable=False),
        sa.Column("last_journal_number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("break_minutes between 0 and 120", name=op.f("ck_centre_break_minutes")),
        sa.CheckConstraint("limit_minutes between 5 and 240", name=op.f("ck_centre_limit_minutes")),
        sa.CheckConstraint(
            "session_minutes between 5 and limit_minutes", name=op.f("ck_centre_session_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["stand_in_id"], ["staff.id"], name=op.f("fk_centre_stand_in_id"), use_alter=True
        ),
        sa.ForeignKeyConstraint(
            ["supervisor_id"], ["staff.id"], name=op.f("fk_centre_supervisor_id"), use_alter=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre")),
        sa.UniqueConstraint("slug", name=op.f("uq_centre_slug")),
    )
    op.create_index(op.f("ix_centre_stand_in_id"), "centre", ["stand_in_id"], unique=False)
    op.create_index(op.f("ix_centre_supervisor_id"), "centre", ["supervisor_id"], unique=False)
    op.create_table(
        "pulse",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_pulse")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("account_hash", sa.Text(), nullable=False),
        sa.Column("source_hash", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(
        op.f("ix_sign_in_attempt_account_hash_at"), "sign_in_attempt", ["account_hash", "at"], unique=False
    )
    op.create_index(
        op.f("ix_sign_in_attempt_source_hash_at"), "sign_in_attempt", ["source_hash", "at"], unique=False
    )
    op.create_table(
        "blocked_address",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_blocked_address_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocked_address")),
        sa.UniqueConstraint(
            "centre_id", "address_hash", name=op.f("uq_blocked_address_centre_id_address_hash")
        ),
    )
    op.create_table(
        "calendar_correction",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_calendar_correction_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_correction")),
        sa.UniqueConstraint("centre_id", "day", name=op.f("uq_calendar_correction_centre_id_day")),
    )
    op.create_table(
        "consent_text",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", UTC, nullable=False),
        sa.Column("texts", JSON_OBJECT, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_consent_text_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_text")),
        sa.UniqueConstraint("centre_id", "version", name=op.f("uq_consent_text_centre_id_version")),
    )
    op.create_table(
        "staff",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("profession", sa.Text(), nullable=False),
        sa.Column("about", JSON_OBJECT, nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_staff_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_email")),
    )
    op.create_index(op.f("ix_staff_centre_id"), "staff", ["centre_id"], unique=False)
    op.create_table(
        "topic",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("titles", JSON_OBJECT, nullable=False),
        sa.Column("hints", JSON_OBJECT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at_once", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_topic_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint("centre_id", "code", name=op.f("uq_topic_centre_id_code")),
    )
    op.create_table(
        "absence",
        sa.Column("specialist_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UTC, nullable=False),
        sa.Column("ends_at", UTC, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_absence_order")),
        sa.ForeignKeyConstraint(["specialist_id"], ["staff.id"], name=op.f("fk_absence_specialist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(
        op.f("ix_absence_specialist_id_ends_at"), "absence", ["specialist_id", "ends_at"], unique=False
    )
    op.create_table(
        "help_request",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("received_at", UTC, nullable=False),
        sa.Column("entered_at", UTC, nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("due_at", UTC, nullable=False),
        sa.Column("answered_at", UTC, nullable=True),
        sa.Column("days_late", sa.Integer(), nullable=True),
        sa.Column("family_silent", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("help_choose", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("wished_specialist_id", sa.Integer(), nullable=True),
        sa.Column("assigned_specialist_id", sa.Integer(), nullable=True),
        sa.Column("any_time", sa.Boolean(), nullable=False),
        sa.Column("means_wished", sa.Text(), nullable=False),
        sa.Column("parent_name", sa.Text(), nullable=False),
        sa.Column("child", sa.Text(), nullable=False),
        sa.Column("child_age", sa.Integer(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_confirmed_at", UTC, nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("consent_text_id", sa.Integer(), nullable=True),
        sa.Column("consented_at", UTC, nullable=True),
        sa.Column("mailing_wished", sa.Boolean(), nullable=False),
        sa.Column("source_hash", sa.Text(), nullable=False),
        sa.Column("decline_reason", sa.Text(), nullable=False),
        sa.Column("decline_advice", sa.Text(), nullable=False),
        sa.Column("blocked_at", UTC, nullable=True),
        sa.Column("destroy_by", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assigned_specialist_id"], ["staff.id"], name=op.f("fk_help_request_assigned_specialist_id")
        ),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_help_request_centre_id")),
        sa.ForeignKeyConstraint(
            ["consent_text_id"], ["consent_text.id"], name=op.f("fk_help_request_consent_text_id")
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["staff.id"], name=op.f("fk_help_request_entered_by")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_help_request_topic_id")),
        sa.ForeignKeyConstraint(
            ["wished_specialist_id"], ["staff.id"], name=op.f("fk_help_request_wished_specialist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_request")),
        sa.UniqueConstraint(
            "centre_id", "year", "sequence", name=op.f("uq_help_request_centre_id_year_sequence")
        ),
    )
    op.create_index(
        op.f("ix_help_request_assigned_specialist_id"),
        "help_request",
        ["assigned_specialist_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_help_request_centre_id_email"), "help_request", ["centre_id", "email"], unique=False
    )
    op.create_index(
        op.f("ix_help_request_centre_id_phone"), "help_request", ["centre_id", "phone"], unique=False
    )
    op.create_index(
        op.f("ix_help_request_centre_id_received_at"),
        "help_request",
        ["centre_id", "received_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_help_request_centre_id_state_due_at"),
        "help_request",
        ["centre_id", "state", "due_at"],
        unique=False,
    )
    op.create_index(op.f("ix_help_request_source_hash"), "help_request", ["source_hash"], unique=False)
    op.create_table(
        "hours_exception",
        sa.Column("specialist_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["staff.id"], name=op.f("fk_hours_exception_specialist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_exception")),
    )
    op.create_index(
        op.f("ix_hours_exception_specialist_id_day"),
        "hours_exception",
        ["specialist_id", "day"],
        unique=False,
    )
    op.create_table(
        "invitation",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("invited_by", sa.Integer(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", UTC, nullable=False),
        sa.Column("accepted_at", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["invited_by"], ["staff.id"], name=op.f("fk_invitation_invited_by")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_invitation_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_staff_id"), "invitation", ["staff_id"], unique=False)
    op.create_table(
        "staff_role",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_role_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("staff_id", "role", name=op.f("pk_staff_role")),
    )
    op.create_table(
        "staff_session",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("began_at", UTC, nullable=False),
        sa.Column("ends_at", UTC, nullable=False),
        sa.Column("ended_at", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_session_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_session_token_hash")),
    )
    op.create_index(op.f("ix_staff_session_staff_id"), "staff_session", ["staff_id"], unique=False)
    op.create_table(
        "topic_specialist",
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("specialist_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["staff.id"], name=op.f("fk_topic_specialist_specialist_id")
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name=op.f("fk_topic_specialist_topic_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("topic_id", "specialist_id", name=op.f("pk_topic_specialist")),
    )
    op.create_index(
        op.f("ix_topic_specialist_specialist_id"), "topic_specialist", ["specialist_id"], unique=False
    )
    op.create_table(
        "weekly_hours",
        sa.Column("specialist_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends > starts", name=op.f("ck_weekly_hours_order")),
        sa.CheckConstraint("weekday between 0 and 6", name=op.f("ck_weekly_hours_weekday")),
        sa.ForeignKeyConstraint(["specialist_id"], ["staff.id"], name=op.f("fk_weekly_hours_specialist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_hours")),
    )
    op.create_index(op.f("ix_weekly_hours_specialist_id"), "weekly_hours", ["specialist_id"], unique=False)
    op.create_table(
        "consultation",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("help_request_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_at", UTC, nullable=False),
        sa.Column("ends_at", UTC, nullable=False),
        sa.Column("wall_time", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("means_agreed", sa.Text(), nullable=False),
        sa.Column("means_used", sa.Text(), nullable=True),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("calendar_sequence", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", UTC, nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("cancelled_at", UTC, nullable=True),
        sa.Column("cancelled_by_family", sa.Boolean(), nullable=False),
        sa.Column("ended_for_all_at", UTC, nullable=True),
        sa.Column("began_at", UTC, nullable=True),
        sa.Column("finished_at", UTC, nullable=True),
        sa.Column("not_held_reason", sa.Text(), nullable=False),
        sa.Column("journal_topic", sa.Text(), nullable=False),
        sa.Column("recommendation", sa.Text(), nullable=False),
        sa.Column("recommended_at", UTC, nullable=True),
        sa.Column("inner_note", sa.Text(), nullable=False),
        sa.Column("written_up_at", UTC, nullable=True),
        sa.Column("written_up_by", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_consultation_order")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_consultation_centre_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["staff.id"], name=op.f("fk_consultation_confirmed_by")),
        sa.ForeignKeyConstraint(
            ["help_request_id"], ["help_request.id"], name=op.f("fk_consultation_help_request_id")
        ),
        sa.ForeignKeyConstraint(["written_up_by"], ["staff.id"], name=op.f("fk_consultation_written_up_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
        sa.UniqueConstraint("room", name=op.f("uq_consultation_room")),
        sa.UniqueConstraint("uid", name=op.f("uq_consultation_uid")),
    )
    op.create_index(
        op.f("ix_consultation_centre_id_starts_at"), "consultation", ["centre_id", "starts_at"], unique=False
    )
    op.create_index(
        op.f("ix_consultation_help_request_id"), "consultation", ["help_request_id"], unique=False
    )
    op.create_index(
        op.f("ix_consultation_state_starts_at"), "consultation", ["state", "starts_at"], unique=False
    )
    op.create_table(
        "offer",
        sa.Column("help_request_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("means", sa.Text(), nullable=False),
        sa.Column("made_at", UTC, nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("until", UTC, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["help_request_id"], ["help_request.id"], name=op.f("fk_offer_help_request_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_offer_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index(
        op.f("ix_offer_help_request_id_state"), "offer", ["help_request_id", "state"], unique=False
    )
    op.create_index(op.f("ix_offer_state_until"), "offer", ["state", "until"], unique=False)
    op.create_table(
        "personal_link",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("help_request_id", sa.Integer(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", UTC, nullable=True),
        sa.Column("revoked_at", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["help_request_id"], ["help_request.id"], name=op.f("fk_personal_link_help_request_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_personal_link_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_link")),
        sa.UniqueConstraint(
            "purpose", "help_request_id", name=op.f("uq_personal_link_purpose_help_request_id")
        ),
        sa.UniqueConstraint("purpose", "staff_id", name=op.f("uq_personal_link_purpose_staff_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_personal_link_token_hash")),
    )
    op.create_index(
        op.f("ix_personal_link_help_request_id"), "personal_link", ["help_request_id"], unique=False
    )
    op.create_index(op.f("ix_personal_link_staff_id"), "personal_link", ["staff_id"], unique=False)
    op.create_table(
        "wished_time",
        sa.Column("help_request_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("specialist_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", UTC, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["help_request_id"], ["help_request.id"], name=op.f("fk_wished_time_help_request_id")
        ),
        sa.ForeignKeyConstraint(["specialist_id"], ["staff.id"], name=op.f("fk_wished_time_specialist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wished_time")),
        sa.UniqueConstraint(
            "help_request_id", "position", name=op.f("uq_wished_time_help_request_id_position")
        ),
    )
    op.create_table(
        "audit_record",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("help_request_id", sa.Integer(), nullable=True),
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column("details", JSON_OBJECT, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_audit_record_centre_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_audit_record_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["help_request_id"], ["help_request.id"], name=op.f("fk_audit_record_help_request_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_audit_record_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_record")),
    )
    op.create_index(op.f("ix_audit_record_centre_id_at"), "audit_record", ["centre_id", "at"], unique=False)
    op.create_index(
        op.f("ix_audit_record_help_request_id_at"), "audit_record", ["help_request_id", "at"], unique=False
    )
    op.create_table(
        "call_task",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("help_request_id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("facts", JSON_OBJECT, nullable=False),
        sa.Column("because_mail_failed", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("due_at", UTC, nullable=False),
        sa.Column("done_at", UTC, nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("spoke_with", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("moot_at", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_call_task_centre_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_call_task_consultation_id")
        ),
        sa.ForeignKeyConstraint(["done_by"], ["staff.id"], name=op.f("fk_call_task_done_by")),
        sa.ForeignKeyConstraint(
            ["help_request_id"], ["help_request.id"], name=op.f("fk_call_task_help_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_task")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_call_task_dedupe_key")),
    )
    op.create_index(
        op.f("ix_call_task_centre_id_done_at_due_at"),
        "call_task",
        ["centre_id", "done_at", "due_at"],
        unique=False,
    )
    op.create_index(op.f("ix_call_task_help_request_id"), "call_task", ["help_request_id"], unique=False)
    op.create_table(
        "connection_problem",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reported_at", UTC, nullable=False),
        sa.Column("details", JSON_OBJECT, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_connection_problem_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_problem")),
    )
    op.create_index(
        op.f("ix_connection_problem_consultation_id"), "connection_problem", ["consultation_id"], unique=False
    )
    op.create_table(
        "consultation_specialist",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("specialist_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("guest_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_consultation_specialist_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["staff.id"], name=op.f("fk_consultation_specialist_specialist_id")
        ),
        sa.PrimaryKeyConstraint("consultation_id", "specialist_id", name=op.f("pk_consultation_specialist")),
        sa.UniqueConstraint("guest_id", name=op.f("uq_consultation_specialist_guest_id")),
    )
    op.create_index(
        op.f("ix_consultation_specialist_specialist_id"),
        "consultation_specialist",
        ["specialist_id"],
        unique=False,
    )
    op.create_table(
        "engagement",
        sa.Column("specialist_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UTC, nullable=False),
        sa.Column("ends_at", UTC, nullable=False),
        sa.Column("help_request_id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column("offer_id", sa.Integer(), nullable=True),
        sa.Column("hold_until", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(hold_until is null) = (consultation_id is not null)", name=op.f("ck_engagement_held_or_booked")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_engagement_order")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_engagement_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["help_request_id"], ["help_request.id"], name=op.f("fk_engagement_help_request_id")
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_engagement_offer_id")),
        sa.ForeignKeyConstraint(["specialist_id"], ["staff.id"], name=op.f("fk_engagement_specialist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement")),
    )
    op.create_index(op.f("ix_engagement_consultation_id"), "engagement", ["consultation_id"], unique=False)
    op.create_index(op.f("ix_engagement_help_request_id"), "engagement", ["help_request_id"], unique=False)
    op.create_index(op.f("ix_engagement_hold_until"), "engagement", ["hold_until"], unique=False)
    op.create_index(op.f("ix_engagement_offer_id"), "engagement", ["offer_id"], unique=False)
    op.create_index(
        op.f("ix_engagement_specialist_id_ends_at"), "engagement", ["specialist_id", "ends_at"], unique=False
    )
    op.create_table(
        "equipment_check",
        sa.Column("specialist_id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("done_at", UTC, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("measured", JSON_OBJECT, nullable=False),
        sa.Column("verdicts", JSON_OBJECT, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_equipment_check_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["specialist_id"], ["staff.id"], name=op.f("fk_equipment_check_specialist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_check")),
    )
    op.create_index(
        op.f("ix_equipment_check_consultation_id"), "equipment_check", ["consultation_id"], unique=False
    )
    op.create_index(
        op.f("ix_equipment_check_specialist_id_done_at"),
        "equipment_check",
        ["specialist_id", "done_at"],
        unique=False,
    )
    op.create_table(
        "journal_entry",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("began_at", UTC, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("means", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=False),
        sa.Column("child", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("recommendation", sa.Text(), nullable=False),
        sa.Column("next_at", UTC, nullable=True),
        sa.Column("specialists", sa.Text(), nullable=False),
        sa.Column("overrun", sa.Boolean(), nullable=False),
        sa.Column("struck_at", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_journal_entry_centre_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_journal_entry_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint(
            "centre_id", "year", "number", name=op.f("uq_journal_entry_centre_id_year_number")
        ),
        sa.UniqueConstraint("consultation_id", name=op.f("uq_journal_entry_consultation_id")),
    )
    op.create_index(
        op.f("ix_journal_entry_centre_id_began_at"), "journal_entry", ["centre_id", "began_at"], unique=False
    )
    op.create_table(
        "letter",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("recipient_name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("help_request_id", sa.Integer(), nullable=True),
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("facts", JSON_OBJECT, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("due_at", UTC, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", UTC, nullable=True),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("sent_at", UTC, nullable=True),
        sa.Column("server_reply", sa.Text(), nullable=False),
        sa.Column("sent_subject", sa.Text(), nullable=False),
        sa.Column("sent_text", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_letter_centre_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_letter_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["help_request_id"], ["help_request.id"], name=op.f("fk_letter_help_request_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_letter_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_letter_dedupe_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_letter_message_id")),
    )
    op.create_index(op.f("ix_letter_consultation_id"), "letter", ["consultation_id"], unique=False)
    op.create_index(
        op.f("ix_letter_help_request_id_due_at"), "letter", ["help_request_id", "due_at"], unique=False
    )
    op.create_index(op.f("ix_letter_lease"), "letter", ["lease"], unique=False)
    op.create_index("ix_letter_outbox", "letter", ["state", "due_at"], unique=False)
    op.create_table(
        "occupancy",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("room_jid", sa.Text(), nullable=False),
        sa.Column("occupant_jid", sa.Text(), nullable=False),
        sa.Column("guest_id", sa.Text(), nullable=False),
        sa.Column("joined_at", UTC, nullable=False),
        sa.Column("left_at", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_occupancy_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupancy")),
        sa.UniqueConstraint(
            "room_jid", "occupant_jid", "joined_at", name=op.f("uq_occupancy_room_jid_occupant_jid_joined_at")
        ),
    )
    op.create_index(op.f("ix_occupancy_consultation_id"), "occupancy", ["consultation_id"], unique=False)
    op.create_table(
        "offered_time",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UTC, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("specialist_ids", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_offered_time_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offered_time")),
    )
    op.create_index(op.f("ix_offered_time_offer_id"), "offered_time", ["offer_id"], unique=False)
    op.create_table(
        "participation",
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("help_request_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("guest_id", sa.Text(), nullable=False),
        sa.Column("voice_only_at", UTC, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_participation_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["help_request_id"], ["help_request.id"], name=op.f("fk_participation_help_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participation")),
        sa.UniqueConstraint(
            "consultation_id",
            "help_request_id",
            name=op.f("uq_participation_consultation_id_help_request_id"),
        ),
        sa.UniqueConstraint("guest_id", name=op.f("uq_participation_guest_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_participation_uid")),
    )
    op.create_index(
        op.f("ix_participation_help_request_id"), "participation", ["help_request_id"], unique=False
    )
    op.create_table(
        "journal_correction",
        sa.Column("journal_entry_id", sa.Integer(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("before", JSON_OBJECT, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_journal_correction_by")),
        sa.ForeignKeyConstraint(
            ["journal_entry_id"], ["journal_entry.id"], name=op.f("fk_journal_correction_journal_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_correction")),
    )
    op.create_index(
        op.f("ix_journal_correction_journal_entry_id"),
        "journal_correction",
        ["journal_entry_id"],
        unique=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(EXCLUSION)
        for column in ("supervisor_id", "stand_in_id"):
            op.create_foreign_key(op.f(f"fk_centre_{column}"), "centre", "staff", [column], ["id"])
    else:
        for event in ("INSERT", "UPDATE"):
            op.execute(TRIGGER.format(event=event))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for column in ("supervisor_id", "stand_in_id"):
            op.drop_constraint(op.f(f"fk_centre_{column}"), "centre", type_="foreignkey")
    for table in [
        "journal_correction",
        "participation",
        "offered_time",
        "occupancy",
        "letter",
        "journal_entry",
        "equipment_check",
        "engagement",
        "consultation_specialist",
        "connection_problem",
        "call_task",
        "audit_record",
        "wished_time",
        "personal_link",
        "offer",
        "consultation",
        "weekly_hours",
        "topic_specialist",
        "staff_session",
        "staff_role",
        "invitation",
        "hours_exception",
        "help_request",
        "absence",
        "topic",
        "staff",
        "consent_text",
        "calendar_correction",
        "blocked_address",
        "sign_in_attempt",
        "pulse",
        "centre",
    ]:
        op.drop_table(table)
