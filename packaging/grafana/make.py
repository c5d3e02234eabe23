# SPDX-License-Identifier: Apache-2.0
"""Makes the Grafana dashboard from the list of its panels: prints JSON.

    /usr/bin/python3 packaging/grafana/make.py > packaging/grafana/skydive-exporter.json
"""
import json
import sys

WIDTH, HEIGHT, COLUMNS = 8, 7, 24
BY_TENANT = '{instance=~"$instance",tenant=~"$tenant"}'
BY_INSTANCE = '{instance=~"$instance"}'

# Title, unit, and (legend, expression) of each line; %s is the selection.
TENANTS = [
    ("Flows", "cps", [("{{tenant}}", "rate(skydive_exporter_flows_received_total%s[5m])")]),
    ("Records", "cps", [("{{tenant}}", "rate(skydive_exporter_records_encoded_total%s[5m])")]),
    ("Stored", "Bps", [("{{tenant}}", "rate(skydive_exporter_uploaded_bytes_total%s[5m])")]),
    ("Lost: flows and records", "cps", [
        ("{{tenant}} {{reason}}", "rate(skydive_exporter_flows_dropped_total%s[5m])"),
        ("{{tenant}} {{reason}}", "rate(skydive_exporter_records_dropped_total%s[5m])"),
        ("{{tenant}} evicted", "rate(skydive_exporter_records_evicted_total%s[5m])")]),
    ("Waiting to be stored", "bytes", [("{{tenant}}", "skydive_exporter_pending_bytes%s")]),
    ("Oldest that waits", "s", [("{{tenant}}", "skydive_exporter_oldest_pending_seconds%s")]),
    ("Uploads that failed", "cps", [("{{tenant}}", "rate(skydive_exporter_upload_failures_total%s[5m])")]),
    ("Refused objects", "short", [("{{tenant}}", "skydive_exporter_objects_quarantined_total%s")]),
    ("Questions without an answer", "cps", [("{{tenant}}", "rate(skydive_exporter_lookups_degraded_total%s[5m])")]),
]
PROGRAM = [
    ("Sources", "short", [("{{source}}", "skydive_exporter_source_up%s")]),
    ("Flows by source", "cps", [("{{source}}", "rate(skydive_exporter_source_flows_total%s[5m])")]),
    ("Gaps and renewals", "short", [
        ("{{source}} gaps", "increase(skydive_exporter_source_gaps_total%s[15m])"),
        ("{{source}} renewals", "increase(skydive_exporter_source_renewals_total%s[15m])")]),
    ("Spool", "bytes", [("{{instance}}", "skydive_exporter_spool_bytes%s")]),
    ("Topology: requests and failures", "cps", [
        ("requests", "rate(skydive_exporter_topology_requests_total%s[5m])"),
        ("failures", "rate(skydive_exporter_topology_failures_total%s[5m])")]),
    ("Topology: cache", "cps", [
        ("hits", "rate(skydive_exporter_topology_cache_hits_total%s[5m])"),
        ("misses", "rate(skydive_exporter_topology_cache_misses_total%s[5m])")]),
]
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def row(number, title, top):
    return {"id": number, "type": "row", "title": title, "collapsed": False, "panels": [],
            "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1}}


def panel(number, title, unit, lines, selection, place):
    return {
        "id": number, "type": "timeseries", "title": title, "datasource": DATASOURCE, "gridPos": place,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": [{"refId": chr(ord("A") + at), "datasource": DATASOURCE, "expr": text % selection, "legendFormat": legend}
                    for at, (legend, text) in enumerate(lines)],
    }


def panels():
    found, top = [], 0
    for title, group, selection in (("Tenants", TENANTS, BY_TENANT), ("Sources, spool, topology", PROGRAM, BY_INSTANCE)):
        found.append(row(len(found) + 1, title, top))
        top += 1
        for at, (name, unit, lines) in enumerate(group):
            place = {"x": at * WIDTH % COLUMNS, "y": top + at * WIDTH // COLUMNS * HEIGHT, "w": WIDTH, "h": HEIGHT}
            found.append(panel(len(found) + 1, name, unit, lines, selection, place))
        top += -(-len(group) * WIDTH // COLUMNS) * HEIGHT
    return found


def variable(name, metric):
    query = "label_values(%s, %s)" % (metric, name)
    return {"name": name, "type": "query", "datasource": DATASOURCE, "definition": query, "query": {"query": query, "refId": name},
            "refresh": 2, "multi": True, "includeAll": True, "current": {}, "sort": 1}


def dashboard():
    return {
        "uid": "skydive-exporter", "title": "skydive-exporter", "tags": ["skydive"], "schemaVersion": 36, "version": 1,
        "editable": True, "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "timezone": "browser",
        "annotations": {"list": []}, "links": [],
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus", "current": {}, "refresh": 1},
            variable("instance", "skydive_exporter_build_info"),
            variable("tenant", "skydive_exporter_flows_received_total")]},
        "panels": panels(),
    }


json.dump(dashboard(), sys.stdout, indent=1)
print()
