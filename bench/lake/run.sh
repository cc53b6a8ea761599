#!/usr/bin/env bash
# Encoding requests to Parquet: CPU a row, bytes a row, resident memory. usage: bench/lake/run.sh BUILD_DIR
set -euo pipefail
build=$(cd "${1:?usage: bench/lake/run.sh BUILD_DIR}" && pwd)
for row_group in 20480 131072; do
    "$build/bench_lake" 1000000 125000 "$row_group"
done
