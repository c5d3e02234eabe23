# SPDX-License-Identifier: Apache-2.0
"""Scenarios that mostly wait, side by side, so that they take the time of the longest."""
import concurrent.futures
import contextlib


@contextlib.contextmanager
def together(scenarios, folders):
    """Start every scenario(folder), each in a thread; gives {name: future}.

    scenarios: {name: function}; folders: pytest's tmp_path_factory.
    """
    with concurrent.futures.ThreadPoolExecutor(len(scenarios)) as pool:
        yield {name: pool.submit(run, folders.mktemp(name)) for name, run in scenarios.items()}
