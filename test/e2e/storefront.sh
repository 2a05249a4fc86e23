#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# storefront: its matrix, and what may leave to the Internet.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin storefront
sample_begin "$LAB_ROOT/policies/storefront"
sample_test "$LAB_ROOT/policies/storefront"

lab_workload provider ext-provider 198.51.100.10 2001:db8:51::10
lab_workload internet ext-internet 203.0.113.10 2001:db8:113::10
lab_serve provider tcp:443 tcp:80
lab_serve internet tcp:443 udp:514
expect storefront/microservice2 'the payment provider, on its port' <<END
tcp:provider:443 ok
tcp:[provider]:443 ok
tcp:provider:80 timeout
tcp:[provider]:80 timeout
tcp:internet:443 timeout
tcp:[internet]:443 timeout
END
for name in storefront/frontend storefront/microservice1 storefront/backend storefront/logging; do
  expect "$name" 'nothing that is public' <<END
tcp:provider:443 timeout
tcp:[provider]:443 timeout
tcp:internet:443 timeout
udp:internet:514 timeout
udp:[internet]:514 timeout
END
done
expect internet 'the log is for the workloads, "all()" is not "any address"' <<END
udp:storefront/logging:514 timeout
udp:[storefront/logging]:514 timeout
END
lab_summary
