# SPDX-License-Identifier: Apache-2.0
"""Parts the tests are made of; none of them imports anything of the product."""
