#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vote: its matrix, and the two pages, which are open to everybody but the other workloads.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin vote
sample_begin "$LAB_ROOT/policies/vote"
sample_test "$LAB_ROOT/policies/vote"

lab_workload browser ext-browser 203.0.113.7 2001:db8:7::7
lab_serve browser tcp:80
expect browser 'the pages are open' <<END
tcp:vote/vote:80 ok
tcp:[vote/vote]:80 ok
tcp:vote/result:80 ok
tcp:[vote/result]:80 ok
tcp:vote/redis:6379 timeout
tcp:[vote/db]:5432 timeout
END
for name in vote/worker vote/redis vote/db vote/result; do
  expect "$name" 'but not to the other workloads, which call nobody outside either' <<END
tcp:vote/vote:80 timeout
tcp:[vote/vote]:80 timeout
tcp:browser:80 timeout
tcp:[browser]:80 timeout
END
done
lab_summary
