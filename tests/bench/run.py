# SPDX-License-Identifier: Apache-2.0
"""What an export costs, step by step and as a whole, beside its budgets; `make bench` calls it.

    BUILD=build /usr/bin/python3 tests/bench/run.py [steps | lookups | mirror | end-to-end | waking | ten-thousand | kafka | kafka-in]

Times are medians of this thread's user and system time, taken in turn within one run; instructions are callgrind's
(user code only). Memory is VmHWM. Nothing is kept.
"""
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import bench_end_to_end  # noqa: E402
import bench_kafka  # noqa: E402
import bench_kafka_in  # noqa: E402
import bench_ten_thousand  # noqa: E402
import bench_waking  # noqa: E402
import flows  # noqa: E402
import graphs  # noqa: E402
from lib import paths  # noqa: E402
from lib.process import Analyzer  # noqa: E402

COUNT = 5000            # different flows
STREAM = paths.RECORDINGS / "new-netns-storm6-topology-stream.jsonl.gz"
PROGRAM = paths.BUILD / "tests" / "bench" / "bench_steps"
SOCKET_RUNS = 3
COUNTED = ("receive", "frames", "decode", "decode-json-framing", "decode-agents", "row", "row-memory", "row-aws",
           "row-lines", "row-protobuf", "row-peers", "row-secadvisor", "row-cached", "row-mirror", "seal-6", "zlib-6")
STEPS = {
    "receive": "receive: connection and frames",
    "frames": "  frames alone, from memory",
    "decode": "decode: envelope and JSON flows",
    "decode-json-framing": "  the same with JSON framing",
    "decode-agents": "  agents' protobuf flows",
    "row": "row: classify ... append (100 flows a message)",
    "row-memory": "  the same without the spool",
    "row-aws": "  the same as AWS's lines, two a flow",
    "row-as-recorded": "  the same with messages as recorded",
    "row-lines": "row of the whole flow as JSON, without the spool",
    "row-protobuf": "  the same as protobuf",
    "row-peers": "row of flows between 2,000 peers",
    "row-secadvisor": "  the same as Security Advisor records",
    "row-cached": "  with two extends, all answers in the cache",
    "row-mirror": "  the same, of a mirror",
    "seal-6": "seal with gzip 6",
    "zlib-6": "  zlib 6 alone, same rows",
    "seal-1": "seal with gzip 1",
    "seal-zstd": "seal with zstd 1",
    "zlib-1": "  zlib 1 alone, same rows",
}
# What a flow of 1.2 kB may take; what grows with its size is scaled to the size it has here.
BUDGET_NS = {"receive": 400, "decode": 1000, "row": 800}
BUDGET_BYTES = 1200
SCALED = ("receive", "decode")
BUDGET_INSTRUCTIONS = {"row": 6000}
DECODE_INSTRUCTIONS_PER_KB = 10000
SECADVISOR_OVER_VPCLOGS = 2
AWS_OVER_VPCLOGS = 1.3
PROTOBUF_OVER_LINES = 1
MIRROR_OVER_CACHE = 1.3
MIRROR_NODES, MIRROR_FLOWS = 100000, 2000000
MIRROR_LOAD_S, MIRROR_MB, MIRROR_NODE_BYTES, EDGE_BYTES, MIRROR_LOOKUP_NS = 2, 60, 250, 24, 500
MIRROR_EVENTS, MIRROR_EVENTS_PERCENT, MIRROR_RECORDS = 1000, 1, 100000
LOOKUP_FLOWS, LOOKUP_MS, IN_FLIGHT = 400000, 20, 4
SEAL_OVER_ZLIB = 1.10   # of zlib 6
ZSTD_SIZE = 1.15         # of gzip 6
SEAL_SHARE = {"seal-6": 1, "seal-1": 1 / 2, "seal-zstd": 1 / 4}
GZIP_OVER_ZLIB, SLOWER_OVER_ZLIB, ZSTD_OVER_ZLIB = 0.9, 1.0, 0.5    # the whole export, by zlib 6 for its rows
GZIP_SIZE = 1.01        # of what zlib makes of them
THOUSAND_OVER_ONE = 1.25
IDLE_WAKES, USUAL_US = 5, 7
MANY_START_S, MANY_RELOAD_S, MANY_MB = 20, 0.3, 1000
FIRST_OBJECT_SECONDS = 3
ONE_TENANT_KB = 20 * 1000
FURTHER_TENANT_KB = 77
KAFKA_RECORDS, KAFKA_KB = 200000, 60 * 1000
KAFKA_IN_FLOWS, KAFKA_IN_KB, KAFKA_IN_OVER_WEBSOCKET = 200000, 60 * 1000, 1.2


def verdict(value, budget):
    return "held" if value <= budget else "MISSED"


def line(what, value, budget="", judged=""):
    print("%-48s %14s  %-24s %s" % (what, value, budget, judged), flush=True)


def times(folder):
    """Return {step: (bytes a flow, ns a flow, bytes of objects a flow)}."""
    out = subprocess.run([PROGRAM, folder], check=True, capture_output=True, text=True).stdout
    return {name: (float(size), float(ns), float(made))
            for name, _, size, ns, made in map(str.split, out.splitlines())}


def instructions(folder, step):
    """Return instructions per flow; the least of some runs where bytes come from a socket, in parts of any size."""
    return min(instructions_once(folder, step) for _ in range(SOCKET_RUNS if step == "receive" else 1))


def instructions_once(folder, step):
    command = ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=measured*",
               "--callgrind-out-file=%s/callgrind.%%p" % folder, PROGRAM, "--once", folder, step]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    count = int(re.search(r"Collected : (\d+)", done.stderr)[1])
    return count / int(done.stdout.split()[1])


def budget_ns(step, measured):
    """Return what a step may take in this run, or None."""
    if step in SCALED:
        return BUDGET_NS[step] * measured[step][0] / BUDGET_BYTES
    if step in SEAL_SHARE:
        return measured["zlib-6"][1] * SEAL_OVER_ZLIB * SEAL_SHARE[step]
    return BUDGET_NS.get(step)


def print_times(measured):
    line("step", "ns a flow", "budget")
    for step, (size, ns, _) in measured.items():
        budget = budget_ns(step, measured)
        speed = "%5.0f MB/s" % (size / ns * 1000)
        line(STEPS[step], "%.0f" % ns, "%s  %s" % (speed, "%.0f ns" % budget if budget else ""),
             verdict(ns, budget) if budget else "")
    for level in "61":
        line("gzip %s over zlib %s alone" % (level, level),
             "%+.1f %%" % (100 * measured["seal-" + level][1] / measured["zlib-" + level][1] - 100))
    ratio = measured["row-secadvisor"][1] / measured["row-peers"][1]
    line("row of secadvisor by that of vpclogs", "%.2f" % ratio, "%d" % SECADVISOR_OVER_VPCLOGS,
         verdict(ratio, SECADVISOR_OVER_VPCLOGS))
    ratio = measured["row-aws"][1] / measured["row"][1]
    line("row of awsflowlogs by that of vpclogs", "%.2f" % ratio, "%.1f" % AWS_OVER_VPCLOGS,
         verdict(ratio, AWS_OVER_VPCLOGS))
    ratio = measured["row-mirror"][1] / measured["row-cached"][1]
    line("row of secadvisor of a mirror by that of caches", "%.2f" % ratio, "%.1f" % MIRROR_OVER_CACHE,
         verdict(ratio, MIRROR_OVER_CACHE))
    ratio = measured["seal-zstd"][2] / measured["seal-6"][2]
    line("size of zstd 1 by that of gzip 6", "%.2f" % ratio, "%.2f" % ZSTD_SIZE, verdict(ratio, ZSTD_SIZE))
    line("bytes of a flow; of its row", "%.0f; %.0f" % (measured["decode"][0], measured["zlib-6"][0]))


def print_instructions(folder, measured):
    print()
    line("step", "instructions", "budget")
    counts = {}
    for step in COUNTED:
        count = counts[step] = instructions(folder, step)
        kilobytes = measured[step][0] / 1000
        budget = BUDGET_INSTRUCTIONS.get(step)
        text = "%d" % budget if budget else "%.0f a kB" % (count / kilobytes)
        if step == "decode":
            budget = DECODE_INSTRUCTIONS_PER_KB * kilobytes
            text = "%.0f (%.0f of %d a kB)" % (budget, count / kilobytes, DECODE_INSTRUCTIONS_PER_KB)
        line(STEPS[step], "%.0f" % count, text, verdict(count, budget) if budget else "")
    ratio = counts["row-aws"] / counts["row"]
    line("row of awsflowlogs by that of vpclogs", "%.2f" % ratio, "%.1f" % AWS_OVER_VPCLOGS,
         verdict(ratio, AWS_OVER_VPCLOGS))
    ratio = counts["row-protobuf"] / counts["row-lines"]
    line("row as protobuf by that as JSON", "%.2f" % ratio, "%d" % PROTOBUF_OVER_LINES, verdict(ratio, PROTOBUF_OVER_LINES))


def print_lookups(folder):
    """Security Advisor records while nothing of the topology is known, before an analyzer that thinks 20 ms."""
    with Analyzer(folder / "flows.pb", options=["--topology-delay", LOOKUP_MS]) as analyzer:
        command = [PROGRAM.parent / "bench_lookups", folder, analyzer.address, str(IN_FLIGHT),
                   str(LOOKUP_FLOWS // COUNT)]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    count, requests, cold, warm = map(float, out.split())
    budget = 1.2 * warm + 1.3 * requests * LOOKUP_MS / 1000 / IN_FLIGHT
    print()
    line("Security Advisor, %.0f flows, 2,000 peers" % count, "", "budget")
    line("everything known", "%.2f s" % warm)
    line("nothing known: %.0f questions of %d ms, %d at once" % (requests, LOOKUP_MS, IN_FLIGHT), "%.2f s" % cold,
         "%.2f s" % budget, verdict(cold, budget))


def print_mirror(folder):
    """A topology of 100,000 nodes in memory, and Security Advisor records of one from nothing."""
    graphs.write(folder / "many.json", MIRROR_NODES)
    out = subprocess.run([PROGRAM.parent / "bench_mirror", folder / "many.json", STREAM], check=True,
                         capture_output=True, text=True).stdout
    found = {name: float(value) for name, value in map(str.split, out.splitlines())}
    edges = found["edges"] * EDGE_BYTES
    of_node = (found["bytes"] - edges) / found["nodes"]
    percent = found["event_ns"] * MIRROR_EVENTS / 1e9 * 100
    print()
    line("a mirror of %.0f nodes, %.0f edges" % (found["nodes"], found["edges"]), "", "budget")
    for what, value, text, budget in (
            ("from a SyncReply of %.0f MB, seconds" % ((folder / "many.json").stat().st_size / 1e6), found["load_s"], "%.2f",
             MIRROR_LOAD_S),
            ("memory, MB", found["bytes"] / 1e6, "%.1f", MIRROR_MB),
            ("  after a second synchronization", found["bytes_after"] / 1e6, "%.1f", MIRROR_MB),
            ("  bytes a node, with %d an edge" % EDGE_BYTES, of_node, "%.0f", MIRROR_NODE_BYTES),
            ("who has a TID, ns", found["tid_ns"], "%.0f", MIRROR_LOOKUP_NS),
            ("containers of an address, ns", found["containers_ns"], "%.0f", MIRROR_LOOKUP_NS),
            ("%d events a second, percent of a core" % MIRROR_EVENTS, percent, "%.2f", MIRROR_EVENTS_PERCENT)):
        line(what, text % value, "%g" % budget, verdict(value, budget))
    with Analyzer(folder / "flows.pb", graph=folder / "peers.graph.json") as analyzer:
        command = [PROGRAM.parent / "bench_lookups", folder, analyzer.address, str(IN_FLIGHT), str(MIRROR_FLOWS // COUNT),
                   "mirror"]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    count, requests, cold, _ = map(float, out.split())
    line("Security Advisor records a second, from nothing", "%.0f" % (count / cold), "%d" % MIRROR_RECORDS,
         verdict(MIRROR_RECORDS, count / cold))
    line("  questions to the analyzer", "%.0f" % requests, "0", verdict(requests, 0))


def print_end_to_end(exports):
    cpu, zstd = exports["gzip"], exports["zstd"]
    one, many = exports["one"], exports["many"]
    further = (many.peak_kb - one.peak_kb) / bench_end_to_end.FURTHER
    print()
    line("end to end, websocket to object store", "", "budget")
    line("CPU seconds a million flows, at %d flows/s" % bench_end_to_end.CPU_PACE, "%.2f" % cpu.steady_us,
         "with the start: user %.2f, system %.2f" % (cpu.user / cpu.flows * 1e6, cpu.system / cpu.flows * 1e6),
         "flows were dropped" if cpu.dropped else "")
    line("  zlib 6 alone, same rows", "%.2f" % (cpu.zlib / cpu.flows * 1e6))
    line("  bytes of a row; when zlib compressed it", "%.0f; %.0f" % (cpu.rows / cpu.records, cpu.alone / cpu.records))
    ratio = bench_end_to_end.over_zlib(cpu)
    line("  ratio", "%.2f" % ratio, "%.2f" % GZIP_OVER_ZLIB, verdict(ratio, GZIP_OVER_ZLIB))
    line("  ratio with the start", "%.2f" % (cpu.cpu / cpu.zlib))
    print_size(cpu)
    ratio = bench_end_to_end.over_zlib(exports["slower"])
    line("  ratio at %d flows/s" % bench_end_to_end.MEMORY_PACE, "%.2f" % ratio, "%.2f" % SLOWER_OVER_ZLIB,
         verdict(ratio, SLOWER_OVER_ZLIB))
    line("  ratio with the start", "%.2f" % (exports["slower"].cpu / exports["slower"].zlib))
    for name, pace in (("recorded", bench_end_to_end.CPU_PACE), ("recorded-slower", bench_end_to_end.MEMORY_PACE)):
        line("  ratio of rows as recorded, at %d flows/s" % pace, "%.2f" % bench_end_to_end.over_zlib(exports[name]))
        print_size(exports[name])
    ratio = bench_end_to_end.over_zlib(zstd)
    line("  the same with zstd 1, ratio to zlib 6", "%.2f" % ratio, "%.2f" % ZSTD_OVER_ZLIB,
         verdict(ratio, ZSTD_OVER_ZLIB))
    line("  size of objects by that of zlib's", "%.4f" % (zstd.made / zstd.alone))
    line("flows a second and core", "%.0f" % (1e6 / cpu.steady_us))
    line("flows a second taken off the websocket", "%.0f" % (exports["max"].flows / exports["max"].seconds),
         "stand-in at its fastest", "more than the workers could follow" if exports["max"].dropped else "none dropped")
    line("peak memory then", "%.1f MB" % (exports["max"].peak_kb / 1000))
    line("peak memory of one tenant, %d flows/s" % bench_end_to_end.MEMORY_PACE, "%.1f MB" % (one.peak_kb / 1000),
         "%d MB" % (ONE_TENANT_KB / 1000), verdict(one.peak_kb, ONE_TENANT_KB))
    line("each of %d more, by capture" % bench_end_to_end.FURTHER, "%.0f kB" % further,
         "%d kB" % FURTHER_TENANT_KB, verdict(further, FURTHER_TENANT_KB))
    print_thousand(exports["alone"], exports["thousand"])
    line("  CPU seconds a million flows, all of them", "%.2f" % (many.cpu / many.flows * 1e6),
         "connections: %d" % many.connections)


def print_size(export):
    ratio = export.made / export.alone
    line("  size of objects by that of zlib's", "%.4f" % ratio, "%.2f" % GZIP_SIZE, verdict(ratio, GZIP_SIZE))


def print_waking(folder):
    idle = bench_waking.measure(folder, folder / "idle", 0, bench_waking.IDLE_SECONDS)
    usual = bench_waking.measure(folder, folder / "usual", bench_waking.USUAL_PACE, bench_waking.USUAL_SECONDS)
    print()
    line("wake-ups a second of all threads, nothing comes", "%.1f" % idle.per_second, "%d" % IDLE_WAKES,
         verdict(idle.per_second, IDLE_WAKES))
    line("the same at %d flows/s" % bench_waking.USUAL_PACE, "%.1f" % usual.per_second)
    line("  CPU of a flow, us", "%.1f" % usual.us_a_flow, "%d" % USUAL_US, verdict(usual.us_a_flow, USUAL_US))
    line("  by that of zlib 6 alone", "%.2f" % (usual.us_a_flow / usual.zlib_us))


def print_ten_thousand(folder):
    many = bench_ten_thousand.measure(folder, folder / "ten-thousand")
    print()
    line("%d pipelines: seconds to start" % bench_ten_thousand.PIPELINES, "%.1f" % many.start_s, "%d" % MANY_START_S,
         verdict(many.start_s, MANY_START_S))
    line("  to reload one file", "%.2f" % many.reload_s, "%.1f" % MANY_RELOAD_S, verdict(many.reload_s, MANY_RELOAD_S))
    line("  to scrape %.0f MB of metrics" % many.scrape_mb, "%.2f" % many.scrape_s)
    line("  peak memory, MB", "%.0f" % (many.peak_kb / 1000), "%d" % MANY_MB, verdict(many.peak_kb / 1000, MANY_MB))
    line("  CPU of a flow, us, at %d flows/s together" % bench_end_to_end.MEMORY_PACE, "%.1f" % many.us_a_flow)


def print_thousand(alone, thousand):
    """A thousand tenants that share the flows, and one that has them all, a minute after the start and with objects
    of a minute."""
    ratio = thousand.steady_us / alone.steady_us
    budget = ONE_TENANT_KB + bench_end_to_end.THOUSAND * FURTHER_TENANT_KB
    line("1,000 tenants by capture: CPU by that of one", "%.2f" % ratio, "%.1f" % THOUSAND_OVER_ONE,
         verdict(ratio, THOUSAND_OVER_ONE))
    line("  peak memory", "%.1f MB" % (thousand.peak_kb / 1000), "%.0f MB" % (budget / 1000),
         verdict(thousand.peak_kb, budget))
    line("  from start to the first object", "%.2f s" % thousand.first_seconds, "%d s" % FIRST_OBJECT_SECONDS,
         verdict(thousand.first_seconds, FIRST_OBJECT_SECONDS))


def print_kafka(kinds):
    print()
    line("to Kafka, websocket to broker, lz4", "", "budget")
    for kind, sent in kinds.items():
        rate = sent.records / sent.cpu
        line("rows %s, of %d flows/s: records a CPU second" % (kind, bench_kafka.PACE), "%.0f" % rate,
             "%d" % KAFKA_RECORDS, "flows were dropped" if sent.dropped else verdict(KAFKA_RECORDS, rate))
        line("  flows a CPU second; records of a flow", "%.0f; %.2f" % (sent.flows / sent.cpu, sent.records / sent.flows))
        line("  peak memory", "%.1f MB" % (sent.peak_kb / 1000), "%d MB" % (KAFKA_KB / 1000),
             verdict(sent.peak_kb, KAFKA_KB))


def print_kafka_in(kinds):
    print()
    line("from Kafka, %d partitions, vpclogs and gzip" % bench_kafka_in.PARTITIONS, "", "budget")
    for kind, taken in kinds.items():
        print_kafka_in_of(kind, taken)


def print_kafka_in_of(kind, taken):
    websocket = taken["websocket"]
    for form in bench_kafka_in.FORMS:
        run = taken[form]
        assert run.records == websocket.records or websocket.dropped, (run.records, websocket.records)
        ratio = bench_kafka_in.us_a_flow(run) / bench_kafka_in.us_a_flow(websocket)
        line("rows %s, %s: flows a CPU second" % (kind, form), "%.0f" % (run.flows / run.cpu), "%d" % KAFKA_IN_FLOWS,
             verdict(KAFKA_IN_FLOWS, run.flows / run.cpu))
        line("  by the CPU of the websocket", "%.2f" % ratio, "%.1f" % KAFKA_IN_OVER_WEBSOCKET,
             "flows were dropped" if websocket.dropped else verdict(ratio, KAFKA_IN_OVER_WEBSOCKET))
        line("  peak memory", "%.1f MB" % (run.peak_kb / 1000), "%d MB" % (KAFKA_IN_KB / 1000),
             verdict(run.peak_kb, KAFKA_IN_KB))
        line("  flows a second", "%.0f" % run.rate, "as fast as it can")
        line("  objects; those from the websocket", "%d; %d" % (run.objects, websocket.objects))
    line("  flows a CPU second from the websocket", "%.0f" % (websocket.flows / websocket.cpu))


def print_machine():
    with open("/proc/cpuinfo", encoding="ascii") as info:
        model = re.search(r"model name\s*:\s*(.*)", info.read())
    compiler = subprocess.run([os.environ.get("CC", "gcc"), "--version"], capture_output=True, text=True).stdout
    print("\n%s, %d cores, Linux %s, %s" % (model[1] if model else platform.processor(), os.cpu_count(),
                                            platform.release(), compiler.splitlines()[0]))


def main():
    wanted = sys.argv[1:] or ["steps", "lookups", "mirror", "end-to-end", "waking", "ten-thousand", "kafka", "kafka-in"]
    with tempfile.TemporaryDirectory(dir=paths.BUILD, prefix="bench-") as name:
        folder = pathlib.Path(name)
        flows.write(folder, COUNT)
        if "steps" in wanted:
            measured = times(folder)
            print_times(measured)
            print_instructions(folder, measured)
        if "lookups" in wanted:
            print_lookups(folder)
        if "mirror" in wanted:
            print_mirror(folder)
        if "end-to-end" in wanted:
            print_end_to_end(bench_end_to_end.measure(folder, folder, COUNT))
        if "waking" in wanted:
            print_waking(folder)
        if "ten-thousand" in wanted:
            print_ten_thousand(folder)
        if "kafka" in wanted:
            print_kafka(bench_kafka.measure(folder, folder, COUNT))
        if "kafka-in" in wanted:
            print_kafka_in(bench_kafka_in.measure(folder, folder, COUNT))
    print_machine()


if __name__ == "__main__":
    main()
