#!/usr/bin/env bash
# Latency of small queries and request -> visible, with few and many records beyond the lake.
# usage: bench/query/run.sh BUILD_DIR
set -euo pipefail
build=$(cd "${1:?usage: bench/query/run.sh BUILD_DIR}" && pwd)
"$build/bench_query" 200000 1000 50
"$build/bench_query" 200000 100000 50
