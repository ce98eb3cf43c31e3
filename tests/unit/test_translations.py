"""Russian and Kazakh are complete: nothing missing, nothing fuzzy, nothing stale."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "webapp" / "translations"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
LANGUAGES = ("ru", "kk")


def catalog(language: str) -> Catalog:
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.fixture(scope="module")
def sources() -> set[str]:
    """Every string that the code and the templates say."""
    methods = [("webapp/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
    found: set[str] = set()
    for folder in ("webapp", "templates"):
        own = [
            (pattern.removeprefix(f"{folder}/"), method)
            for pattern, method in methods
            if pattern.startswith(folder)
        ]
        for _file, _line, message, _comments, _context in extract_from_dir(
            ROOT / folder, method_map=own, keywords=KEYWORDS
        ):
            assert isinstance(message, str), f"{message}: counts are written without plural forms"
            found.add(message)
    return found


def test_the_sources_are_found(sources: set[str]) -> None:
    assert "Ask for help" in sources
    assert len(sources) > 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(language: str, sources: set[str]) -> None:
    known = catalog(language)
    missing = sorted(source for source in sources if not (known.get(source) and known.get(source).string))
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fuzzy(language: str) -> None:
    assert [message.id for message in catalog(language) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_outlives_its_source(language: str, sources: set[str]) -> None:
    assert [message.id for message in catalog(language) if message.id and message.id not in sources] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_those_of_the_source(language: str) -> None:
    wrong = [
        message.id
        for message in catalog(language)
        if message.id
        and set(PLACEHOLDER.findall(str(message.id))) != set(PLACEHOLDER.findall(str(message.string)))
    ]
    assert wrong == []


def test_no_kazakh_suffix_hangs_on_a_placeholder() -> None:
    suffixed = [m.id for m in catalog("kk") if m.id and re.search(r"%\(\w+\)s[а-яәғқңөұүһі]", str(m.string))]
    assert suffixed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    compiled = TRANSLATIONS / language / "LC_MESSAGES" / "messages.mo"
    fresh = io.BytesIO()
    write_mo(fresh, catalog(language))
    fresh.seek(0)
    with compiled.open("rb") as file:
        kept = {message.id: message.string for message in read_mo(file)}
    assert kept == {message.id: message.string for message in read_mo(fresh)}
