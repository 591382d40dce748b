from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import privacy
from chassis.privacy import KeyRing, KeyRingError, UndecipherableError


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.create(tmp_path / "keys.json")


def test_a_value_can_be_decrypted_for_its_own_row(ring: KeyRing) -> None:
    sealed = ring.encrypt(b"13800138000", b"complaint-1")
    assert b"13800138000" not in sealed
    assert ring.decrypt(sealed, b"complaint-1") == b"13800138000"


def test_encrypting_a_number_twice_gives_different_bytes(ring: KeyRing) -> None:
    assert ring.encrypt(b"13800138000", b"a") != ring.encrypt(b"13800138000", b"a")


def test_a_value_moved_to_another_row_cannot_be_decrypted(ring: KeyRing) -> None:
    with pytest.raises(UndecipherableError):
        ring.decrypt(ring.encrypt(b"13800138000", b"complaint-1"), b"complaint-2")


@given(st.binary(max_size=80))
def test_bytes_that_were_never_encrypted_cannot_be_decrypted(junk: bytes) -> None:
    ring = KeyRing({"k1": b"k" * 32}, "k1", b"f" * 32)
    with pytest.raises(UndecipherableError):
        ring.decrypt(junk, b"")


def test_a_value_with_a_flipped_bit_cannot_be_decrypted(ring: KeyRing) -> None:
    sealed = bytearray(ring.encrypt(b"13800138000", b"a"))
    sealed[-1] ^= 1
    with pytest.raises(UndecipherableError):
        ring.decrypt(bytes(sealed), b"a")


def test_a_new_current_key_encrypts_while_the_old_one_still_decrypts() -> None:
    old, new = b"o" * 32, b"n" * 32
    before = KeyRing({"k1": old}, "k1", b"f" * 32)
    after = KeyRing({"k1": old, "k2": new}, "k2", b"f" * 32)
    sealed = before.encrypt(b"number", b"a")
    assert after.decrypt(sealed, b"a") == b"number"
    assert KeyRing({"k2": new}, "k2", b"f" * 32).decrypt(after.encrypt(b"number", b"a"), b"a") == b"number"
    assert after.fingerprint("13800138000") == before.fingerprint("13800138000")


def test_a_fingerprint_is_the_hmac_under_the_fingerprint_key() -> None:
    ring = KeyRing({"k1": bytes(32)}, "k1", b"f" * 32)
    assert ring.fingerprint("13800138000") == hmac.digest(b"f" * 32, b"13800138000", hashlib.sha256)
    assert ring.fingerprint("") == hmac.digest(b"f" * 32, b"", hashlib.sha256)


def test_a_fingerprint_depends_only_on_the_number_and_the_fingerprint_key() -> None:
    one = KeyRing({"k1": b"k" * 32}, "k1", b"1" * 32)
    two = KeyRing({"k1": b"k" * 32}, "k1", b"2" * 32)
    assert one.fingerprint("13800138000") == one.fingerprint("13800138000")
    assert one.fingerprint("13800138000") != one.fingerprint("13800138001")
    assert one.fingerprint("13800138000") != two.fingerprint("13800138000")


def test_a_created_key_ring_is_private_to_its_owner_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    sealed = KeyRing.create(path).encrypt(b"number", b"a")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        KeyRing.create(path)
    assert KeyRing.load(path).decrypt(sealed, b"a") == b"number"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660])
def test_a_key_ring_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    KeyRing.create(path)
    path.chmod(mode)
    with pytest.raises(KeyRingError, match="chmod 600"):
        KeyRing.load(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"current": "k1", "keys": {"k1": "c2hvcnQ="}, "fingerprint": "c2hvcnQ="}',
        '{"current": "k1", "keys": {"k1": "not base64!"}, "fingerprint": ""}',
        '{"current": "k1", "keys": ["k1"], "fingerprint": ""}',
    ],
)
def test_a_file_that_is_not_a_key_ring_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(KeyRingError):
        KeyRing.load(path)


def test_a_key_ring_without_its_current_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    KeyRing.create(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "current": "k9"}))
    with pytest.raises(KeyRingError, match="k9"):
        KeyRing.load(path)


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(KeyRingError, match="no key ring at"):
        KeyRing.load(tmp_path / "keys.json")


@pytest.fixture
def _unconfigured() -> Iterator[None]:
    before = privacy._ring
    privacy.configure(None)
    yield
    privacy.configure(before)


@pytest.mark.usefixtures("_unconfigured")
def test_a_process_has_no_key_ring_until_it_is_configured(ring: KeyRing) -> None:
    with pytest.raises(KeyRingError, match="ANNING_KEYS_FILE"):
        privacy.ring()
    privacy.configure(ring)
    assert privacy.ring() is ring


def test_a_time_is_truncated_to_its_hour() -> None:
    assert privacy.to_hour(datetime(2026, 3, 1, 9, 59, 59, 999, tzinfo=UTC)) == datetime(2026, 3, 1, 9, tzinfo=UTC)
