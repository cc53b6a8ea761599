#!/usr/bin/env bash
# Every figure that we state, beside its peer, in one run. usage: bench/run.sh BUILD_DIR
# The machine is named with the figures; on shared machines the ratios and CPU times are what holds.
set -euo pipefail
build=$(cd "${1:?usage: bench/run.sh BUILD_DIR}" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
printf 'machine: %s, %s cores, commit %s\n' "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
    "$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)"
for script in "$here"/*/run.sh; do
    printf '\n== %s\n' "$(basename "$(dirname "$script")")"
    "$script" "$build"
done
