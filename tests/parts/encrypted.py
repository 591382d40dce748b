"""A broker with TLS, and certificates for servers on this machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chassis.broker import Broker
from chassis.events import access
from standalone.kafka import EmbeddedKafka


class EncryptedKafka(EmbeddedKafka):
    """A broker whose listener for clients has TLS, by a certificate that signs itself."""

    def __init__(self, directory: Path) -> None:
        self.certificate = directory / "certificate.pem"
        keys = directory / "keys.pem"
        certify(keys, self.certificate)
        listener = "listener.name.clients.ssl.keystore"
        super().__init__(
            directory / "kafka",
            settings={
                "listener.security.protocol.map": "CLIENTS:SASL_SSL,LOCAL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
                f"{listener}.type": "PEM",
                f"{listener}.location": str(keys),
            },
        )

    def broker(self, user: str = access.OPERATOR) -> Broker:
        return replace(super().broker(user), ca_file=self.certificate)


def certify(keys: Path, certificate: Path) -> None:
    """Write a key with its certificate, and the certificate alone, for 127.0.0.1."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a broker")]),
    )
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    certificate.write_bytes(pem)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    keys.write_bytes(private + pem)
