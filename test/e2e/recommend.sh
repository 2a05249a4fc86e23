#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Recommendations from what the kernel saw, with real packets: without PATH and without a file of flows; enforced, what was
# seen passes, over both IP versions, and nothing else does.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin recommend
lab_router
lab_workload web cali-w 10.70.0.1 fd70::1
lab_workload cart cali-c 10.70.0.2 fd70::2
lab_workload db cali-d 10.70.0.3 fd70::3
lab_workload x ext-x 203.0.113.1 2001:db8::1
for name in web cart db x; do
  lab_serve "$name" tcp:80 tcp:81 udp:53
done
LAB_TIMEOUT=400
rules=$LAB_DIR/rules
mkdir "$rules"
printf '%s\n' 'apiVersion: v1' 'kind: Namespace' 'metadata: {name: shop}' >"$rules/shop.yaml"
while read -r name interface; do
  cat >>"$rules/shop.yaml" <<END
---
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {name: $name, namespace: shop, labels: {app: $name}}
spec:
  node: lab-1
  interfaceName: $interface
  ipNetworks: [${LAB_V4[$name]}/32, "${LAB_V6[$name]}/128"]
  profiles: [kns.shop]
END
done <<'END'
web cali-w
cart cali-c
db cali-d
END

# ---- nothing is policed, and everything is seen ---------------------------------------------------------------------------

check_ok 'apply without a policy' lab_polc apply "$rules" --node lab-1 --force=S001
expect x 'before' <<'END'
tcp:web:80 ok
END
expect web 'before' <<'END'
tcp:cart:80 ok
tcp:[cart]:80 ok
icmp:cart ok
END
expect cart 'before' <<'END'
tcp:db:80 ok
udp:x:53 ok
END

check_ok 'recommend, by what the kernel keeps' lab_polc recommend 'wep/shop/*' --out "$rules/recommended"
check_eq 'a file for the tier, and for each workload' 'namespace-isolation.yaml shop.cart.yaml shop.db.yaml shop.web.yaml' \
  "$(cd "$rules/recommended" && echo *)"
check_ok 'lint is silent' lab_polc lint "$rules"
check_ok 'apply them staged' lab_polc apply "$rules" --node lab-1
expect db 'staged' <<'END'
tcp:cart:80 ok
END

# ---- enforced ---------------------------------------------------------------------------------------------------------------

check_ok 'enforce' lab_polc enforce namespace-isolation.web namespace-isolation.cart namespace-isolation.db -f "$rules"
check_ok 'apply' lab_polc apply "$rules" --node lab-1
expect x 'after' <<'END'
tcp:web:80 ok
tcp:web:81 timeout
tcp:[web]:80 timeout
tcp:cart:80 timeout
END
expect web 'after' <<'END'
tcp:cart:80 ok
tcp:[cart]:80 ok
icmp:cart ok
tcp:cart:81 timeout
tcp:db:80 timeout
tcp:x:80 timeout
END
expect cart 'after' <<'END'
tcp:db:80 ok
udp:x:53 ok
tcp:[db]:80 ok
udp:[x]:53 timeout
tcp:web:80 timeout
END
expect db 'after' <<'END'
tcp:cart:80 timeout
icmp:web timeout
END

# What is enforced now hides the rest.
check_status 'again: refused' 5 lab_polc recommend ns/shop
check_match 'and it says which' 'S009.*end of tier namespace-isolation.*shop/namespace-isolation.cart' \
  "$(tr '\n' ' ' <"$LAB_DIR/output")"
lab_summary
