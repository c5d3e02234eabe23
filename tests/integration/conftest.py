# SPDX-License-Identifier: Apache-2.0
"""What the integration tests share: an object store for the whole run, a bucket for each test."""
import itertools

import pytest

from lib.s3.swift import Swift

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def swift(tmp_path_factory):
    """A running Swift; it starts in about three seconds, so all tests use the same."""
    store = Swift(tmp_path_factory.mktemp("swift") / "state")
    yield store
    store.close()


@pytest.fixture
def bucket(swift):
    """The name of a new, empty bucket."""
    name = "bucket-%d" % next(NUMBERS)
    swift.make_bucket(name)
    return name
