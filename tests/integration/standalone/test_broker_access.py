"""No fact is forged at the broker: not by a service, not by another user, and not by a client without a user.

The requests are raw ones: a forger does not use our clients. The listener for clients has TLS.
"""

from __future__ import annotations

import gc
import os
import re
import socket
import ssl
import stat
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    KafkaAdminClient,
    NewPartitions,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaError
from kafka.protocol.admin import AlterConfigsRequest, DeleteRecordsRequest
from kafka.protocol.consumer import FetchRequest, JoinGroupRequest, OffsetCommitRequest, OffsetFetchRequest
from kafka.protocol.metadata import FindCoordinatorRequest
from kafka.protocol.producer import InitProducerIdRequest, ProduceRequest
from kafka.record import MemoryRecordsBuilder

from anning.services import NAMES
from chassis.broker import Broker
from chassis.events import access
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue
from chassis.roles import role_of
from standalone.system import TOPICS_FILE
from tests.integration.events.depot import until
from tests.parts.encrypted import EncryptedKafka, certify

pytestmark = pytest.mark.usefixtures("backend")

CATALOGUE = Catalogue.load(TOPICS_FILE)
USERS = access.users_of(NAMES)
DEAD_LETTERS = {
    CATALOGUE.dead_letter(name, consumer): (topic.owner, consumer)
    for name, topic in CATALOGUE.topics.items()
    for consumer in topic.consumers
}
TOPICS = [*CATALOGUE.topics, *DEAD_LETTERS]
REFUSED_TOPIC, REFUSED_GROUP, REFUSED_CLUSTER = 29, 30, 31
"""TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED."""
REFUSED = re.compile("uthorization")
_TOPIC, _BROKER = 2, 4
"""The kinds of resources with settings."""


class Client:
    """Sends raw requests as one user."""

    def __init__(self, admin: KafkaAdminClient) -> None:
        self.admin = admin

    def ask(self, request: Any) -> Any:
        return self.admin._manager.run(self.admin._manager.send, request)

    def write(self, topic: str) -> int:
        """Produce a record; the error code."""
        records = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=1_000)
        records.append(timestamp=None, key=b"key", value=b"value", headers=[])
        records.close()
        partition = ProduceRequest.TopicProduceData.PartitionProduceData(index=0, records=records.buffer())
        data = ProduceRequest.TopicProduceData(name=topic, partition_data=[partition])
        answer = self.ask(ProduceRequest(acks=-1, timeout_ms=5_000, topic_data=[data], max_version=9))
        return int(answer.responses[0].partition_responses[0].error_code)

    def read(self, topic: str, replica: int = -1) -> tuple[int, int]:
        """Fetch from the beginning of a topic; the error code, and the count of bytes."""
        partition = FetchRequest.FetchTopic.FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1_000)
        wanted = FetchRequest.FetchTopic(topic=topic, partitions=[partition])
        request = FetchRequest(
            replica_id=replica, max_wait_ms=0, min_bytes=0, max_bytes=1_000, topics=[wanted], max_version=12
        )
        answer = self.ask(request)
        if answer.error_code:
            return int(answer.error_code), 0
        found = answer.responses[0].partitions[0]
        return int(found.error_code), len(found.records or b"")

    def find(self, group: str) -> int:
        """Look up the coordinator of a group, for which the broker creates its topic of offsets; the error code."""
        answer = self.ask(FindCoordinatorRequest(key_type=0, coordinator_keys=[group], min_version=4))
        return int(answer.coordinators[0].error_code)

    def join(self, group: str) -> int:
        """Join a group; the error code."""
        protocol = JoinGroupRequest.JoinGroupRequestProtocol(name="range", metadata=b"")
        request = JoinGroupRequest(
            group_id=group, session_timeout_ms=6_000, rebalance_timeout_ms=6_000, member_id="",
            group_instance_id="forger", protocol_type="consumer", protocols=[protocol], max_version=7,
        )  # fmt: skip
        return int(self.ask(request).error_code)

    def commit(self, group: str, topic: str) -> int:
        """Commit an offset for a group without members; the error code."""
        kind = OffsetCommitRequest.OffsetCommitRequestTopic
        partition = kind.OffsetCommitRequestPartition(partition_index=0, committed_offset=1, committed_metadata="")
        request = OffsetCommitRequest(
            group_id=group, generation_id_or_member_epoch=-1, member_id="", max_version=8,
            topics=[kind(name=topic, partitions=[partition])],
        )  # fmt: skip
        return int(self.ask(request).topics[0].partitions[0].error_code)

    def configure(self, kind: int, name: str, setting: str, value: str) -> int:
        """Change a setting of a topic or of a broker; the error code."""
        resource = AlterConfigsRequest.AlterConfigsResource
        change = resource(
            resource_type=kind,
            resource_name=name,
            configs=[resource.AlterableConfig(name=setting, value=value)],
        )
        return int(self.ask(AlterConfigsRequest(resources=[change], validate_only=False)).responses[0].error_code)

    def delete_records(self, topic: str) -> int:
        """Delete the first record of a topic; the error code."""
        kind = DeleteRecordsRequest.DeleteRecordsTopic
        partition = kind.DeleteRecordsPartition(partition_index=0, offset=1)
        request = DeleteRecordsRequest(topics=[kind(name=topic, partitions=[partition])], timeout_ms=5_000)
        return int(self.ask(request).topics[0].partitions[0].error_code)

    def init_producer(self) -> int:
        """Become an idempotent producer; the error code."""
        return int(self.ask(InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=1_000)).error_code)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EncryptedKafka]:
    """A broker with the users, the rights and the topics of an installation, and a record in every topic."""
    with EncryptedKafka(tmp_path_factory.mktemp("access")) as made:
        made.grant(CATALOGUE, NAMES)
        for service in NAMES:
            CATALOGUE.create(made.broker(role_of(service)), [service])
        with clients.admin(made.broker()) as operator:
            client = Client(operator)
            assert {topic: client.write(topic) for topic in TOPICS} == dict.fromkeys(TOPICS, 0)
            until(lambda: client.find("first") == client.join("first") == client.init_producer() == 0)
        yield made


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Callable[[Broker], None]:
    """Checks that the broker refuses a client, which tries again until it gives up."""

    def check(broker: Broker) -> None:
        caplog.clear()
        with monkeypatch.context() as patch:
            patch.setattr(clients, "FIND_BROKER_MS", 500)
            with pytest.raises(KafkaError):
                clients.admin(broker)
        assert re.search("Authentication failed|Handshake failed|socket disconnected", caplog.text)

    return check


@pytest.fixture(scope="module")
def users(broker: EncryptedKafka) -> Iterator[dict[str, Client]]:
    """A client for each user but the operator."""
    with ExitStack() as stack:
        yield {user: Client(stack.enter_context(clients.admin(broker.broker(user)))) for user in USERS}


def test_a_topic_is_written_by_its_owner_alone_and_dead_letters_by_their_consumer(users: dict[str, Client]) -> None:
    written = {(role_of(topic.owner), name) for name, topic in CATALOGUE.topics.items()}
    written |= {(role_of(consumer), name) for name, (_, consumer) in DEAD_LETTERS.items()}

    found = {(user, topic): client.write(topic) for user, client in users.items() for topic in TOPICS}

    assert found == {each: 0 if each in written else REFUSED_TOPIC for each in found}


def test_a_topic_is_read_by_its_consumers_alone_and_compacted_ones_by_backups(users: dict[str, Client]) -> None:
    read = {(role_of(each), name) for name, topic in CATALOGUE.topics.items() for each in topic.consumers}
    read |= {(role_of(consumer), name) for name, (_, consumer) in DEAD_LETTERS.items()}
    read |= {(access.BACKUP, name) for name, topic in CATALOGUE.topics.items() if topic.compacted}

    found = {(user, topic): client.read(topic) for user, client in users.items() for topic in TOPICS}

    assert {each for each, (code, size) in found.items() if code == 0 and size > 0} == read
    assert {result for each, result in found.items() if each not in read} == {(REFUSED_TOPIC, 0)}


def test_no_user_reads_as_a_replica(users: dict[str, Client]) -> None:
    (topic, *_) = CATALOGUE.topics
    assert {client.read(topic, replica=1)[0] for client in users.values()} <= {REFUSED_TOPIC, REFUSED_CLUSTER}


@pytest.mark.parametrize("suffix", ["", ".register.2"])
def test_a_group_is_joined_by_its_service_alone(users: dict[str, Client], suffix: str) -> None:
    found = {(user, name): client.join(f"{name}{suffix}") for user, client in users.items() for name in NAMES}

    assert {each for each, code in found.items() if code == 0} == {(role_of(name), name) for name in NAMES}
    assert {code for (user, name), code in found.items() if user != role_of(name)} == {REFUSED_GROUP}


def test_a_group_whose_name_only_begins_like_a_service_belongs_to_no_user(users: dict[str, Client]) -> None:
    assert {client.join(f"{name}x") for client in users.values() for name in NAMES} == {REFUSED_GROUP}


def test_no_service_moves_or_reads_the_offsets_of_another(users: dict[str, Client]) -> None:
    (topic, catalogued) = next((name, each) for name, each in CATALOGUE.topics.items() if len(each.consumers) > 1)
    thief, victim, *_ = catalogued.consumers

    assert users[role_of(thief)].commit(f"{victim}.offsets.1", topic) == REFUSED_GROUP
    assert users[role_of(victim)].commit(f"{victim}.offsets.1", topic) == 0
    answer = users[role_of(thief)].ask(OffsetFetchRequest(group_id=victim, topics=None, max_version=5))
    assert answer.error_code == REFUSED_GROUP


@pytest.mark.parametrize("user", USERS)
def test_no_user_administers_the_broker(users: dict[str, Client], user: str) -> None:
    admin = users[user].admin
    own = next((name for name, topic in CATALOGUE.topics.items() if role_of(topic.owner) == user), TOPICS[0])
    other = next(name for name, topic in CATALOGUE.topics.items() if role_of(topic.owner) != user)
    everything = ACL(
        f"User:{user}", "*", ACLOperation.ALL, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.TOPIC, "*")
    )
    new = {"num_partitions": 1, "replication_factor": 1}

    for topic in (own, other):
        with pytest.raises(KafkaError, match=REFUSED):
            admin.delete_topics([topic])
        assert users[user].configure(_TOPIC, topic, "retention.ms", "1") == REFUSED_TOPIC
        with pytest.raises(KafkaError, match=REFUSED):
            admin.create_partitions({topic: NewPartitions(12)})
        assert users[user].delete_records(topic) == REFUSED_TOPIC
    for name in ("new", f"{other}.x", f"{other}.{user}.dlq"):
        with pytest.raises(KafkaError, match=REFUSED):
            admin.create_topics({name: new})
    assert admin.create_acls([everything])["succeeded"] == []
    mine = UserScramCredentialUpsertion(access.OPERATOR, ScramMechanism.SCRAM_SHA_512, "mine")
    assert "needs ALTER permission" in admin.alter_user_scram_credentials([mine])[access.OPERATOR]
    assert users[user].configure(_BROKER, "1", "log.retention.ms", "1") == REFUSED_CLUSTER


def test_a_service_needs_no_further_right_for_an_idempotent_producer(users: dict[str, Client]) -> None:
    codes = {user: client.init_producer() for user, client in users.items()}
    assert codes == {user: REFUSED_CLUSTER if user == access.BACKUP else 0 for user in USERS}


def test_a_wrong_password_is_refused(broker: EncryptedKafka, refused: Callable[[Broker], None], tmp_path: Path) -> None:
    forged = tmp_path / "password"
    others = broker.broker(role_of(NAMES[0])).read_password()
    for user in (role_of(NAMES[1]), access.OPERATOR, access.LOCAL, "unknown"):
        for password in ("guess", others):
            forged.write_text(password)
            refused(replace(broker.broker(user), password_file=forged))


def test_the_listener_of_the_broker_itself_knows_no_other_user(
    broker: EncryptedKafka, refused: Callable[[Broker], None], tmp_path: Path
) -> None:
    local = replace(broker.broker(role_of(NAMES[0])), servers=f"127.0.0.1:{broker.local_port}", ca_file=None)
    forged = tmp_path / "password"
    forged.write_text("guess")
    for each in (
        local,
        replace(local, mechanism="PLAIN"),
        replace(local, mechanism="PLAIN", user=access.LOCAL, password_file=forged),
    ):
        refused(each)


def _exchange(connection: socket.socket, requests: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Send requests (api, version, body) one after the other; the last answer, empty where the connection is closed."""
    answer = b""
    for api, version, body in requests:
        request = struct.pack(">hhih", api, version, 1, -1) + body
        try:
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.recv(4_096)[4:]
        except OSError:
            return b""
    return answer


PRODUCE, FETCH, METADATA, CREATE_TOPICS, VOTE, DESCRIBE_CLUSTER = 0, 1, 3, 19, 52, 60
HANDSHAKE, AUTHENTICATE = 17, 36


def _authentication(user: str, password: str) -> list[tuple[int, int, bytes]]:
    token = f"\0{user}\0{password}".encode()
    return [(HANDSHAKE, 1, struct.pack(">h", 5) + b"PLAIN"), (AUTHENTICATE, 0, struct.pack(">i", len(token)) + token)]


@pytest.mark.parametrize("listener", ["clients", "local", "controller"])
@pytest.mark.parametrize("request_", [PRODUCE, FETCH, METADATA, CREATE_TOPICS, VOTE, DESCRIBE_CLUSTER])
def test_no_listener_answers_a_client_without_a_user(broker: EncryptedKafka, listener: str, request_: int) -> None:
    ports = {"clients": broker.port, "local": broker.local_port, "controller": broker.controller_port}
    versions = {PRODUCE: 3, FETCH: 4, METADATA: 1, CREATE_TOPICS: 2, VOTE: 0, DESCRIBE_CLUSTER: 0}
    with socket.create_connection(("127.0.0.1", ports[listener]), 5) as plain:
        context = ssl.create_default_context(cafile=str(broker.certificate))
        connection = context.wrap_socket(plain, server_hostname="127.0.0.1") if listener == "clients" else plain
        with connection:
            assert _exchange(connection, [(request_, versions[request_], b"\0" * 32)]) == b""


@pytest.mark.parametrize("listener", ["local", "controller"])
def test_the_controller_refuses_the_users_of_services_and_guesses(broker: EncryptedKafka, listener: str) -> None:
    port = broker.local_port if listener == "local" else broker.controller_port
    service = role_of(NAMES[0])
    own = (access.LOCAL, (broker.directory / "passwords" / access.LOCAL).read_text())
    describe = (DESCRIBE_CLUSTER, 0, b"\0\0")
    forged = [(service, broker.broker(service).read_password()), (access.LOCAL, "guess")]

    for user, password in forged:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            assert _exchange(connection, [*_authentication(user, password), describe]) == b""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        assert _exchange(connection, _authentication(*own))[4:6] == b"\0\0"


def test_a_client_without_tls_is_not_answered(broker: EncryptedKafka, refused: Callable[[Broker], None]) -> None:
    refused(replace(broker.broker(), ca_file=None))


def test_a_certificate_that_another_authority_signed_is_refused_and_leaks_no_descriptor(
    broker: EncryptedKafka, refused: Callable[[Broker], None], tmp_path: Path
) -> None:
    certify(tmp_path / "keys.pem", tmp_path / "other.pem")
    gc.disable()
    try:
        before = set(os.listdir("/proc/self/fd"))
        refused(replace(broker.broker(), ca_file=tmp_path / "other.pem"))
        assert set(os.listdir("/proc/self/fd")) == before
    finally:
        gc.enable()


def test_passwords_are_random_and_readable_by_their_owner_only(broker: EncryptedKafka) -> None:
    folder = broker.directory / "passwords"
    files = [*folder.iterdir()]
    assert {each.name for each in files} == {access.LOCAL, access.OPERATOR, *USERS}
    assert len({each.read_text() for each in files}) == len(files)
    assert {stat.S_IMODE(each.stat().st_mode) for each in (*files, broker.directory / "jaas.conf")} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_rights_follow_the_catalogue_when_it_changes(broker: EncryptedKafka) -> None:
    name, topic = next((name, each) for name, each in CATALOGUE.topics.items() if not each.consumers)
    consumer = next(each for each in NAMES if each != topic.owner)
    changed = Catalogue(CATALOGUE.topics | {name: msgspec.structs.replace(topic, consumers=(consumer,))})
    with clients.admin(broker.broker(role_of(consumer))) as admin:
        broker.grant(changed, NAMES)
        assert Client(admin).read(name)[0] == 0
        broker.grant(CATALOGUE, NAMES)
        assert Client(admin).read(name)[0] == REFUSED_TOPIC


def test_a_new_password_replaces_the_old_one(
    broker: EncryptedKafka, refused: Callable[[Broker], None], tmp_path: Path
) -> None:
    user = role_of(NAMES[0])
    file = broker.broker(user).password_file
    old = tmp_path / "password"
    old.write_text(file.read_text())
    file.unlink()

    broker.grant(CATALOGUE, NAMES)

    with clients.admin(broker.broker(user)) as admin:
        assert admin.list_topics()
    refused(replace(broker.broker(user), password_file=old))
