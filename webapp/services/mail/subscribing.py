"""Who hears of new meetings: asked for by anybody, begun and ended by the owner of the address alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from webapp import links
from webapp.models import (
    BlockedAddress,
    Centre,
    HelpRequest,
    Letter,
    Registration,
    Subscriber,
    SubscriberTopic,
    Topic,
    db,
)
from webapp.models.base import table_of
from webapp.rules import mailings
from webapp.rules.errors import ConsentMissing
from webapp.rules.letters import LetterKind, LetterState
from webapp.rules.mailings import SubscriberAction, SubscriberState
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.correspondence import post

PERSON = table_of(Subscriber)
INSERT_INTO: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@dataclass(frozen=True)
class Wished:
    """What somebody typed to subscribe; without topics, everything."""

    email: str
    language: str
    consent: bool
    topic_ids: Sequence[int] = ()


def ask(centre: Centre, wished: Wished, now: datetime) -> None:
    """Write once to the address and ask its owner. Nothing changes for one that is known or blocked.

    Nobody can see the difference: the answer is the letter. Raises :class:`ConsentMissing`.
    """
    if not wished.consent:
        raise ConsentMissing("consent", reason="mailing")
    if BlockedAddress.is_known(centre.id, wished.email):
        return
    subscriber_id = _asked(centre, wished.email, wished.language, now)
    if subscriber_id is None:
        return
    _keep_topics(centre.id, subscriber_id, wished.topic_ids)
    until = (now + mailings.CONFIRM_WITHIN).astimezone(centre.zone_info).date()
    letter = {
        "centre_id": centre.id,
        "kind": LetterKind.MAILING_CONFIRM,
        "dedupe_key": f"{LetterKind.MAILING_CONFIRM}:subscriber:{subscriber_id}:{now.isoformat()}",
        "recipient": wished.email,
        "language": wished.language,
        "subscriber_id": subscriber_id,
        "facts": {"until": until.isoformat()},
        "created_at": now,
        "due_at": now,
    }
    post([letter])
    _record(centre.id, subscriber_id, SubscriberAction.ASK, now)


def find(token: str) -> Subscriber | None:
    """The subscription behind a link of our letters."""
    return db.session.scalar(sa.select(Subscriber).where(Subscriber.token_hash == links.fingerprint(token)))


def find_by_address(centre_id: int, email: str) -> Subscriber:
    """Raises ``NoResultFound``."""
    return db.session.execute(
        sa.select(Subscriber).where(Subscriber.centre_id == centre_id, Subscriber.email == email)
    ).scalar_one()


def topics_of(subscriber: Subscriber) -> list[int]:
    """Ids of the chosen topics; none stands for everything."""
    return list(
        db.session.scalars(
            sa.select(SubscriberTopic.topic_id).where(SubscriberTopic.subscriber_id == subscriber.id)
        )
    )


def confirm(subscriber: Subscriber, topic_ids: Sequence[int], now: datetime) -> None:
    """The owner of the address says yes, by the link of a letter; twice changes nothing but the topics."""
    if subscriber.state != SubscriberState.ACTIVE:
        subscriber.state = mailings.next_subscriber_state(subscriber.state, SubscriberAction.CONFIRM)
        subscriber.confirmed_at, subscriber.left_at = now, None
        _record(subscriber.centre_id, subscriber.id, SubscriberAction.CONFIRM, now)
    _keep_topics(subscriber.centre_id, subscriber.id, topic_ids)


def leave(subscriber: Subscriber, now: datetime) -> None:
    """No more letters from now on, those already written included; registrations stay as they are."""
    _end(subscriber, SubscriberAction.LEAVE, now)


def end_unreachable(subscriber_id: int, now: datetime) -> None:
    """A letter came back for good: nobody reads the address. Who does may ask anew after a day."""
    subscriber = db.session.get(Subscriber, subscriber_id)
    if subscriber is not None:
        _end(subscriber, SubscriberAction.BOUNCE, now)


def grant(wisher: HelpRequest | Registration, now: datetime) -> None:
    """The box was ticked in a form, and now the owner of the address says yes from a letter."""
    wisher.mailing_wished = False
    if not wisher.email or BlockedAddress.is_known(wisher.centre_id, wisher.email):
        return
    centre = db.session.get_one(Centre, wisher.centre_id)
    _asked(centre, wisher.email, wisher.language, now)
    subscriber = find_by_address(centre.id, wisher.email)
    if subscriber.state != SubscriberState.ACTIVE:
        confirm(subscriber, (), now)


def decline(wisher: HelpRequest | Registration) -> None:
    """The box was ticked in a form, and now the answer to the question is no."""
    wisher.mailing_wished = False


def remove(centre_id: int, email: str, now: datetime) -> None:
    """The address is blocked, or its owner withdrew the consent: the subscription goes at once."""
    subscriber_id = db.session.scalar(
        sa.select(Subscriber.id).where(Subscriber.centre_id == centre_id, Subscriber.email == email)
    )
    if subscriber_id is not None:
        _delete([(subscriber_id, centre_id)], now)


def delete_due(now: datetime) -> int:
    """Addresses whose owner never said yes, and those that left long enough ago. Returns how many."""
    due = db.session.execute(
        sa.select(Subscriber.id, Subscriber.centre_id).where(
            sa.or_(
                sa.and_(
                    Subscriber.state == SubscriberState.PENDING,
                    Subscriber.asked_at <= now - mailings.CONFIRM_WITHIN,
                ),
                sa.and_(
                    Subscriber.state == SubscriberState.LEFT,
                    Subscriber.left_at <= now - mailings.DELETED_AFTER,
                ),
            )
        )
    ).all()
    _delete([(row.id, row.centre_id) for row in due], now)
    return len(due)


def _end(subscriber: Subscriber, action: SubscriberAction, now: datetime) -> None:
    if subscriber.state == SubscriberState.LEFT:
        return
    subscriber.state = mailings.next_subscriber_state(subscriber.state, action)
    subscriber.left_at = now
    _drop_letters(subscriber.id)
    _record(subscriber.centre_id, subscriber.id, action, now)


def _asked(centre: Centre, email: str, language: str, now: datetime) -> int | None:
    """The id of a subscription that waits for its owner's yes from now on; None where nothing changes."""
    salt = links.new_salt()
    statement = INSERT_INTO[db.engine.dialect.name](PERSON).values(
        centre_id=centre.id,
        email=email,
        state=SubscriberState.PENDING,
        language=language,
        salt=salt,
        token_hash=links.fingerprint(links.token(links.SUBSCRIBER, salt)),
        asked_at=now,
    )
    came_back = statement.on_conflict_do_update(
        index_elements=["centre_id", "email"],
        # The link stays: that of an old letter must still lead out of the mailing.
        set_={
            "state": mailings.next_subscriber_state(SubscriberState.LEFT, SubscriberAction.ASK),
            "language": language,
            "asked_at": now,
            "left_at": None,
        },
        where=sa.and_(
            PERSON.c.state == SubscriberState.LEFT, PERSON.c.asked_at <= now - mailings.ASK_AGAIN_AFTER
        ),
    ).returning(PERSON.c.id)
    asked: int | None = db.session.scalar(came_back)
    return asked


def _keep_topics(centre_id: int, subscriber_id: int, topic_ids: Sequence[int]) -> None:
    """Instead of what was chosen before; ids from a form may name anything."""
    db.session.execute(sa.delete(SubscriberTopic).where(SubscriberTopic.subscriber_id == subscriber_id))
    if topic_ids:
        db.session.execute(
            sa.insert(table_of(SubscriberTopic)).from_select(
                ["subscriber_id", "topic_id"],
                sa.select(sa.literal(subscriber_id), Topic.id).where(
                    Topic.centre_id == centre_id, Topic.active.is_(True), Topic.id.in_(topic_ids)
                ),
            )
        )


def _drop_letters(subscriber_id: int) -> None:
    db.session.execute(
        sa.update(Letter)
        .where(Letter.subscriber_id == subscriber_id, Letter.state == LetterState.PENDING)
        .values(state=LetterState.DROPPED)
        .execution_options(synchronize_session=False)
    )


def _delete(people: Sequence[tuple[int, int]], now: datetime) -> None:
    """Rows of (subscriber, centre) go, and the address in the letters that were written to them."""
    for subscriber_id, centre_id in people:
        _drop_letters(subscriber_id)
        db.session.execute(
            sa.update(Letter)
            .where(Letter.subscriber_id == subscriber_id)
            .values(subscriber_id=None, recipient="", sent_subject="", sent_text="")
            .execution_options(synchronize_session=False)
        )
        db.session.execute(sa.delete(Subscriber).where(Subscriber.id == subscriber_id))
        record(centre_id, "subscriber.delete", now, subscriber_id=subscriber_id)


def _record(centre_id: int, subscriber_id: int, action: SubscriberAction, now: datetime) -> None:
    """The proof of consent: when, and to which version of its words. It names no address."""
    record(
        centre_id,
        f"subscriber.{action}",
        now,
        subscriber_id=subscriber_id,
        consent_version=mailings.CONSENT_VERSION,
    )
