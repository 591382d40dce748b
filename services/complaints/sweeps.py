"""Work that is due: the assessment of complaints that wait for it, the brake on channels, what release 0.1.0 stored in
clear, and imports."""

from __future__ import annotations

from datetime import timedelta

from chassis.imports import import_sweep, seal_digests
from chassis.sweeper import Chore, Sweep
from services.complaints.commands.assessment import assess_waiting
from services.complaints.commands.channels import watch_channels
from services.complaints.commands.contents import seal_complaints
from services.complaints.commands.receipts import hash_receipts
from services.complaints.imports import COMPLAINT_IMPORTS
from services.complaints.store.complaints import find_unassessed
from services.complaints.store.contents import find_clear

ASSESS = Sweep(
    name="assess",
    find=find_unassessed,
    apply=assess_waiting,
    every=timedelta(seconds=1),
    limit=1_000,
    bucketed=True,
)
WATCH_CHANNELS = Chore(name="watch-channels", run=watch_channels, every=timedelta(seconds=10), limit=1, woken=False)
HASH_RECEIPTS = Chore(name="hash-receipts", run=hash_receipts, every=timedelta(seconds=10), limit=1_000, woken=False)
SEAL_COMPLAINTS = Sweep(
    name="seal-complaints",
    find=find_clear,
    apply=seal_complaints,
    every=timedelta(seconds=10),
    limit=500,
    bucketed=True,
    woken=False,
)
SEAL_DIGESTS = seal_digests(COMPLAINT_IMPORTS)
SWEEPS = (
    *(ASSESS, WATCH_CHANNELS, import_sweep(COMPLAINT_IMPORTS)),
    *(HASH_RECEIPTS, SEAL_COMPLAINTS, SEAL_DIGESTS),
)
