# SPDX-License-Identifier: Apache-2.0
"""AWS's and IBM's flow logs as tables of DuckDB, which reads the objects as they lie there.

Columns and types are those of the vendors' documents: "Flow log records" of the Amazon VPC User Guide, whose types are
Parquet's, and IBM's topic vpc-fl-analyze. Nothing is detected, and nothing comes from how we write.
"""
import json

import duckdb

INT_32 = ("version", "srcport", "dstport", "protocol", "tcp-flags")
INT_64 = ("packets", "bytes", "start", "end")
AWS = {name: "INTEGER" if name in INT_32 else "BIGINT" if name in INT_64 else "VARCHAR" for name in (
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
    "start", "end", "action", "log-status", "vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr",
    "pkt-dstaddr", "region", "az-id", "sublocation-type", "sublocation-id", "pkt-src-aws-service", "pkt-dst-aws-service",
    "flow-direction", "traffic-path")}
DATE = {"year": "USMALLINT", "month": "UTINYINT", "day": "UTINYINT"}
AWS_PARTITIONS = {"aws-account-id": "VARCHAR", "aws-service": "VARCHAR", "aws-region": "VARCHAR", **DATE}

IBM_RECORD = {
    "start_time": "TIMESTAMP", "end_time": "TIMESTAMP", "connection_start_time": "TIMESTAMP", "direction": "VARCHAR",
    "action": "VARCHAR", "initiator_ip": "VARCHAR", "target_ip": "VARCHAR", "initiator_port": "USMALLINT",
    "target_port": "USMALLINT", "transport_protocol": "UTINYINT", "ether_type": "VARCHAR", "was_initiated": "BOOLEAN",
    "was_terminated": "BOOLEAN",
    **{half + what + who: "UBIGINT" for half in ("", "cumulative_") for what in ("bytes_from_", "packets_from_")
       for who in ("initiator", "target")},
}
IBM = {
    "version": "VARCHAR", "collector_crn": "VARCHAR", "attached_endpoint_type": "VARCHAR",
    "network_interface_id": "VARCHAR", "instance_crn": "VARCHAR", "vpc_crn": "VARCHAR", "capture_start_time": "TIMESTAMP",
    "capture_end_time": "TIMESTAMP", "state": "VARCHAR", "number_of_flow_logs": "UINTEGER",
    "flow_logs": "STRUCT(%s)[]" % ", ".join('"%s" %s' % column for column in IBM_RECORD.items()),
}
IBM_PARTITIONS = {**{name: "VARCHAR" for name in ("account", "region", "vpc-id", "subnet-id", "endpoint-type",
                                                  "instance-id", "vnic-id", "record-type", "stream-id")},
                  **DATE, "hour": "UTINYINT"}
IN_JSON = {"BOOLEAN": "BOOLEAN", "TIMESTAMP": "VARCHAR", "VARCHAR": "VARCHAR"}      # else a number


def text(value):
    return "'%s'" % str(value).replace("'", "''")


def columns(types):
    """Return a map of names and types as DuckDB writes one."""
    return "{%s}" % ", ".join("%s: %s" % (text(name), text(kind)) for name, kind in types.items())


def partitions(types):
    """Return the options that make the NAME=VALUE of folders columns."""
    if not types:
        return "hive_partitioning=false"
    return "hive_partitioning=true, hive_types={%s}" % ", ".join("%s: %s" % (text(n), kind) for n, kind in types.items())


def connect():
    """Open an empty database in memory that loads nothing from elsewhere."""
    return duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
                                  "threads": "2"})


def aws(db, folder, folders_say=None):
    """Make the table "logs" of all .log.gz below a folder, a row for each line after the header."""
    db.sql("CREATE TABLE logs AS FROM read_csv(%s, auto_detect=false, compression='gzip', header=true, delim=' ', "
           "quote='', escape='', nullstr='-', columns=%s, %s)" % (
               text(folder / "**" / "*.log.gz"), columns(AWS), partitions(folders_say)))


def ibm(db, folder):
    """Make the tables "objects", a row for each .gz below a folder, and "logs", a row for each of their flow logs."""
    db.sql("CREATE TABLE objects AS FROM read_json(%s, auto_detect=false, compression='gzip', format='unstructured', "
           "records=true, timestampformat='%%Y-%%m-%%dT%%H:%%M:%%SZ', columns=%s, %s)" % (
               text(folder / "**" / "*.gz"), columns(IBM), partitions(IBM_PARTITIONS)))
    db.sql("CREATE TABLE logs AS SELECT unnest(flow_logs, max_depth := 2) FROM objects")


def json_types(db, folder):
    """Return the types that JSON itself has in all .gz below a folder; the columns' types would take "5" for a 5."""
    return json.loads(db.sql(
        "SELECT json_group_structure(json) FROM read_json_objects(%s, compression='gzip', format='unstructured')"
        % text(folder / "**" / "*.gz")).fetchall()[0][0])


def as_json(types):
    """Return the types that columns have in JSON."""
    return {name: [as_json(IBM_RECORD)] if kind.endswith("[]") else IN_JSON.get(kind, "UBIGINT")
            for name, kind in types.items()}


def unknown(db, table):
    """Return the columns that have a NULL."""
    rows, *known = db.sql("SELECT count(*), count(COLUMNS(*)) FROM " + table).fetchall()[0]
    return {name for name, count in zip(db.table(table).columns, known) if count < rows}
