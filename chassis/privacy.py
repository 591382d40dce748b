"""Personal data at rest: encrypted (AES-256-GCM) under a key ring that a process loads at start, and found by a
fingerprint (HMAC-SHA-256) under a separate key. There is no default ring.

`chassis.redaction` decides which text may leave the service that received it; `redact` and `excerpt` are exported here
too. Nonces are random: one key encrypts at most 2^32 values.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from chassis.redaction import excerpt, redact

__all__ = [
    "KeyRing",
    "KeyRingError",
    "UndecipherableError",
    "configure",
    "excerpt",
    "redact",
    "ring",
    "ring_or_none",
    "to_hour",
]

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyRingError(ValueError):
    """A key ring is missing, readable by others, or malformed."""


class UndecipherableError(ValueError):
    """Ciphertext that no key of the ring decrypts, or that is bound to other associated data."""


class KeyRing:
    """Keys by id. The current key encrypts; every key decrypts.

    A ring of a file reads it again when it meets the id of a key that it does not have: `rotate` in another process
    needs no restart. `written` are the data keys of the quarter in which this process has written last
    (`chassis.data_keys`).
    """

    def __init__(
        self, keys: Mapping[str, bytes], current: str, fingerprint_key: bytes, path: Path | None = None
    ) -> None:
        if current not in keys:
            raise KeyRingError(f"the current key {current!r} is not in the ring")
        if any(len(key) != KEY_BYTES for key in (*keys.values(), fingerprint_key)):
            raise KeyRingError(f"every key has {KEY_BYTES} bytes")
        if any(not 0 < len(name.encode()) < 256 for name in keys):
            raise KeyRingError("the id of a key has 1 to 255 bytes")
        self._ciphers = {name.encode(): AESGCM(key) for name, key in keys.items()}
        self._current = current.encode()
        self._path = path
        self.written: tuple[str, Mapping[tuple[str, str], AESGCM | None]] = "", {}
        self._fingerprints = HMAC(fingerprint_key, SHA256())

    @classmethod
    def create(cls, path: Path) -> KeyRing:
        """Create a ring with one new key at `path`, readable by its owner only. Raises FileExistsError."""
        content = {
            "current": "k1",
            "keys": {"k1": _text(os.urandom(KEY_BYTES))},
            "fingerprint": _text(os.urandom(KEY_BYTES)),
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file, indent=2)
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Read a ring. Raises KeyRingError where others can read the file, or where it is malformed."""
        try:
            with path.open() as file:
                if os.fstat(file.fileno()).st_mode & 0o077:
                    raise KeyRingError(f"{path} can be read by others: chmod 600")
                content = json.load(file)
            keys = {name: base64.b64decode(key, validate=True) for name, key in content["keys"].items()}
            return cls(keys, content["current"], base64.b64decode(content["fingerprint"], validate=True), path)
        except OSError as error:
            raise KeyRingError(f"no key ring at {path}: {error.strerror}") from error
        except (KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
            raise KeyRingError(f"{path} is not a key ring") from error
        except KeyRingError:
            raise
        except ValueError as error:
            raise KeyRingError(f"{path} is not a key ring") from error

    @classmethod
    def rotate(cls, path: Path) -> KeyRing:
        """Add a new key to the ring at `path`, which encrypts from now on; earlier keys still decrypt, and the key of
        fingerprints stays. Raises KeyRingError as `load`."""
        cls.load(path)
        content = json.loads(path.read_text())
        name = f"k{len(content['keys']) + 1}"
        while name in content["keys"]:
            name += "a"
        content["keys"][name] = _text(os.urandom(KEY_BYTES))
        content["current"] = name
        written = path.with_name(f".{path.name}.new")
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)
        return cls.load(path)

    @property
    def current(self) -> str:
        """The id of the key that encrypts."""
        return self._current.decode()

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        """Ciphertext of `plain` that decrypts only with the same `aad`: what it belongs to, such as a row's id."""
        nonce = os.urandom(NONCE_BYTES)
        head = bytes((len(self._current),)) + self._current
        return head + nonce + self._ciphers[self._current].encrypt(nonce, plain, aad)

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain text. Raises UndecipherableError, which does not state the reason."""
        end = 1 + sealed[0] if sealed else 0
        cipher = self._ciphers.get(sealed[1:end]) or self._read_again().get(sealed[1:end])
        nonce = sealed[end : end + NONCE_BYTES]
        if cipher is None or len(nonce) != NONCE_BYTES:
            raise UndecipherableError("not sealed under a key of this ring")
        try:
            return cipher.decrypt(nonce, sealed[end + NONCE_BYTES :], aad)
        except InvalidTag as error:
            raise UndecipherableError("damaged, or sealed for something else") from error

    def _read_again(self) -> Mapping[bytes, AESGCM]:
        if self._path is not None:
            found = KeyRing.load(self._path)
            self._ciphers, self._current = found._ciphers, found._current
        return self._ciphers

    def fingerprint(self, value: str) -> bytes:
        """32 bytes that identify a value without revealing it; stable for the life of the ring."""
        # `hmac.digest` takes twice as long, and releases the GIL: every thread of a worker then waits for it.
        mac = self._fingerprints.copy()
        mac.update(value.encode())
        return mac.finalize()


_ring: KeyRing | None = None


def configure(ring: KeyRing | None) -> None:
    """Set the key ring of this process; called once at start."""
    global _ring  # noqa: PLW0603 - one ring per process, like its settings
    _ring = ring


def ring() -> KeyRing:
    """The key ring of this process. Raises KeyRingError where none is configured."""
    if _ring is None:
        raise KeyRingError("this process has no key ring: set ANNING_KEYS_FILE")
    return _ring


def ring_or_none() -> KeyRing | None:
    """The key ring of this process; None in a service without personal data, which has none."""
    return _ring


def to_hour(moment: datetime) -> datetime:
    """The moment truncated to its hour, as other services than complaints receive it."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
