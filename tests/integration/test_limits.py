# SPDX-License-Identifier: Apache-2.0
"""pipeline.limits: what a pipeline may take, and what happens to the rest."""
import re

import pytest

from lib import settings
from lib.process import exporter

MAIN = {"include": "d/*.yml", "spool": {"min_free": 0}}
PIPELINE = {"subscriber": {"url": "ws://127.0.0.1:1/ws/subscriber/flow"}, "transform": {"type": "none"},
            "store": {"buffered": {"max_flows_per_object": 1, "max_seconds_per_object": 1, "max_seconds_per_stream": 1,
                                   "max_flow_array_size": 1}}, "write": {"type": "stdout"}}

REFUSED = [
    ({}, {"limits": {"batch_bytes": "8MiB"}},
     'd/a.yml:N: unknown key "pipeline.limits.batch_bytes" (did you mean "limits.batch_bytes" at the top level?)'),
    ({"limits": {"flows_per_second": 9}}, {},
     'm.yml:N: unknown key "limits.flows_per_second" (did you mean "pipeline.limits.flows_per_second" at the top level?)'),
    ({}, {"limits": {"flow_per_second": 9}},
     'd/a.yml:N: unknown key "pipeline.limits.flow_per_second" (did you mean "flows_per_second"?)'),
    ({}, {"limits": {"flows_burst": 9}},
     "d/a.yml:N: pipeline.limits.flows_burst: has no effect without flows_per_second: set that, too"),
    ({}, {"limits": {"uploads_at_once": 0}}, "d/a.yml:N: pipeline.limits.uploads_at_once: 0 is out of range; write 1 to 16"),
    ({}, {"limits": {"spool_bytes": "many"}},
     'd/a.yml:N: pipeline.limits.spool_bytes: "many" is not a size; write bytes, or a number with a unit as in 64KiB or 10GiB'),
]


def check(tmp_path, main, pipeline, drop_in=None):
    """The output of the command, with a main file and one drop-in."""
    (tmp_path / "d").mkdir()
    path = settings.save(tmp_path / "m.yml", {**MAIN, "pipeline": PIPELINE, **main})
    settings.save(tmp_path / "d" / "a.yml", {"pipeline": pipeline, **(drop_in or {})})
    return exporter("check", "-c", path)


@pytest.mark.parametrize("main, pipeline, said", REFUSED, ids=range(len(REFUSED)))
def test_nonsense_is_refused(tmp_path, main, pipeline, said):
    result = check(tmp_path, main, pipeline)
    assert result.code == 1
    told = (result.stdout + result.stderr).replace(str(tmp_path) + "/", "").splitlines()
    assert said in [re.sub(r":\d+:", ":N:", line, count=1) for line in told], told


def test_limits_of_the_program_in_a_drop_in_are_doubted(tmp_path):
    """They have no effect there; the file is used."""
    result = check(tmp_path, {"limits": {"batch_bytes": "8MiB"}}, {}, {"limits": {"held_bytes": "1MiB"}})
    assert result.code == 0, result
    said = "limits.held_bytes: is of all pipelines together, and has an effect in the main file only"
    assert said in result.stdout + result.stderr and "batch_bytes" not in result.stdout + result.stderr


def test_all_limits_are_taken(tmp_path):
    limits = {"flows_per_second": 10, "flows_burst": 20, "records_in_memory": 1000, "spool_bytes": "1MiB", "uploads_at_once": 1,
              "questions_per_second": 5}
    result = check(tmp_path, {}, {"limits": limits})
    assert result.code == 0, result
