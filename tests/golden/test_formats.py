# SPDX-License-Identifier: Apache-2.0
"""AWS's and IBM's own formats: readers written from their documentation take what we write, and the sums are right."""
import collections
import gzip
import json

import pytest

from golden import cases, formats
from golden.formats import AWS, BASE, IBM, KINDS, messages, of_kind
from lib import aws_lines, ibm_objects, objects, oracle, settings, traffic
from lib.paths import GOLDEN, ROOT, recording
from lib.process import exporter, replay


def export(pipeline, recordings, folder, topology=()):
    """Replay into files; returns the objects, which must be sound."""
    found = objects.read_tree(formats.export(pipeline, recordings, folder, topology))
    assert found and not objects.faults(found)
    return found


def aws_records(found):
    for item in found:
        assert item.headers["content-type"] == "text/plain" and item.headers["content-encoding"] == "gzip"
        assert gzip.decompress(item.raw).decode() == item.text
    return [r for item in found for r in aws_lines.read(item.text)]


@pytest.mark.parametrize("age, kind", KINDS + [("old", "lossy"), ("new", "lossy")])
def test_aws_sums_are_those_of_the_flows(age, kind, tmp_path):
    """Packets and bytes by interface, direction and connection: neither what ARP and DNS flows repeat, nor a loss."""
    path = of_kind(age, kind, tmp_path)
    batches = list(oracle.flows_of([path]))
    wanted = traffic.sums(batches)
    assert aws_lines.sums(aws_records(export(AWS, [path], tmp_path))) == wanted
    repeated = sum(f["LastUpdateMetric"].get("ABPackets", 0) for b in batches for f in b if "Network" in f)
    assert repeated > sum(n["ABPackets"] for f, n in traffic.carried(batches) if "Network" in f) or kind == "lossy"


@pytest.mark.parametrize("age", ["old", "new"])
def test_aws_tenants_share_no_state(age, tmp_path):
    """Two pipelines on the same flows, of which one excludes tags and one is of a capture, count for themselves."""
    path = recording(age + "-netns-mixed.jsonl.gz")
    batches = list(oracle.flows_of([path]))
    capture = collections.Counter(f["CaptureID"] for b in batches for f in b).most_common(1)[0][0]
    masks = [oracle.mask(m) for m in BASE["pipeline"]["classify"]["cluster_net_masks"]]
    tenants = {"inside": {"filter": {"excluded_tags": ["other", "ingress"]}, "store": {"buffered": {"dirname": "a"}}},
               "capture": {"subscriber": {"capture_id": capture}, "store": {"buffered": {"dirname": "b"}}}}
    wanted = {"a": [[f for f in b if oracle.classify(f, masks) in ("internal", "egress")] for b in batches],
              "b": [[f for f in b if f["CaptureID"] == capture] for b in batches]}
    base = settings.merge(BASE, {"pipeline": AWS, "spool": {"directory": str(tmp_path / "spool")}})
    main = settings.save_all(tmp_path, base, {n: {"pipeline": t} for n, t in tenants.items()})
    replay(main, [path], (), tmp_path / "out")
    for bucket, flows in wanted.items():
        found = objects.read_tree(tmp_path / "out" / bucket)
        assert aws_lines.sums(aws_records(found)) == traffic.sums(flows)


def test_aws_fields_are_what_aws_says_they_are(tmp_path):
    """Fixed values, addresses by family, flags once a direction and flow, directions from the topology."""
    topology = [GOLDEN / "inputs" / "old-netns-mixed-pre028.topology.json.gz"]
    path = recording("old-netns-mixed.jsonl.gz")
    records = aws_records(export(AWS, [path], tmp_path, topology))
    answers = oracle.Topology(topology)
    for r in records:
        assert (r["version"], r["account-id"], r["region"], r["az-id"]) == (5, "123456789012", "eu-central-1", "euc1-az1")
        assert (r["vpc-id"], r["subnet-id"], r["instance-id"]) == ("vpc-1", "subnet-1", "i-1")
        assert (r["pkt-srcaddr"], r["pkt-dstaddr"]) == (r["srcaddr"], r["dstaddr"])
        assert r["type"] == ("IPv6" if ":" in r["srcaddr"] else "IPv4")
        own = answers.addresses(r["interface-id"])
        first = [a for a in own if a in (r["srcaddr"], r["dstaddr"])][:1]
        assert r["flow-direction"] == ({r["dstaddr"]: "ingress", r["srcaddr"]: "egress"}[first[0]] if first else None)
        assert r["tcp-flags"] == 0 or r["protocol"] == 6
    assert {r["flow-direction"] for r in records} == {"ingress", "egress", None}
    flags = collections.Counter()
    for r in records:
        for bit in (1, 2, 4, 16):
            flags[bit] += bool((r["tcp-flags"] or 0) & bit)
    flows = [f for f, n in traffic.carried(oracle.flows_of([path]))]
    for bit, event, sides in ((1, "FinStart", ("AB", "BA")), (2, "SynStart", ("AB", "BA")),
                              (4, "RstStart", ("AB", "BA")), (16, "SynStart", ("BA",))):
        # Skydive takes a repeated SYN for one of the other side, which sent nothing.
        assert flags[bit] == sum(bool(f["TCPMetric"][s + event] and f["Metric"][s + "Packets"])
                                 for f in flows if f.get("TCPMetric") for s in sides)


@pytest.mark.parametrize("options, header", [
    ({}, aws_lines.DEFAULT),
    ({"version": 3}, [n for n, (v, _) in aws_lines.FIELDS.items() if v <= 3]),
    ({"version": 4}, [n for n, (v, _) in aws_lines.FIELDS.items() if v <= 4]),
    ({"fields": ["bytes", "srcaddr", "version", "log-status"]}, ["bytes", "srcaddr", "version", "log-status"]),
    ({"fields": ["version", "region", "log-status"], "version": 4}, ["version", "region", "log-status"]),
])
def test_aws_columns(options, header, tmp_path):
    """The header line names the fields asked for, and version is the highest of theirs."""
    pipeline = settings.merge(AWS, {"transform": {"awsflowlogs": {"version": 0}}})
    pipeline = settings.merge(pipeline, {"transform": {"awsflowlogs": options}})
    for item in export(pipeline, [recording("old-netns-mixed.jsonl.gz")], tmp_path):
        assert item.frame[0] == " ".join(header)
        assert {r["version"] for r in aws_lines.read(item.text)} == {max(aws_lines.FIELDS[n][0] for n in header)}


def test_aws_records_as_csv_and_ndjson(tmp_path):
    """The same records in three encodings; what is not known is "-", an empty field, no member."""
    path = recording("new-netns-mixed.jsonl.gz")
    seen = []
    for encoder in ("text", "csv", "ndjson"):
        folder = tmp_path / encoder
        folder.mkdir()
        pipeline = settings.merge(AWS, {"encode": {"type": encoder},
                                        "transform": {"awsflowlogs": {"dialect": "aws"}}})
        records = []
        for item in export(pipeline, [path], folder):
            names = item.frame[0].split({"text": " ", "csv": ","}.get(encoder, "\n"))
            for line in item.records:
                if encoder == "ndjson":
                    assert item.headers["content-type"] == "application/x-ndjson"
                    records.append({n: str(v) for n, v in json.loads(line).items()})
                    continue
                unknown, mark = {"text": ("-", " "), "csv": ("", ",")}[encoder]
                records.append({n: v for n, v in zip(names, line.split(mark)) if v != unknown})
        seen.append(records)
    assert seen[0] == seen[1] == seen[2] and len(seen[0]) > 500


def test_aws_says_what_was_lost(tmp_path):
    """Flows that cannot be decoded make one SKIPDATA line in each series that is in use, in the object that misses them."""
    found = export(AWS, [GOLDEN / "inputs" / "edge_all.jsonl.gz", GOLDEN / "inputs" / "edge_bad.jsonl.gz"], tmp_path)
    skipped = 0
    for item in found:
        lines = [r for r in aws_lines.read(item.text) if r["log-status"] == "SKIPDATA"]
        assert not lines or objects.LOST in item.headers
        assert all(r["interface-id"] is None for r in lines)
        skipped += len(lines)
    assert skipped
    (tmp_path / "good").mkdir()
    good = export(AWS, [recording("old-netns-mixed.jsonl.gz")], tmp_path / "good")
    assert {r["log-status"] for r in aws_records(good)} == {"OK"}


def test_aws_says_when_an_interface_is_silent(tmp_path):
    """A NODATA line an interval and interface, six at most, from the last traffic on; then the interface is forgotten."""
    lines = messages("old")
    (tmp_path / "gap.jsonl").write_bytes(lines[0] + lines[-1])
    (tmp_path / "gap.times").write_text("1700000000000\n1700009000000\n")
    records = aws_records(export(settings.merge(AWS, {"filter": {"excluded_tags": ["egress", "ingress", "other"]}}),
                                 [tmp_path / "gap.jsonl"], tmp_path))
    first = list(oracle.flows_of([tmp_path / "gap.jsonl"]))[0]
    masks = [oracle.mask(m) for m in BASE["pipeline"]["classify"]["cluster_net_masks"]]
    seen = {f["NodeTID"] for f in first if oracle.classify(f, masks) == "internal"}
    silent = collections.defaultdict(list)
    for r in records:
        if r["log-status"] == "NODATA":
            silent[r["interface-id"]].append((r["start"], r["end"]))
    windows = [(1700000000 + 600 * n, 1700000600 + 600 * n) for n in range(6)]
    assert seen and dict(silent) == {tid: windows for tid in seen}


@pytest.mark.parametrize("age, kind", KINDS + [("new", "lossy")])
def test_ibm_objects_are_typed_and_their_sums_right(age, kind, tmp_path):
    """Every key of the documented schema in every record; sums by connection are those of the flows."""
    path = of_kind(age, kind, tmp_path)
    topology = [GOLDEN / "inputs" / (age + "-netns-mixed-pre028.topology.json.gz")]
    batches = list(oracle.flows_of([path]))
    sums = collections.defaultdict(lambda: [0, 0])
    ends, directions = 0, collections.Counter()
    for item in export(IBM, [path], tmp_path, topology):
        header, records = ibm_objects.read(json.loads(item.text))
        assert header["collector_crn"] == "crn:v1:c" and header["state"] == "ok"
        for r in records:
            directions[r.get("direction")] += 1
            ends += r["was_terminated"]
            a, b = (r["initiator_ip"], r["target_ip"]), (r["initiator_port"], r["target_port"])
            for key, who in ((a + b, "initiator"), (a[::-1] + b[::-1], "target")):
                total = sums[key + (r["transport_protocol"],)]
                total[0] += r["packets_from_" + who]
                total[1] += r["bytes_from_" + who]
    assert {k: v for k, v in sums.items() if any(v)} == formats.logged_by_ibm(batches)
    assert directions["I"] and directions["O"]
    flows = [f for f, _ in traffic.carried(batches)
             if f.get("Transport", {}).get("Protocol") in ("TCP", "UDP") and f["Network"]["Protocol"] == "IPV4"]
    assert ends == sum(is_ended(f) for f in flows)


def is_ended(flow):
    tcp = collections.Counter(flow.get("TCPMetric"))
    return bool(flow.get("FinishType") or tcp["ABRstStart"] or tcp["BARstStart"] or
                (tcp["ABFinStart"] and tcp["BAFinStart"]))


def test_ibm_header_is_metadata_and_tells_of_losses(tmp_path):
    """Every member of the header is metadata with the same text; state is "skip data" where flows were lost."""
    found = export(IBM, [GOLDEN / "inputs" / "edge_all.jsonl.gz", GOLDEN / "inputs" / "edge_bad.jsonl.gz"], tmp_path)
    states = collections.Counter()
    for item in found:
        body = json.loads(item.text)
        assert set(ibm_objects.HEADER) == set(body)
        for name in set(ibm_objects.HEADER) - {"flow_logs"}:
            assert item.headers.get(objects.META + name, "") == str(body[name]), name
        assert body["state"] == ("skip data" if objects.LOST in item.headers else "ok")
        states[body["state"]] += 1
    assert states["skip data"]


def test_csv_of_version_3(tmp_path):
    """All 21 columns of the Go exporter's version 3, under its own headings (P32)."""
    case = cases.by_name("edge-aws3")
    config = settings.merge(settings.load(case.config), {
        "pipeline": {"encode": {"type": "csv"}}, "spool": {"directory": str(tmp_path / "spool")}})
    replay(settings.save(tmp_path / "config.yml", config), case.inputs, (), tmp_path / "out")
    found = objects.read_tree(tmp_path / "out")
    assert {item.frame[0] for item in found} == {",".join(oracle.AWS_3)}
    wanted = {name: [oracle.as_csv(r) for r in records] for name, records in objects.records(cases.expected(case)).items()}
    assert objects.records(found) == wanted


def test_flows_without_link_or_metric(tmp_path):
    """The flows that kill the Go exporter (P19): no link, no metric, an address without a network."""
    flow = {"UUID": "f1", "Start": 5000, "Last": 7000, "Network": {"Protocol": "IPV4", "A": "1.1.1.1", "B": "2.2.2.2"}}
    (tmp_path / "odd.jsonl").write_text(json.dumps(
        {"Namespace": "flow", "Type": "store", "UUID": "u", "Status": 200, "Obj": [flow, {"UUID": "f2"}]}) + "\n")
    found = export({"transform": {"type": "awsflowlogs"}}, [tmp_path / "odd.jsonl"], tmp_path)
    assert [json.loads(r) for item in found for r in item.records] == [
        {"Version": 2, "AccountID": "12345678", "InterfaceID": "0", "SrcAddr": a, "DstAddr": b, "SrcPort": 0, "DstPort": 0,
         "Protocol": 0, "Packets": 0, "Bytes": 0, "Start": start, "End": end, "Action": "ACCEPT", "LogStatus": "OK"}
        for a, b, start, end in (("1.1.1.1", "2.2.2.2", 5, 7), ("", "", 0, 0))]


@pytest.mark.parametrize("pipeline, wanted", [
    ({"encode": {"type": "csv"}}, ["encode csv", "transform none"]),
    ({"encode": {"type": "text"}, "transform": {"type": "secadvisor"}}, ["encode text", "transform secadvisor"]),
    ({"encode": {"type": "ndjson"}, "storeheader": {"type": "vpclogs"}}, ["encode ndjson", "storeheader vpclogs"]),
    ({"transform": {"type": "awsflowlogs", "awsflowlogs": {"fields": ["version", "srcadr"]}}},
     ["fields[1]", '"srcadr"', 'did you mean "srcaddr"?']),
    ({"transform": {"type": "awsflowlogs", "awsflowlogs": {"fields": ["end", "end"]}}}, ["fields[1]", "there already"]),
    ({"transform": {"type": "awsflowlogs", "awsflowlogs": {"fields": ["end", "type"], "version": 5}}},
     ["version", "version 3"]),
    ({"transform": {"type": "awsflowlogs", "awsflowlogs": {"fields": ["end"], "dialect": "exporter"}}},
     ["fields", "dialect aws"]),
    ({"transform": {"type": "awsflowlogs", "awsflowlogs": {"version": 4}}}, ["version", "2 and 3"]),
    ({"transform": {"type": "awsflowlogs", "awsflowlogs": {"dialect": "azure"}}}, ["dialect", "azure"]),
])
def test_what_does_not_fit_is_said(pipeline, wanted, tmp_path):
    """One line with the file, its line, and both that do not go together."""
    path = settings.save(tmp_path / "t.yml", settings.merge(BASE, {"pipeline": pipeline}))
    result = exporter("check", "-c", path)
    assert result.code == 1
    lines = [line for line in result.stderr.splitlines() if all(w in line for w in wanted)]
    assert len(lines) == 1 and "t.yml:" in lines[0], result.stderr


def test_the_sample(tmp_path):
    """etc/awsflowlogs.yml makes gzip'ed lines that AWS's readers take, labelled as AWS's own objects are: not at all."""
    config = settings.merge(settings.load(ROOT / "etc" / "awsflowlogs.yml"), {
        "spool": {"directory": str(tmp_path / "spool")}, "status": {"listen": ""}})
    replay(settings.save(tmp_path / "awsflowlogs.yml", config), [recording("old-netns-mixed.jsonl.gz")], (),
           tmp_path / "out")
    found = sorted((tmp_path / "out").rglob("*.gz"))
    assert found
    for path in found:
        assert {r["version"] for r in aws_lines.read(gzip.decompress(path.read_bytes()).decode())} == {5}
        headers = objects.read_headers(str(path) + ".headers")
        assert headers["content-type"] == "application/gzip" and "content-encoding" not in headers


def test_profile(tmp_path):
    """profile: awsflowlogs is the Go program's sample: its records as csv, gzip'ed, in objects of its size."""
    config = {"profile": "awsflowlogs", "spool": {"directory": str(tmp_path / "spool")}, "pipeline": {
        "subscriber": BASE["pipeline"]["subscriber"], "store": {"buffered": {"dirname": "bucket"}},
        "write": BASE["pipeline"]["write"]}}
    path = recording("new-netns-mixed.jsonl.gz")
    replay(settings.save(tmp_path / "t.yml", config), [path], (), tmp_path / "out")
    found = objects.read_tree(tmp_path / "out")
    assert not objects.faults(found)
    assert {(o.frame[0], o.series, o.headers["content-encoding"]) for o in found} == {
        (",".join(oracle.AWS_2), "bucket/logs/other", "gzip")}
    wanted = [oracle.as_csv(oracle.awsflowlogs(f, 2)) for batch in oracle.flows_of([path]) for f in batch]
    assert [r for o in found for r in o.records] == wanted
