#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install Debian packages for the tests without starting any service.
#
#     tests/lib/install.sh PACKAGE...
#
# Packages such as swift-proxy and memcached start daemons when they are
# installed. policy-rc.d forbids that for the time of the installation; one
# that was there before is put back.
set -eu

missing=
for package; do
	status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
	[ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "missing:$missing; install them as root" >&2; exit 1; }
	sudo=sudo
fi
echo "installing:$missing"

policy=/usr/sbin/policy-rc.d
restore() {
	if [ -e $policy.before-tests ]; then
		$sudo mv $policy.before-tests $policy
	else
		$sudo rm -f $policy
	fi
}
if [ -e $policy ]; then
	$sudo cp -p $policy $policy.before-tests
fi
trap restore EXIT
trap 'exit 1' INT TERM
printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
$sudo chmod 755 $policy
$sudo apt-get update -q
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing

# Nor at the next boot: what was not here before is for the tests only.
if [ -d /run/systemd/system ]; then
	for unit in $(dpkg -L $missing | sed -n 's,.*/lib/systemd/system/\([^/@]*\.\(service\|timer\)\)$,\1,p'); do
		$sudo systemctl disable --quiet "$unit" || true
	done
fi
