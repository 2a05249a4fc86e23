# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the lints share. A lint prints what is wrong, a line each, and `verdict NAME` makes "ok" or "not ok" of it.

LINT_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LINT_FAILED=0
export LC_ALL=C
cd "$LINT_ROOT" || exit 2

# lint_files: the files of the repository, with new ones, but nothing that git ignores; one a line.
lint_files() {
  if ! git ls-files --cached --others --exclude-standard 2>/dev/null | grep .; then
    find . -path ./build\* -prune -o -path ./.git -prune -o -type f -print | sed 's|^\./||'
  fi | LC_ALL=C sort -u | while IFS= read -r file; do
    [[ ! -f $file ]] || echo "$file"
  done
}

# lint_sources: C sources and headers. lint_scripts: everything that a shell runs.
lint_sources() {
  lint_files | grep -E '\.(c|h|def)$'
}

lint_scripts() {
  lint_files | while IFS= read -r file; do
    if [[ $file = *.sh ]] || head -c 64 "$file" | head -n 1 | grep -qaE '^#!.*\b(ba)?sh\b'; then
      echo "$file"
    fi
  done
}

# verdict NAME: reads what is wrong; nothing is good.
verdict() {
  local problems
  problems=$(cat)
  if [[ -z $problems ]]; then
    echo "ok $1"
  else
    echo "not ok $1"
    printf '#   %s\n' "${problems//$'\n'/$'\n'#   }"
    LINT_FAILED=1
  fi
}

# note: prints stdin as a remark that fails nothing.
note() {
  sed "s/^/# $1: /"
}

lint_end() {
  exit "$LINT_FAILED"
}
