# SPDX-License-Identifier: Apache-2.0
"""Fuzz targets, what they begin with, and their replay."""
