#!/usr/bin/env bash
# What a captured request costs to write and to read. usage: bench/capture/run.sh BUILD_DIR
set -euo pipefail
build=$(cd "${1:?usage: bench/capture/run.sh BUILD_DIR}" && pwd)
"$build/bench_capture" 250000
