#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quarantine: its matrix, and what changes when the label is put on and taken away.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lab_begin quarantine
cp -r "$LAB_ROOT/policies/quarantine" "$LAB_DIR/quarantine"
dir=$LAB_DIR/quarantine
sample_begin "$dir"
sample_test "$dir"

sed -i 's/quarantine: "true"/quarantine: "false"/' "$dir/10-endpoints.yaml"
check_status 'the label is taken away: diff sees it' 1 lab_polc diff "$dir" --node "$LAB_NODE"
check_ok 'and apply' lab_polc apply "$dir" --node "$LAB_NODE"
expect orders/web-old 'web-old is like web again' <<END
tcp:orders/db:5432 ok
tcp:[orders/db]:5432 ok
tcp:orders/web:5432 timeout
END

sed -i 's/labels: {app: db}/labels: {app: db, quarantine: "true"}/' "$dir/10-endpoints.yaml"
check_ok 'the database goes into quarantine' lab_polc apply "$dir" --node "$LAB_NODE"
expect orders/web 'which cuts it off' <<END
tcp:orders/db:5432 timeout
tcp:[orders/db]:5432 timeout
END
lab_summary
