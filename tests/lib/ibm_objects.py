# SPDX-License-Identifier: Apache-2.0
"""IBM Cloud's VPC flow logs as a typed reader takes them: every key, its type, its values.

From IBM's documentation of the objects (topic vpc-fl-analyze). A key that is missing, is too many, or has a value of
another type is an error, as a table with columns that are NOT NULL would have it.
"""
import datetime
import ipaddress

UINT64 = (0, (1 << 64) - 1)
HEADER = {
    "version": str, "collector_crn": str, "attached_endpoint_type": ("vnic",), "network_interface_id": str,
    "instance_crn": str, "vpc_crn": str, "capture_start_time": "time", "capture_end_time": "time",
    "state": ("ok", "skip data"), "number_of_flow_logs": (0, (1 << 32) - 1), "flow_logs": list,
}
RECORD = {
    "start_time": "time", "end_time": "time", "connection_start_time": "time", "direction": ("I", "O"),
    "action": ("accepted", "rejected"), "initiator_ip": "ip", "target_ip": "ip", "initiator_port": (0, 65535),
    "target_port": (0, 65535), "transport_protocol": (0, 255), "ether_type": ("IPv4",), "was_initiated": bool,
    "was_terminated": bool,
    **{half + what + who: UINT64 for half in ("", "cumulative_") for what in ("bytes_from_", "packets_from_")
       for who in ("initiator", "target")},
}
OPTIONAL = {"direction"}  # what an interface without a known address sees


class NotIbm(AssertionError):
    """An object that a reader of IBM's schema cannot take."""


def value(name, kind, found):
    """Check one value; returns it, times as numbers."""
    if kind == "time":
        return datetime.datetime.strptime(found, "%Y-%m-%dT%H:%M:%SZ").timestamp()
    if kind == "ip":
        return str(ipaddress.IPv4Address(found))
    if isinstance(kind, tuple) and isinstance(kind[0], int):
        good = type(found) is int and kind[0] <= found <= kind[1]
    elif isinstance(kind, tuple):
        good = found in kind
    else:
        good = type(found) is kind
    if not good:
        raise NotIbm("%s is %r" % (name, found))
    return found


def table(kinds, found, optional=()):
    if set(kinds) - set(found) - set(optional) or set(found) - set(kinds):
        raise NotIbm("keys %s" % sorted(set(kinds) ^ set(found)))
    return {name: value(name, kinds[name], v) for name, v in found.items()}


def read(body):
    """Return (header, records) of a parsed object."""
    header = table(HEADER, body)
    records = [table(RECORD, r, OPTIONAL) for r in header.pop("flow_logs")]
    if header["number_of_flow_logs"] != len(records):
        raise NotIbm("number_of_flow_logs")
    for r in records:
        if not r["connection_start_time"] <= r["end_time"] or not r["start_time"] <= r["end_time"]:
            raise NotIbm("times of %s" % r)
        for what in ("bytes_from_", "packets_from_"):
            for who in ("initiator", "target"):
                if r[what + who] > r["cumulative_" + what + who]:
                    raise NotIbm("more in the window than since the start: %s" % r)
    return header, records
