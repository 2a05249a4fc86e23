#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hipstershop: every ordered pair of the twelve workloads on every listed port, with real connections, and DNS.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin hipstershop
dir=$LAB_ROOT/policies/hipstershop
sample_begin "$dir"
check_eq 'twelve workloads' 12 "${#LAB_ENDPOINTS[@]}"
check_eq 'seventeen rows' 17 "${#SAMPLE_ALLOWED[@]}"
sample_test "$dir"

# A server outside of the shop, in the set dns-servers, and one beside it.
lab_workload dns ext-dns 10.65.1.53 fd65:1::53
lab_workload other ext-other 10.65.1.54 fd65:1::54
lab_serve dns udp:53 tcp:53 tcp:80
lab_serve other udp:53
for name in "${LAB_ENDPOINTS[@]}"; do
  expect "$name" DNS <<END
udp:dns:53 ok
udp:[dns]:53 ok
tcp:dns:53 ok
tcp:[dns]:53 ok
tcp:dns:80 timeout
udp:other:53 timeout
udp:[other]:53 timeout
END
done
expect dns 'nobody calls the shop from outside' <<END
tcp:hipstershop/frontend:8080 timeout
tcp:[hipstershop/frontend]:8080 timeout
tcp:hipstershop/redis-cart:6379 timeout
END
expect dns 'what concerns no endpoint is left alone' <<END
udp:other:53 ok
udp:[other]:53 ok
END
lab_summary
