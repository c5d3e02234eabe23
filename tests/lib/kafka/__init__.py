# SPDX-License-Identifier: Apache-2.0
"""Apache Kafka on 127.0.0.1 for tests."""
