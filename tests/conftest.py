# SPDX-License-Identifier: Apache-2.0
"""No test runs for ever, and those that share something are run by the same worker.

Each is interrupted after TEST_TIMEOUT seconds (180), fixtures included.
"""
import os
import signal

import pytest

LIMIT = float(os.environ.get("TEST_TIMEOUT", 180))


class TooLong(Exception):
    """Raised in the test that runs too long."""


def interrupt(number, frame):
    raise TooLong("not finished after %g s" % LIMIT)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# A worker of pytest-xdist does the first thing it is told in its main thread, the only one that may handle signals,
# and the second in another one if it is slow. With -v the first would be to say which Python it is.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config):
    """Be quiet until the workers have begun."""
    config.option.verbose = min(config.option.verbose, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node):
    """Print a line for each test that ends."""
    node.config.option.verbose = 1


def shares(item):
    """Return the name of what is made once for several tests, None if the test has all for itself."""
    for fixtures in item._fixtureinfo.name2fixturedefs.values():
        if fixtures[-1].scope == "module":
            return item.module.__name__
        if fixtures[-1].argname == "swift":
            return "swift"
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Long tests begin first, then those that one worker has to run one after the other as they share something."""
    for item in items:
        group = shares(item)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: (not item.get_closest_marker("long"), not item.get_closest_marker("xdist_group")))
