# SPDX-License-Identifier: Apache-2.0
"""Object stores on 127.0.0.1 for tests."""
