# SPDX-License-Identifier: Apache-2.0
"""What the Go exporter stored, and what we make of the same input."""
