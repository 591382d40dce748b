"""Imports: send a file, and read its progress and the errors of its lines."""

# No `from __future__ import annotations`: FastAPI cannot resolve the annotations of nested functions as strings.

import hashlib
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from fastapi import Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from chassis import audit, clock
from chassis.database import Database, Read, Tx
from chassis.http import problems
from chassis.http.auth import Caller, requires
from chassis.http.idempotency import KEY_PATTERN, IdempotencyKey, KeyUse, key_use
from chassis.http.limits import limited
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import (
    Conflict,
    Forbidden,
    IdempotencyKeyReused,
    Malformed,
    NotFound,
    PayloadTooLarge,
    UnsupportedMediaType,
)
from chassis.http.queries import one_row, page_rows
from chassis.http.responses import json_response
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx, cause_of
from chassis.http.validation import OCTET_STREAM, UTF_8, consumes, content_type, route_of
from chassis.http.words import Words
from chassis.ids import new_id, reference
from chassis.imports.digests import digest_in, seal_digest
from chassis.imports.encodings import CHARSETS
from chassis.imports.importer import Importer
from chassis.imports.refusals import CompressedTooStrongly, NoRoomForFile, UnreadableFile, WrongHeader
from chassis.imports.resource import CHUNKS, FAILED, IMPORTS, RECEIVED, errors_of, select_imports
from chassis.imports.upload import PIECE_BYTES, Limits, Reception
from chassis.rates import ImportRate
from chassis.rules import Rulebook

GZIP_TYPES = ("application/gzip", "application/x-gzip")

_CONTENT_ENCODING = {
    "name": "Content-Encoding",
    "in": "header",
    "description": "gzip where the file is compressed",
    "schema": {"type": "string", "enum": ["gzip"]},
}


class _ImportedFile(BaseModel):
    id: UUID
    kind: str
    state: Literal["received", "running", "finished", "failed"]
    submitted_by: str = Field(description="who sent it")
    org: str = Field(description="for which organisation")
    media_type: str
    bytes: int = Field(description="size of the uncompressed file")
    lines: int = Field(
        description="count of lines, without blank ones and the header of a CSV file. Each line is one record: where a"
        " quote makes a record span several lines, each of them is counted and has its own outcome"
    )
    lines_read: int = Field(description="count of lines processed so far: accepted, duplicates and rejected together")
    created_at: datetime
    finished_at: datetime | None
    failure: str | None = Field(description="why a failed import stopped")


_DIGEST = "SHA-256 of the uncompressed file, in hexadecimal"
_ACCEPTED = "count of lines that changed something"
_DUPLICATES = "count of known lines, which change nothing"
_REJECTED = "count of rejected lines; /errors lists them with their reasons"
_OWN = "; null for the file of another organisation or person"


class ImportView(_ImportedFile):
    """A file that was sent, with the outcome of its lines so far."""

    digest: str = Field(description=_DIGEST)
    accepted: int = Field(description=_ACCEPTED)
    duplicates: int = Field(description=_DUPLICATES)
    rejected: int = Field(description=_REJECTED)


class PersonalImportView(_ImportedFile):
    """A file of personal data that was sent. What became of its lines is shown to the organisation that sent it, or to
    the person of the staff who did: it shows whether a number has complained before."""

    digest: str | None = Field(description=_DIGEST + _OWN)
    accepted: int | None = Field(description=_ACCEPTED + _OWN)
    duplicates: int | None = Field(description=_DUPLICATES + _OWN)
    rejected: int | None = Field(description=_REJECTED + _OWN)


class LineErrorView(BaseModel):
    """Why a line was rejected."""

    model_config = ConfigDict(from_attributes=True)

    line: int = Field(description="its number in the file; the first line is 1")
    last_line: int | None = Field(
        description="the line in which a quote closes that opens in this one; the lines between are read on their own"
    )
    code: str
    column: str | None = Field(description="the wrong column of CSV or field of JSON; of several, the first")
    value: str | None = Field(description="its value, shortened, and redacted where it may be a person's number")
    detail: str = Field(description="what is wrong, what is expected, and the likely cause; of all columns")


class Resumption(BaseModel):
    """Why a failed import is resumed."""

    reason: Words = Field(min_length=1, max_length=500)


UploadKey = Annotated[
    str | None,
    Header(
        pattern=KEY_PATTERN,
        description="a random key for this upload; the same key gets the same response for seven days",
    ),
]


def import_router(importer: Importer[Any], path: str, scope: str, rules: Rulebook) -> Router:
    """The routes below `path`: send a file, list imports, read one and the errors of its lines, resume one that failed.

    All require `scope`. How many files a client may send is the ImportRate of `rules`.
    """
    made = Router(tags=[f"{importer.noun}s"])
    slug = importer.noun.replace(" ", "_")
    view = PersonalImportView if importer.personal else ImportView
    refusals = problems.responses(
        UnreadableFile, WrongHeader, CompressedTooStrongly, NoRoomForFile, IdempotencyKeyReused
    )
    Submitter = Annotated[Caller, requires(scope)]  # noqa: N806 - a type

    description = (
        f"Send a file as the body, in {importer.format.media_types[0]}, plain or gzipped. The response is"
        " sent when it is stored; its lines are applied after. Content-Type may also name the format"
        f" ({', '.join((*importer.format.media_types, *GZIP_TYPES))}) and the charset ({', '.join(CHARSETS)})."
        " Without a charset a byte order mark decides; without either the file is in UTF-8. A file whose bytes do not"
        " match is refused as a whole. Every line is one record and has its own outcome: accepted, duplicate or"
        " rejected."
    )
    if importer.unique is not None:
        description += f" A second line with the `{importer.unique.column}` of an earlier one is rejected."

    # The only async endpoint: it reads the file as a stream, and blocking work runs in a thread.
    @made.post(
        path,
        name=f"create_{slug}",
        status_code=202,
        response_model=view,
        responses=refusals,
        description=description,
        openapi_extra={"parameters": [_CONTENT_ENCODING]},
    )
    @limited(rules, ImportRate)
    @consumes(OCTET_STREAM, *importer.format.media_types, *GZIP_TYPES, limit=None, charsets=CHARSETS)
    async def create(request: Request, caller: Submitter, idempotency_key: UploadKey = None) -> Response:
        form = _form(request, importer)
        limit = Limits().max_bytes
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            raise PayloadTooLarge(f"A file may have at most {limit} bytes, uncompressed.")
        reception = Reception(
            new_id(),
            importer.format,
            gzipped=form.gzipped,
            charset=form.charset,
            sealed=importer.personal,
            max_bytes=limit,
            unique=importer.unique,
        )
        with reception:
            await _receive(request, reception)
            media_type = form.media_type
            return await run_in_threadpool(_keep, request, reception, importer, caller, media_type, idempotency_key)

    @made.get(path, name=f"list_{slug}s", response_model=Page[view])  # type: ignore[valid-type]
    def list_imports(page: PageQuery, caller: Submitter, read: ReadTx) -> Page[Any]:
        """Files that were sent, newest first."""
        statement = (
            select_imports(importer.kind, _visible_to(importer, caller)).order_by(IMPORTS.c.id.desc()).limit(page.limit)
        )
        after = page.after(UUID)
        if after is not None:
            statement = statement.where(IMPORTS.c.id < after[0])
        return page.of(page_rows(read.execute(statement), partial(_view, importer, caller)))

    @made.get(f"{path}/{{id}}", name=f"get_{slug}", response_model=view)
    def get_import(id: UUID, caller: Submitter, read: ReadTx) -> BaseModel:
        """A file that was sent: its progress and the outcome of its lines."""
        return _read(read, importer, caller, id)

    @made.get(f"{path}/{{id}}/errors", name=f"list_{slug}_errors")
    def list_errors(id: UUID, page: PageQuery, caller: Submitter, read: ReadTx) -> Page[LineErrorView]:
        """The rejected lines, in their order in the file, with the reasons. Of a file of personal data they are shown
        only to the organisation that sent it, or to the person of the staff who did."""
        if _is_hidden(_find(read, importer, caller, id), importer, caller):
            raise Forbidden("Only who sent this file reads the errors of its lines.")
        (after,) = page.after(int) or (0,)
        rows = errors_of(read, id, after, page.limit)
        return page.of(page_rows(rows, LineErrorView.model_validate, key=lambda row: (row.line,)))

    @made.post(f"{path}/{{id}}/resumption", name=f"resume_{slug}", response_model=view)
    @key_use(KeyUse.NONE)
    def resume(id: UUID, resumption: Resumption, caller: Submitter, tx: WriteTx) -> BaseModel:
        """Resume a failed import after the cause is fixed. National staff only."""
        _read(tx, importer, caller, id)
        if not importer.sees_all(caller):
            raise Forbidden("Only staff who see all imports may resume one.")
        _resume(tx, id)
        audit.record(tx, caller, "import-resumed", reference("import", id), resumption.reason)
        tx.announce()
        return _read(tx, importer, caller, id)

    return made


class _Form(NamedTuple):
    """The form of a file: the media type of its text with a charset other than UTF-8, whether it is compressed with
    gzip, and the charset that is declared."""

    media_type: str
    gzipped: bool
    charset: str | None


def _form(request: Request, importer: Importer[Any]) -> _Form:
    media_type, charset = content_type(request)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise UnsupportedMediaType("Content-Encoding must be gzip or absent.")
    if media_type in GZIP_TYPES and encoding != "identity":
        raise UnsupportedMediaType("Declare gzip once: in Content-Type or in Content-Encoding.")
    gzipped = media_type in GZIP_TYPES or encoding != "identity"
    text = media_type if media_type in importer.format.media_types else importer.format.media_types[0]
    return _Form(text if charset in (None, *UTF_8) else f"{text}; charset={charset}", gzipped, charset)


async def _receive(request: Request, reception: Reception[Any]) -> None:
    parts: list[bytes] = []
    size = 0
    try:
        async for data in request.stream():
            parts.append(data)
            size += len(data)
            # A change of threads for every packet would take longer than the work.
            if size >= PIECE_BYTES:
                await run_in_threadpool(reception.feed, b"".join(parts))
                parts, size = [], 0
    except ClientDisconnect as error:
        raise Malformed("The upload ended before the file did.") from error
    await run_in_threadpool(reception.end, b"".join(parts))


def _keep(
    request: Request,
    reception: Reception[Any],
    importer: Importer[Any],
    caller: Caller,
    media_type: str,
    key: str | None,
) -> Response:
    """Store the file in one transaction, committed before the response is sent."""
    database: Database = request.app.state.database
    fingerprint = hashlib.sha256(f"{request.url.path}\n{media_type}\n".encode() + reception.digest()).digest()
    digest = seal_digest(reception.import_id, reception.digest()) if importer.personal else reception.digest()
    cause = cause_of(request)
    with database.begin(cause) as tx:

        def act() -> Response:
            now = clock.now()
            tx.execute(
                IMPORTS.insert().values(
                    id=reception.import_id,
                    kind=importer.kind,
                    submitted_by=caller.subject,
                    org=caller.organisation,
                    actors=list(cause.actors),
                    media_type=media_type,
                    columns=list(reception.columns or ()),
                    digest=digest,
                    bytes=reception.bytes,
                    lines=reception.lines,
                    state=RECEIVED,
                    created_at=now,
                )
            )
            reception.store(tx, now)
            tx.announce()
            view = _read(tx, importer, caller, reception.import_id)
            return json_response(view, status=202, location=f"{request.url.path}/{{id}}")

        return IdempotencyKey(key, f"POST {route_of(request)}", fingerprint).once(tx, caller, act)


def _visible_to(importer: Importer[Any], caller: Caller) -> str | None:
    """The organisation whose imports a caller may see; None for all."""
    return None if importer.sees_all(caller) else caller.organisation


def _find(read: Read, importer: Importer[Any], caller: Caller, import_id: UUID) -> sa.Row[Any]:
    row = read.execute(
        select_imports(importer.kind, _visible_to(importer, caller)).where(IMPORTS.c.id == import_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def _read(read: Read, importer: Importer[Any], caller: Caller, import_id: UUID) -> BaseModel:
    return one_row(_find(read, importer, caller, import_id), partial(_view, importer, caller))


def _is_hidden(row: sa.Row[Any], importer: Importer[Any], caller: Caller) -> bool:
    # A person's file is not shown to colleagues either.
    own = row.org == caller.organisation and (not row.actors or caller.subject in row.actors)
    return importer.personal and not own


def _view(importer: Importer[Any], caller: Caller, row: sa.Row[Any]) -> BaseModel:
    shown = dict(row._mapping)
    if not importer.personal:
        return ImportView.model_validate(shown | {"digest": row.digest.hex()})
    if _is_hidden(row, importer, caller):
        hidden = dict.fromkeys(("digest", "accepted", "duplicates", "rejected"))
        return PersonalImportView.model_validate(shown | hidden)
    digest = digest_in(row)
    return PersonalImportView.model_validate(shown | {"digest": digest and digest.hex()})


def _resume(tx: Tx, import_id: UUID) -> None:
    # Chunks before their import: the lock order of the sweep.
    undone = sa.and_(CHUNKS.c.import_id == import_id, CHUNKS.c.done_at.is_(None))
    tx.execute(CHUNKS.update().where(undone).values(attempts=0, due_at=clock.now()))
    failed = sa.and_(IMPORTS.c.id == import_id, IMPORTS.c.state == FAILED)
    if not tx.execute(IMPORTS.update().where(failed).values(state=RECEIVED, failure=None)).rowcount:
        raise Conflict("Only a failed import can be resumed.")
