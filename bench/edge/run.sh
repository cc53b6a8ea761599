#!/usr/bin/env bash
# What the edge costs beside bare nginx and beside what stock nginx offers instead. usage: bench/edge/run.sh BUILD_DIR
set -euo pipefail
build=$(cd "${1:?usage: bench/edge/run.sh BUILD_DIR}" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python3 "$here/instructions.py" "$build"
echo
python3 "$here/throughput.py" "$build"
echo
python3 "$here/keys.py" "$build"
echo
python3 "$here/latency.py" "$build"
