"""The prose of the repository is plain technical English: these words and phrases are not in it.

`docs/glossary.md` has the terms that are used instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture import sources

BANNED = {
    "anew": "again",
    "whoever, whom, whomever": "the noun: the caller, the carrier, staff",
    "nobody, somebody": "the noun: no carrier, another person, another transaction",
    "tells, told": "report, return, state, show",
    "hear, hears, heard": "consume, receive",
    "says": "states; a machine writes, returns or names",
    "upon": "on",
    "mend, mends, mended, mending": "fix, repair, correct",
    "of before": "earlier, previous",
    "by and by": "in batches, later",
    "(?-i:is none), (?-i:are none)": "does not exist, is not one",
    "there is no such": "not found, unknown",
    "lest": "so that … not",
    "of its own accord": "by itself",
}
"""Words and phrases, comma-separated, and what stands instead."""

PROSE = {".py", ".md", ".yaml", ".yml", ".toml", ".mako", ".sql", ""}
"""The endings of files with prose; generated and locked files have others or are left out below."""

LEFT_OUT = re.compile(
    r"^(LICENSE|requirements/|contracts/examples/|contracts/schemas/|docs/openapi/|tests/upgrade/\d"
    r"|services/[a-z]+/migrations/versions/|chassis/migrations/mechanism_)"
)
"""Generated files, and migrations that have run: history does not change."""

ALLOWED = re.compile(r"\bheard_at\b|getpwnam\(\"nobody\"\)")
"""A column, whose renaming would take a phased migration, and a user of the operating system."""

_banned = re.compile(
    r"(?<![A-Za-z])(" + "|".join(phrase for phrases in BANNED for phrase in phrases.split(", ")) + r")(?![A-Za-z])",
    re.IGNORECASE,
)


def found() -> Iterator[str]:
    """Every banned word, with its place."""
    for source in sources.texts():
        path = source.path.as_posix()
        if source.path.suffix not in PROSE or LEFT_OUT.match(path) or source.path.name == Path(__file__).name:
            continue
        for number, line in enumerate(source.text.splitlines(), 1):
            for match in _banned.finditer(ALLOWED.sub("", line)):
                yield f"{path}:{number}: {match[1]}"


def test_no_banned_word_is_in_the_repository() -> None:
    words = list(found())
    assert not words, f"{len(words)} banned words\n" + "\n".join(words[:200])


def test_the_list_finds_words_within_names_and_sentences() -> None:
    sentence = "def test_nobody_listens(): whoever hears it is told"
    assert _banned.findall(sentence) == ["nobody", "whoever", "hears", "told"]
    assert not _banned.findall("shear, foretold, someone, intended, essays, key is None")
