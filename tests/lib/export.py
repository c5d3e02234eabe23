# SPDX-License-Identifier: Apache-2.0
"""Running a whole export: stand-in analyzer, exporter, and a configuration that joins them."""
from lib import settings
from lib.process import Analyzer, Exporter

# Flows a second: fast, but no flood, so that no lookup is cut short.
PACE = 2000


def whole_flows(of=200, compress="none"):
    """Return a configuration that exports every flow as it came, in objects of so many flows or of a second."""
    return {"pipeline": {
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "transform": {"type": "none"},
        "compress": {"type": compress},
        "store": {"type": "buffered", "buffered": {
            "dirname": "bucket", "filename_prefix": "logs", "max_flows_per_object": of,
            "max_seconds_per_object": 1, "max_seconds_per_stream": 86400, "max_flow_array_size": 100000}},
    }}


def joined(config, analyzer, folder, write, change=None):
    """Return a configuration that takes its flows from the stand-in and stores them with that writer.

    config: parsed configuration of the Go exporter; write: what stands below pipeline.write.
    """
    config = settings.merge(config, {
        "analyzers": [analyzer.address],
        "spool": {"directory": str(folder / "spool")},
        "status": {"listen": ""},
        "pipeline": {"subscriber": {"url": analyzer.url}},
    })
    config["pipeline"]["write"] = write
    return settings.merge(config, change or {})


def to_file(folder):
    return {"type": "file", "file": {"directory": str(folder / "stored")}}


def to_s3(store):
    return {"type": "s3", "s3": store.settings()}


def export(config, recordings, topology, folder, write, change=None, pace=PACE, listen="127.0.0.1:0", options=()):
    """Play recordings into an exporter until their end, then stop it. Returns the stand-in's counters.

    Everything must have gone well: one connection, closed in order, exit code 0, an empty spool.
    """
    with Analyzer(*recordings, topology=topology, pace=pace, listen=listen, options=options) as analyzer:
        path = settings.save(folder / "exporter.yml", joined(config, analyzer, folder, write, change))
        with Exporter(path) as exporter:
            analyzer.event("end", 60, unless_ends=exporter)
            code = exporter.stop()
            assert code == 0, "exit code %d:\n%s" % (code, exporter.err.text()[-4000:])
        stats = analyzer.stats()
    assert stats["admitted"] == 1 and stats["lost_flows"] == 0, stats
    assert waiting(folder) == []
    return stats


def waiting(folder):
    """Return the files of the spool that hold records not yet stored."""
    return sorted(str(p.relative_to(folder)) for kind in ("open", "new", "bad", "tmp")
                  for p in (folder / "spool").glob("*/%s/*" % kind))
