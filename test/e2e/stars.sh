#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stars: its matrix, and that the management UI's own port is closed to the others.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin stars
sample_begin "$LAB_ROOT/policies/stars"
sample_test "$LAB_ROOT/policies/stars"
lab_serve management-ui/management-ui tcp:9001
expect client/client 'nobody calls the management UI' <<END
tcp:management-ui/management-ui:9001 timeout
tcp:[management-ui/management-ui]:9001 timeout
END
lab_summary
