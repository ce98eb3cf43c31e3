"""How often a page asks the database; ``bench`` counts the same with many rows."""

from contextvars import Context

from flask import Flask

from bench import queries

ROWS_OF_EVERYTHING = 4
LEAD_ELSEWHERE = {"/", "/staff/", "/staff/sign-in"}  # whoever is signed in, or while there is one centre


def test_no_page_asks_the_database_more_than_twelve_times(app: Flask) -> None:
    # Outside the test's application context: each page must begin with a session of its own.
    counted = Context().run(queries.count, app, ROWS_OF_EVERYTHING)
    assert {page: asked for page, (asked, _) in counted.items() if asked > queries.MOST_QUERIES} == {}
    pages = {page.split(" ")[0] for page in counted}
    shown = {page.split(" ")[0] for page, (_, status) in counted.items() if status == 200}
    assert pages - shown == LEAD_ELSEWHERE
