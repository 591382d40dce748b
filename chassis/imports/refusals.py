"""Why a whole file is refused. Errors in single lines are reported by line, and the other lines are kept."""

from __future__ import annotations

from chassis.http.problems import Problem


class UnreadableFile(Problem):
    slug = "unreadable-file"
    status = 422
    title = "The file cannot be read"
    description = (
        "The whole file is refused and nothing of it is stored: it is empty, its gzip stream is damaged or truncated,"
        " it is compressed without Content-Encoding: gzip, its header cannot be read, or its bytes are not in the"
        " encoding that its Content-Type or its byte order mark declares (UTF-8 without either). For an encoding"
        " `likely` names the charset that the bytes resemble, and `line` the first line that does not match. Errors in"
        " single lines do not refuse a file."
    )


class WrongHeader(Problem):
    slug = "wrong-header"
    status = 422
    title = "The header does not name the right columns"
    description = (
        "The first line of a CSV file names its columns, separated by commas, in any order: every required column once,"
        " and no unknown column. Nothing of the file is stored. `missing`, `unknown` and `repeated` list the errors,"
        " `columns` the possible columns."
    )


class CompressedTooStrongly(Problem):
    slug = "compressed-too-strongly"
    status = 413
    title = "The compression ratio is too high"
    description = "A gzip file may decompress to at most a hundred times its size. Nothing of the file is stored."


class NoRoomForFile(Problem):
    slug = "no-room-for-file"
    status = 503
    title = "There is no room for the file at the moment"
    description = (
        "The disk on which uploads wait until they are complete is full. Nothing of the file is stored: send it again"
        " later, or in smaller parts."
    )
    retry_after = 60
