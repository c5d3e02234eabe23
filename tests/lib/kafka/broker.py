# SPDX-License-Identifier: Apache-2.0
"""Apache Kafka, processes that are brokers and controllers (KRaft), with listeners for each way to log in.

    python3 tests/lib/kafka/broker.py FOLDER     run it until standard input ends

It makes topics that are asked for, as brokers do by default: so a client that must not make any is seen to.
"""
import base64
import json
import pathlib
import signal
import struct
import subprocess
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from lib.kafka.client import Client                                 # noqa: E402
from lib.paths import ROOT                                          # noqa: E402
from lib.pki import Authority, openssl                              # noqa: E402
from lib.process import environment                                 # noqa: E402
from lib.s3.server import Daemons, free_ports                       # noqa: E402

JARS = ROOT / "build" / "kafka"
CLASSES = JARS / "classes.jsa"      # those of a broker, as Java has them in memory: see archive.py
USER, PASSWORD = "exporter", "broker-password"
LISTENERS = ("PLAINTEXT", "SASL", "MTLS", "EXPIRED", "TOKEN")

# One broker replicates nothing; of three, two must have what is written. A broker that was killed is missed after
# two seconds, not nine: until then it may not come back. Messages have the time of their flows, which is that of the
# recording: it keeps them however long ago that was.
SETTINGS = """
process.roles=broker,controller
node.id=%(node)d
controller.quorum.voters=%(voters)s
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL:SASL_SSL,MTLS:SSL,EXPIRED:SSL,TOKEN:SASL_SSL,CONTROLLER:PLAINTEXT
listeners=%(listeners)s,CONTROLLER://127.0.0.1:%(controller)d
advertised.listeners=%(listeners)s
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
user_%(user)s="%(password)s";
listener.name.sasl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.token.sasl.enabled.mechanisms=OAUTHBEARER
listener.name.token.oauthbearer.sasl.jaas.config=\
org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;
listener.name.token.oauthbearer.connections.max.reauth.ms=3600000
ssl.keystore.type=PEM
ssl.keystore.location=%(folder)s/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location=%(ca)s
listener.name.mtls.ssl.client.auth=required
listener.name.expired.ssl.keystore.type=PEM
listener.name.expired.ssl.keystore.location=%(folder)s/expired.pem
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
super.users=User:ANONYMOUS
log.dirs=%(folder)s/data
num.partitions=3
offsets.topic.num.partitions=1
offsets.topic.replication.factor=%(replicas)d
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=%(replicas)d
transaction.state.log.min.isr=%(enough)d
share.coordinator.state.topic.replication.factor=%(replicas)d
share.coordinator.state.topic.min.isr=%(enough)d
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
num.network.threads=1
num.io.threads=2
log.cleaner.enable=false
log.retention.ms=-1
"""
LOGGING = """
rootLogger.level = warn
rootLogger.appenderRef.out.ref = OUT
appender.out.type = Console
appender.out.name = OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %p %m%n
"""


def token(seconds, **claims):
    """A JSON Web Token that ends so many seconds from now. It is not signed, which the broker is content with."""
    now = int(time.time())
    parts = [{"alg": "none"}, {"sub": USER, "iat": now - 3600, "exp": now + seconds, **claims}]
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*texts, ""])


def keystore(pair, ca, path):
    """What Kafka reads: the key as PKCS #8, the certificate, and who signed it."""
    key = path.with_suffix(".pkcs8")
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", pair.key, "-out", key)
    path.write_text(key.read_text() + pair.cert.read_text() + ca.read_text())


class Plan:
    """What the brokers of a cluster know of each other: its name, and the ports of their controllers."""

    def __init__(self, size):
        self.name = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[:22]
        self.ports = free_ports(size)

    def size(self):
        return len(self.ports)

    def voters(self):
        return ",".join("%d@127.0.0.1:%d" % (n, port) for n, port in enumerate(self.ports, 1))


class Broker:
    """A running broker; close() ends it. Its log is broker.log in the folder."""

    def __init__(self, folder, plan=None, node=1, java=()):
        """plan: that of a cluster; the broker then does not wait for the others. java: options for it."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.daemons = Daemons(self.folder)
        self.plan = plan or Plan(1)
        self.ports = dict(zip(LISTENERS, free_ports(len(LISTENERS))))
        self.authority = Authority(self.folder, "ca")
        self.ca = self.authority.cert
        self.client = self.authority.issue("client", hosts=())
        keystore(self.authority.issue("broker"), self.ca, self.folder / "broker.pem")
        keystore(self.authority.expired("expired"), self.ca, self.folder / "expired.pem")
        listeners = ",".join("%s://%s" % (name, self.address(name)) for name in LISTENERS)
        (self.folder / "settings").write_text(SETTINGS % {
            "node": node, "controller": self.plan.ports[node - 1], "voters": self.plan.voters(),
            "replicas": self.plan.size(), "enough": self.plan.size() // 2 + 1, "listeners": listeners,
            "folder": self.folder, "ca": self.ca, "user": USER, "password": PASSWORD})
        (self.folder / "logging.properties").write_text(LOGGING)
        self._format()
        try:
            self.start(wait=plan is None, java=java)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def address(self, listener="PLAINTEXT"):
        return "127.0.0.1:%d" % self.ports[listener]

    def _java(self, *command):
        archive = ["-XX:SharedArchiveFile=%s" % CLASSES] if CLASSES.exists() else []
        return ["java", "-Xms96m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *archive, "-cp", "%s/*" % JARS,
                "-Dlog4j2.configurationFile=%s/logging.properties" % self.folder, *command]

    def _format(self):
        scram = "SCRAM-SHA-256=[name=%s,password=%s]" % (USER, PASSWORD)
        done = subprocess.run(self._java("kafka.tools.StorageTool", "format", "--cluster-id=" + self.plan.name,
                                         "-c", str(self.folder / "settings"), "--add-scram", scram),
                              capture_output=True, text=True, timeout=60, env=environment())
        assert done.returncode == 0, "no storage for the broker:\n" + done.stdout + done.stderr

    def start(self, wait=True, java=()):
        """Start it, again after kill(), and wait until it serves."""
        self.daemons.start("broker", self._java(*java, "kafka.Kafka", str(self.folder / "settings")))
        if wait:
            self.daemons.ready(lambda: Client(self.address()).brokers(), "the broker", 60)

    def damage(self, topic, partition, offset):
        """Change the last byte of a batch of the first segment, as a bad disk would; nobody has to be stopped for it, for what
        is sent is what stands in the file. Returns the offsets that were in the batch."""
        with open(self.folder / "data" / ("%s-%d" % (topic, partition)) / ("%020d.log" % 0), "r+b") as file:
            offsets = range(0)
            while offset not in offsets:
                first, size = struct.unpack(">qi", file.read(12))
                offsets = range(first, first + struct.unpack(">11xi", file.read(15))[0] + 1)
                file.seek(size - 15, 1)
            file.seek(-1, 1)
            last, = file.read(1)
            file.seek(-1, 1)
            file.write(bytes((last ^ 1,)))
        return offsets

    def signal(self, number):
        self.daemons.running[0][1].send_signal(number)

    def kill(self):
        """SIGKILL: what it has not written is gone."""
        self.signal(signal.SIGKILL)
        self.daemons.stop()

    def end(self):
        """SIGTERM, and wait until it has written all."""
        self.signal(signal.SIGTERM)
        self.daemons.running[0][1].wait(120)

    def close(self):
        """End it; one that was stopped, too."""
        if self.daemons.running:
            self.signal(signal.SIGCONT)
            self.kill()


class Cluster:
    """Some brokers, of which one may be away; close() ends them."""

    def __init__(self, folder, size=3):
        self.brokers = []
        plan = Plan(size)
        try:
            for node in range(1, size + 1):
                self.brokers.append(Broker(pathlib.Path(folder) / str(node), plan, node))
            self.brokers[0].daemons.ready(lambda: Client(self.address()).brokers() == size, "all brokers", 90)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def address(self, listener="PLAINTEXT"):
        return ",".join(broker.address(listener) for broker in self.brokers)

    def close(self):
        for broker in self.brokers:
            broker.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    with Broker(sys.argv[1]) as broker:
        print({name: broker.address(name) for name in LISTENERS}, flush=True)
        sys.stdin.read()
