"""An announcement as a host types it."""

import pytest

from webapp.announcements import LONGEST_LEAD, Block, blocks, with_lead


def test_lines_with_a_dash_are_one_list() -> None:
    assert blocks("О чём\n- слова\n– игры\n\n* книги\nВопросы") == [
        Block(False, ["О чём"]),
        Block(True, ["слова", "игры", "книги"]),
        Block(False, ["Вопросы"]),
    ]


def test_nothing_is_nothing() -> None:
    assert blocks(" \n\n") == []
    assert with_lead("").lead == ""


def test_the_first_paragraph_leads() -> None:
    about = with_lead("Игры, которые приносят слова.\nДля всех.\n- Пять игр")
    assert about.lead == "Игры, которые приносят слова."
    assert about.blocks == [Block(False, ["Для всех."]), Block(True, ["Пять игр"])]


@pytest.mark.parametrize("text", ["- сразу список\nпотом слова", "а" * (LONGEST_LEAD + 1)])
def test_a_list_or_a_long_paragraph_does_not_lead(text: str) -> None:
    assert with_lead(text).lead == ""
    assert with_lead(text).blocks == blocks(text)
