"""On which sites the list of events may stand."""

import pytest

from webapp.rules.embedding import read_origins, readable
from webapp.rules.errors import Unreadable


def test_of_the_address_of_a_page_its_site_counts() -> None:
    assert read_origins([" https://School.kz/parents?x=1 ", ""]) == ["https://school.kz"]


def test_the_usual_port_is_left_out_and_another_kept() -> None:
    assert read_origins(["https://a.kz:443", "https://a.kz:8443"]) == ["https://a.kz", "https://a.kz:8443"]


def test_a_site_named_twice_stands_once() -> None:
    assert read_origins(["https://a.kz", "https://a.kz/news"]) == ["https://a.kz"]


def test_a_name_in_cyrillic_is_kept_as_browsers_compare_it_and_shown_as_people_know_it() -> None:
    (origin,) = read_origins(["https://школа.рф/"])
    assert origin.isascii()
    assert readable(origin) == "https://школа.рф"


@pytest.mark.parametrize(
    "address",
    [
        "school.kz",
        "http://school.kz",
        "javascript:alert(1)",
        "https://",
        "https://school",
        "https://*.school.kz",
        "https://school.kz; script-src *",
        "https://school.kz 'unsafe-inline'",
        "https://user@school.kz",
        "https://school..kz",
        "https://school.kz:99999",
        "https://[::1]",
    ],
)
def test_anything_else_is_refused(address: str) -> None:
    with pytest.raises(Unreadable):
        read_origins([address])
