"""Why a whole file is refused. What is wrong with single lines is told line by line, and the others are kept."""

from __future__ import annotations

from chassis.http.problems import Problem


class UnreadableFile(Problem):
    slug = "unreadable-file"
    status = 422
    title = "The file cannot be read"
    description = (
        "The file as a whole is not what it claims to be, so nothing of it was kept: it is empty, its gzip stream is"
        " damaged or ends early, it is compressed without saying so (Content-Encoding: gzip), it is not in UTF-8, or"
        " its quotes do not match. Lines that are wrong by themselves are no reason to refuse a file."
    )


class WrongHeader(Problem):
    slug = "wrong-header"
    status = 422
    title = "The first line does not name the right columns"
    description = (
        "The first line of a CSV file names its columns, separated by commas: each that is needed once, and none that"
        " is unknown, in any order. Nothing of the file was kept. `missing`, `unknown` and `repeated` list what is"
        " wrong, `columns` what the file may have."
    )


class CompressedTooStrongly(Problem):
    slug = "compressed-too-strongly"
    status = 413
    title = "The file unpacks to far more than was sent"
    description = (
        "A gzip file may unpack to a hundred times its size; no file of records does more. Nothing of it was kept."
    )
