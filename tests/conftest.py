# SPDX-License-Identifier: Apache-2.0
"""No test runs for ever: each is interrupted after TEST_TIMEOUT seconds (180), fixtures included."""
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
