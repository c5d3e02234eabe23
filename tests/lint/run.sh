#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What must hold for the text of this repository; `make lint` calls it.
#
#     tests/lint/run.sh [RULE...]      all rules, or "layers", "walls", ...
#
# A rule is a script beside this one. It prints what is wrong as FILE:LINE: TEXT
# and exits with 1; with 0 it has nothing to say. BUILD names the build folder.
# A rule without its tools would have nothing to say either: all must be there.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
export BUILD LC_ALL=C.UTF-8

missing=
for tool in awk clang clang-format cut expand find gcc grep make nm sed shellcheck sort tail tsort uniq xargs; do
	command -v "$tool" >/dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
	echo "lint failed: not installed:$missing; make test-deps installs what is needed"
	exit 1
fi

[ $# -gt 0 ] || set -- layers circles walls headers banned symbols shell format named targets
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
