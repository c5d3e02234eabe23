# SPDX-License-Identifier: Apache-2.0
"""DuckDB, a reader that somebody else wrote, loads AWS's and IBM's objects with the documented types; the sums are right."""
import pytest

from golden import formats
from golden.formats import AWS, IBM, IBM_PLACE, KINDS, of_kind
from lib import oracle, settings, tables, traffic
from lib.paths import GOLDEN

# "-" in our lines: what Skydive cannot know, directions without the topology, protocols and flags it does not name.
AWS_UNKNOWN = {"protocol", "tcp-flags", "flow-direction", "sublocation-type", "sublocation-id", "pkt-src-aws-service",
               "pkt-dst-aws-service", "traffic-path"}
AWS_SUMS = """
    SELECT "interface-id", srcaddr, dstaddr, srcport, dstport, protocol, sum(packets), sum(bytes)
    FROM logs WHERE "log-status" = 'OK' GROUP BY ALL"""
IBM_SUMS = """
    SELECT a, b, a_port, b_port, transport_protocol, sum(packets), sum(bytes) FROM (
        SELECT initiator_ip AS a, target_ip AS b, initiator_port AS a_port, target_port AS b_port, transport_protocol,
               packets_from_initiator AS packets, bytes_from_initiator AS bytes FROM logs
        UNION ALL
        SELECT target_ip, initiator_ip, target_port, initiator_port, transport_protocol,
               packets_from_target, bytes_from_target FROM logs)
    GROUP BY ALL HAVING sum(packets) + sum(bytes) > 0"""


@pytest.fixture
def db():
    with tables.connect() as connection:
        yield connection


def export(pipeline, place, age, kind, folder):
    """Replay a recording with the topology of its time; returns the folder of objects and the batches of flows."""
    path = of_kind(age, kind, folder)
    topology = [GOLDEN / "inputs" / (age + "-netns-mixed-pre028.topology.json.gz")]
    pipeline = settings.merge(pipeline, {"store": {"buffered": place}})
    return formats.export(pipeline, [path], folder, topology), list(oracle.flows_of([path]))


def sums(db, query):
    """Return {connection: [packets, bytes]}."""
    return {tuple(connection): [packets, size] for *connection, packets, size in db.sql(query).fetchall()}


def none(db, what):
    """No row is like that."""
    assert db.sql("FROM %s LIMIT 3" % what).fetchall() == [], what


@pytest.mark.parametrize("layout, folders", [("aws", None), ("aws-hive", tables.AWS_PARTITIONS)], ids=["aws", "hive"])
@pytest.mark.parametrize("age, kind", KINDS)
def test_aws(layout, folders, age, kind, db, tmp_path):
    """Lines straight from .log.gz as AWS's columns and types; sums by interface, direction and connection."""
    out, batches = export(AWS, {"layout": layout}, age, kind, tmp_path)
    tables.aws(db, out, folders)
    assert sums(db, AWS_SUMS) == traffic.sums(batches)
    assert tables.unknown(db, "logs") == AWS_UNKNOWN
    none(db, """logs WHERE version <> 5 OR action <> 'ACCEPT' OR "log-status" <> 'OK' OR start > "end" """)
    if folders:
        none(db, """logs WHERE "aws-account-id" <> "account-id" OR "aws-region" <> region
                    OR make_date(year, month, day) - make_timestamp("end" * 1000000)::DATE NOT IN (0, 1)""")


@pytest.mark.parametrize("age, kind", KINDS)
def test_ibm(age, kind, db, tmp_path):
    """Objects straight from .gz as IBM's keys and types, in JSON and as columns; sums by direction and connection."""
    out, batches = export(IBM, IBM_PLACE, age, kind, tmp_path)
    tables.ibm(db, out)
    assert sums(db, IBM_SUMS) == formats.logged_by_ibm(batches)
    assert tables.json_types(db, out) == tables.as_json(tables.IBM)
    assert tables.unknown(db, "objects") == set() and tables.unknown(db, "logs") == {"direction"}
    none(db, "objects WHERE number_of_flow_logs <> len(flow_logs) OR state <> 'ok' OR account <> 'a1'"
             """ OR url_decode("vpc-id") <> %s""" % tables.text(IBM_PLACE["vpc_id"]))
    none(db, "logs WHERE start_time > end_time OR connection_start_time > end_time OR direction NOT IN ('I', 'O')")
