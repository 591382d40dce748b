"""Simulated authorities that respond in time, late or not at all.

Each fetches the batches sealed for it, verifies them and returns their digests as receipts. Then it returns or
concludes their clues, or ignores them.

The response to a clue depends only on the configured behaviour and the id of the clue.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from chassis import clock
from chassis.calendar import LEGAL_TIME
from chassis.version import API_PREFIX
from contracts.vocabulary import ConclusionCode, SubjectKind
from sandbox.behaviour import Behaviour, ClueCourse, due
from sandbox.correspondent import Act, Correspondent, Task, granted
from sandbox.handover import Tampered, verified_manifest
from sandbox.tokens import Tokens

_FILES = "/conclusion-imports"
_FILE_TYPE = "application/x-ndjson"
_UNFINISHED = {"received", "running"}
_IMPORT_POLL_INTERVAL = timedelta(milliseconds=200)
# Another client of the authority has concluded or returned the clue.
_ALREADY_SETTLED = "clue-state"
# The conclusions with a written decision, which has a number.
_DECIDED = {ConclusionCode.FINED, ConclusionCode.WARNED, ConclusionCode.LICENCE_MEASURE}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveBatch(Task):
    """Fetch a batch, verify it by its digest, and return the receipt."""

    digest: str
    key: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadConclusions(Task):
    """Upload a file of conclusions: one line per clue, in their order."""

    lines: tuple[Mapping[str, Any], ...]
    key: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckImport(Task):
    """Read the result of an uploaded file."""

    location: str


class SimulatedAuthority(Correspondent):
    """One simulated authority, at the referrals service."""

    def __init__(
        self, code: str, behaviour: Behaviour, referrals_url: str, tokens: Tokens, *, threads: int = 2
    ) -> None:
        super().__init__(
            f"authority:{code}", referrals_url, tokens, poll_seconds=behaviour.poll_seconds, threads=threads
        )
        self._habits = behaviour.authorities[code]

    # --------------------------------------------------------------------------------------------- polling

    def _poll(self) -> None:
        for batch in self._office.items("/batches", state="sealed"):
            if self._is_new(f"/batches/{batch['id']}"):
                self._plan_receipt(batch)
        files: dict[tuple[str, ClueCourse], list[Mapping[str, Any]]] = defaultdict(list)
        for clue in self._office.items("/clues", state="received"):
            if self._is_new(_path(clue)):
                course = self._habits.clue(self.code, clue["id"], clue["counts"]["complainants"])
                if course.give_back:
                    self._plan_return(clue, course)
                elif course.conclude:
                    files[clue["batch"], course].append(clue)
        for (_, course), clues in files.items():
            self._plan_conclusions(clues, course)

    def _plan_receipt(self, batch: Mapping[str, Any]) -> None:
        when = self._habits.received(_moment(batch["sealed_at"]))
        if when is not None:
            self._plan(when, ReceiveBatch(name="receipt", about=(f"/batches/{batch['id']}",), digest=batch["digest"]))

    def _plan_return(self, clue: Mapping[str, Any], course: ClueCourse) -> None:
        body = {"reason": course.give_back} | ({"note": course.note} if course.note else {})
        self._plan(_due(clue, course), Act(name="return", about=(_path(clue),), etag=f'"{clue["version"]}"', body=body))

    def _plan_conclusions(self, clues: Sequence[Mapping[str, Any]], course: ClueCourse) -> None:
        """All clues of one batch and course in one file, when the last of them is due."""
        lines = tuple(self._conclusion(clue, course) for clue in clues)
        when = max(_due(clue, course) for clue in clues)
        self._plan(when, UploadConclusions(name="conclusion", about=tuple(map(_path, clues)), lines=lines))

    def _conclusion(self, clue: Mapping[str, Any], course: ClueCourse) -> Mapping[str, Any]:
        """The line for a clue: always the same, so that a repetition changes nothing."""
        subject, year = clue["subject"], _moment(clue["referred_at"]).astimezone(LEGAL_TIME).year
        fined = course.conclude is ConclusionCode.FINED and subject["kind"] == SubjectKind.ENTERPRISE
        line = {
            "clue": clue["id"],
            "code": course.conclude,
            "amount": course.amount(clue["id"]),
            "enterprise": subject["value"] if fined else None,
            "decision": self._habits.decision(clue["id"], year) if course.conclude in _DECIDED else None,
            "note": course.note,
        }
        return {name: value for name, value in line.items() if value is not None}

    # ------------------------------------------------------------------------------------------------------ acting

    def _do(self, task: Task) -> None:
        match task:
            case ReceiveBatch():
                self._receive(task)
            case UploadConclusions():
                self._upload(task)
            case CheckImport():
                self._check_import(task)
            case Act():
                self._send(task)

    def _receive(self, receipt: ReceiveBatch) -> None:
        (batch,) = receipt.about
        handed_over = granted(self._office.get(f"{batch}/content"))
        try:
            manifest = verified_manifest(handed_over.content, receipt.digest)
        except Tampered as error:
            self._fail(receipt, str(error))
            return
        if (f"/batches/{manifest.batch}", manifest.authority) != (batch, self.code):
            self._fail(receipt, f"the manifest belongs to batch {manifest.batch} for {manifest.authority}")
            return
        answer = self._office.post(f"{batch}/receipt", {"digest": receipt.digest}, key=receipt.key)
        # 409: another client of the authority has already sent the receipt.
        if answer.status_code != 409:
            granted(answer)
            self._count("receipt", 1)
        self._settle(receipt.about)

    def _upload(self, conclusions: UploadConclusions) -> None:
        content = b"".join(msgspec.json.encode(line) + b"\n" for line in conclusions.lines)
        answer = granted(self._office.send(_FILES, content, _FILE_TYPE, key=conclusions.key))
        # These clues are marked until the file is applied: until then they are still listed as received.
        check = CheckImport(
            name="conclusion", about=conclusions.about, location=answer.headers["location"].removeprefix(API_PREFIX)
        )
        self._agenda.add(clock.now() + _IMPORT_POLL_INTERVAL, check)

    def _check_import(self, check: CheckImport) -> None:
        imported = granted(self._office.get(check.location)).json()
        if imported["state"] in _UNFINISHED:
            self._agenda.add(clock.now() + _IMPORT_POLL_INTERVAL, check)
            return
        if imported["state"] != "finished":
            self._fail(check, str(imported["failure"]))
            return
        errors = list(self._office.items(f"{check.location}/errors")) if imported["rejected"] else []
        for error in errors:
            if error["code"] != _ALREADY_SETTLED:
                clue = check.about[error["line"] - 1]
                self._fail(replace(check, about=(clue,)), f"{error['code']}: {error['detail']}")
        self._count("conclusion", imported["accepted"])
        self._settle(check.about)

    def _is_possible(self, act: Act, item: Mapping[str, Any]) -> bool:
        return bool(item["state"] == "received")

    def _count(self, act: str, times: int) -> None:
        with self._lock:
            self.done[act] += times


def _path(clue: Mapping[str, Any]) -> str:
    return f"/clues/{clue['id']}"


def _due(clue: Mapping[str, Any], course: ClueCourse) -> datetime:
    """When a course is taken: this long after the receipt of the clue, or at this fraction of the term."""
    assert course.after is not None
    return due(
        course.after,
        after=_moment(clue["received_at"]),
        begun=_moment(clue["referred_at"]),
        deadline=_moment(clue["conclude_by"]),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
