"""Creates the users of the services at the broker, with the passwords of the installation and their rights."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from chassis.broker import SCRAM, Broker
from chassis.events import access
from chassis.events.topics import Catalogue
from chassis.roles import role_of
from deploy.install import KAFKA_PASSWORD

_TOPICS_FILE = Path("contracts/topics.yaml")


def make(broker: Broker, directory: Path, services: Sequence[str]) -> None:
    """Give the users of these services the passwords in their folders, and exactly the rights that follow from the
    catalogue. `broker`: as a user that may do everything. Raises KafkaError."""
    passwords = {role_of(each): (directory / each / KAFKA_PASSWORD).read_text().strip() for each in services}
    access.grant(broker, Catalogue.load(_TOPICS_FILE), services, passwords)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("servers")
    parser.add_argument("directory", type=Path)
    parser.add_argument("services", nargs="+")
    parser.add_argument("--user", default=access.LOCAL, help="may do everything; its password is in its folder")
    parser.add_argument("--ca-file", type=Path, help="certificates (PEM) that may sign the broker's: turns TLS on")
    given = parser.parse_args()
    make(
        Broker(
            given.servers,
            given.user,
            given.directory / given.user / KAFKA_PASSWORD,
            given.ca_file,
            "PLAIN" if given.user == access.LOCAL else SCRAM,
        ),
        given.directory,
        given.services,
    )
