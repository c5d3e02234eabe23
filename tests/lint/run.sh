#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What must hold for the text of this repository; `make lint` calls it.
#
#     tests/lint/run.sh [RULE...]      all rules, or "layers", "walls", ...
#
# A rule is a script beside this one. It prints what is wrong as FILE:LINE: TEXT
# and exits with 1; with 0 it has nothing to say. BUILD names the build folder.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
export BUILD LC_ALL=C.UTF-8

[ $# -gt 0 ] || set -- layers walls headers banned symbols shell format named
failed=
for rule; do
	if tests/lint/"$rule".sh; then
		printf '  %-9s %s\n' lint "$rule"
	else
		failed="$failed $rule"
	fi
done
[ -z "$failed" ] && exit 0
echo "lint failed:$failed"
exit 1
