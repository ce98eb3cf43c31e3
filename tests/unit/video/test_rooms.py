"""Room names: unguessable, plain, and compared as Jitsi writes them."""

import json
import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video.rooms import ROOM_NAME_BYTES, link, new_name, normalised, same_room, with_settings


def test_a_room_name_holds_at_least_128_random_bits() -> None:
    assert ROOM_NAME_BYTES * 8 >= 128
    assert len(new_name().replace("-", "")) * 5 >= ROOM_NAME_BYTES * 8


def test_a_room_name_is_ascii_lower_case_letters_digits_and_hyphens() -> None:
    assert re.fullmatch(r"[a-z0-9-]+", new_name())


def test_a_thousand_room_names_are_all_different() -> None:
    assert len({new_name() for _ in range(1000)}) == 1000


def test_a_room_name_is_already_in_the_form_jitsi_gives_it() -> None:
    name = new_name()
    assert normalised(name) == name


def test_a_link_is_the_address_of_the_server_and_the_room() -> None:
    assert link("https://meet.example.org/", "abc-1") == "https://meet.example.org/abc-1"


def test_a_link_on_a_shared_server_names_the_tenant_before_the_room() -> None:
    assert link("https://8x8.vc", "abc-1", tenant="vpaas-1") == "https://8x8.vc/vpaas-1/abc-1"


def test_a_link_keeps_a_strange_room_name_inside_the_path() -> None:
    assert link("https://meet.example.org", "a/b?c#d") == "https://meet.example.org/a%2Fb%3Fc%23d"


@pytest.mark.parametrize("spelling", ["K3V7-q2ab", "k3v7%2Dq2ab", "K3V7%2dQ2AB"])
def test_upper_case_and_percent_signs_do_not_make_another_room(spelling: str) -> None:
    assert same_room(spelling, "k3v7-q2ab")


def test_cyrillic_names_are_compared_in_the_encoded_form_of_the_server() -> None:
    assert same_room("Комната", "%d0%ba%d0%be%d0%bc%d0%bd%d0%b0%d1%82%d0%b0")


def test_one_letter_makes_another_room() -> None:
    assert not same_room("k3v7-q2ab", "k3v7-q2ac")


@given(st.text())
def test_any_text_has_a_plain_ascii_form(name: str) -> None:
    assert normalised(name).isascii()


def test_settings_stand_behind_the_address_as_json() -> None:
    address = with_settings(
        "https://meet.example/a?jwt=x",
        {"config.startWithAudioMuted": True, "userInfo.displayName": 'Мария & "Ко"'},
    )
    before, _hash, after = address.partition("#")
    assert before == "https://meet.example/a?jwt=x"
    values = {
        name: json.loads(unquote(value)) for name, value in (part.split("=") for part in after.split("&"))
    }
    assert values == {"config.startWithAudioMuted": True, "userInfo.displayName": 'Мария & "Ко"'}
