# SPDX-License-Identifier: Apache-2.0
"""The real command against a stand-in analyzer and real object stores."""
