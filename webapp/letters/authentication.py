"""Whether our own mail server vouches for a sender: the field Authentication-Results (RFC 8601).

Anybody may write such a field into a mail. Ours is the topmost that bears our server's name: whatever came
with the mail stands below it, and the server must remove fields from outside that bear its name (section 5).
"""

import re
from collections.abc import Mapping, Sequence

LONGEST = 8_000

_WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s;="\\])+|[;=]', re.DOTALL)
_DOMAIN_OF = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",), "dmarc": ("header.from",)}

Statement = Sequence[str]


class _Unreadable(Exception):
    """The field does not follow the grammar."""


def vouches_for(address: str, fields: Sequence[str], server: str) -> bool:
    """Whether the server named ``server`` says that the mail really comes from the domain of ``address``.

    ``fields``: every Authentication-Results of the mail, from top to bottom. A pass of DKIM, SPF or DMARC
    counts only for the domain of the address, or one above it.
    """
    domain = address.rpartition("@")[2].casefold()
    return any(_passes_for(domain, statement) for statement in _topmost_of(server, fields))


def _topmost_of(server: str, fields: Sequence[str]) -> Sequence[Statement]:
    for field in fields:
        try:
            named, *statements = _statements(field[:LONGEST])
        except _Unreadable:
            if server.casefold() in field.casefold():
                return []  # perhaps ours, broken by what the sender made our server quote
            continue
        if named and _plain(named[0]) == server.casefold():
            return statements
    return []


def _passes_for(domain: str, statement: Statement) -> bool:
    """``dkim=pass header.d=example.org``"""
    if [_plain(word) for word in statement[1:3]] != ["=", "pass"]:
        return False
    method, properties = _plain(statement[0]).partition("/")[0], _properties(statement[3:])
    stated = [properties[name] for name in _DOMAIN_OF.get(method, ()) if name in properties]
    return bool(stated) and _is_at_or_above(stated[0].rpartition("@")[2], domain)


def _is_at_or_above(signer: str, domain: str) -> bool:
    return "." in signer and f".{domain}".endswith(f".{signer}")


def _properties(words: Statement) -> Mapping[str, str]:
    """``{"header.d": "example.org"}``; a property that stands there twice says nothing."""
    named = [
        (_plain(name), _plain(value))
        for name, sign, value in zip(words, words[1:], words[2:], strict=False)
        if sign == "="
    ]
    names = [name for name, _ in named]
    return {name: value for name, value in named if names.count(name) == 1}


def _statements(field: str) -> list[Statement]:
    """The words of each part between semicolons; ``=`` is a word of its own."""
    text = _without_comments(field)
    if _WORD.sub("", text).strip():
        raise _Unreadable
    statements: list[list[str]] = [[]]
    for word in _WORD.findall(text):
        if word == ";":
            statements.append([])
        else:
            statements[-1].append(word)
    return list(statements)


def _plain(word: str) -> str:
    return re.sub(r'["\\]', "", word).casefold()


def _without_comments(text: str) -> str:
    kept, depth, quoted, escaped = [], 0, False, False
    for letter in text:
        if not escaped and letter == '"' and not depth:
            quoted = not quoted
        elif not escaped and letter in "()" and not quoted:
            depth += 1 if letter == "(" else -1
            letter = " "
        if depth < 0:
            raise _Unreadable
        if not depth:
            kept.append(letter)
        escaped = letter == "\\" and not escaped
    if depth or quoted:
        raise _Unreadable
    return "".join(kept)
