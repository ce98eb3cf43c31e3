import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.letters.authentication import vouches_for

FAMILY = "family@home.example"
OURS = "mx.kenes.example"
PASSED = f"{OURS}; dkim=pass header.d=home.example"


def vouched(*fields: str) -> bool:
    return vouches_for(FAMILY, fields, OURS)


@pytest.mark.parametrize(
    "statement",
    [
        "dkim=pass header.d=home.example header.s=s1 header.b=abc",
        "dkim=pass (2048-bit key; unprotected) header.d=home.example",
        "dkim=pass header.i=@home.example header.s=s1",
        "dkim/1 = pass (good (really; dkim=fail)) header.d = HOME.example",
        "spf=pass smtp.mailfrom=family@home.example",
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=home.example",
        'spf=pass smtp.mailfrom="a;b c"@home.example',
        "dmarc=pass (p=none dis=none) header.from=home.example",
        'dkim=pass reason="good; signature" header.d=home.example',
        "dkim=fail header.d=other.example; dkim=pass header.d=home.example",
    ],
)
def test_a_pass_for_the_domain_of_the_sender_counts(statement: str) -> None:
    assert vouched(f"{OURS}; {statement}")
    assert vouched(f"{OURS} 1;\r\n\t{statement}")
    assert vouched(f'"{OURS.upper()}"; {statement}')


@pytest.mark.parametrize(
    "statement",
    [
        "none",
        "",
        "dkim=fail header.d=home.example",
        "dkim=none header.d=home.example",
        "dkim=pass",
        "dkim=pass header.d=other.example",
        "dkim=pass header.d=nothome.example",
        "dkim=pass header.d=sub.home.example",
        "dkim=pass header.d=example",
        "dkim=pass header.d=other.example header.i=@home.example",
        "dkim=pass header.d=home.example header.d=other.example",
        "dkim=pass (header.d=home.example)",
        'dkim=fail reason="; dkim=pass header.d=home.example"',
        'dkim=fail reason="\\"; dkim=pass header.d=home.example"',
        "spf=pass smtp.helo=home.example",
        'spf=pass smtp.mailfrom="family@home.example"@other.example',
        "spf=softfail smtp.mailfrom=family@home.example",
        "dmarc=fail header.from=home.example",
        "iprev=pass policy.iprev=192.0.2.1 header.d=home.example",
        "dkim=pass header.d=home.example (open",
        'dkim=pass header.d=home.example "open',
        "dkim=pass) header.d=home.example",
    ],
)
def test_everything_else_does_not(statement: str) -> None:
    assert not vouched(f"{OURS}; {statement}")


def test_a_domain_above_that_of_the_sender_may_have_signed() -> None:
    assert vouches_for("a@mail.home.example", [PASSED], OURS)


def test_what_another_server_says_is_worth_nothing() -> None:
    assert not vouched("mx.evil.example; dkim=pass header.d=home.example")
    assert not vouched(f"{OURS}.evil.example; dkim=pass header.d=home.example")


def test_a_field_that_came_with_the_mail_stands_below_ours() -> None:
    ours = f"{OURS}; dkim=none; spf=fail smtp.mailfrom=x@evil.example"
    assert not vouched(ours, PASSED)
    assert not vouched("mx.other.example; none", ours, PASSED)


def test_fields_of_others_above_ours_are_passed_over() -> None:
    assert vouched("relay.kenes.example; none", "(unreadable", PASSED)


def test_nothing_below_a_broken_field_of_ours_counts() -> None:
    assert not vouched(f"{OURS}; spf=fail (helo=:-( ) smtp.helo=evil", PASSED)


def test_without_a_field_nobody_is_vouched_for() -> None:
    assert not vouched()


def test_an_address_without_domain_is_nobodys() -> None:
    assert not vouches_for("family", [f"{OURS}; dkim=pass header.d="], OURS)


@given(st.text(alphabet='dkim=pas;(")\\ heaxr.@o', max_size=80))
def test_no_field_breaks_the_reader(text: str) -> None:
    vouched(f"{OURS}; {text}")
