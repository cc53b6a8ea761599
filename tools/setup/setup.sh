#!/usr/bin/env bash
# Makes a Debian 12 machine ready to build and test Tallyman.
#
#   tools/setup/setup.sh            packages and third-party binaries for the build
#   tools/setup/setup.sh --tests    these, and what the tests need: GoogleTest, the outside readers of our tables
#   tools/setup/setup.sh --bench    these, and what the benchmarks need: load generators and peers
#   tools/setup/setup.sh --fuzz     the first, and clang with libFuzzer
#
# Safe to run again: what is there already costs nothing. Packages come from Debian; binaries that Debian
# does not have come from npm and PyPI by name, are checked against tools/setup/pins.txt, and live in
# ${TALLYMAN_CACHE:-~/.cache/tallyman}, outside the source tree.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${TALLYMAN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tallyman}
mkdir -p "$cache"

say() { printf '\033[2m[setup]\033[0m %s\n' "$*" >&2; }
die() { printf '[setup] error: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else die "needs root to run: $*. Run it as root, or install sudo."; fi
}

missing_packages() { # lists
    mapfile -t wanted < <(sed 's/#.*//' "$@" | tr -s ' \n' '\n' | sed '/^$/d')
    comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
        <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
    command -v npm >/dev/null || echo npm
}

install_packages() { # lists
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -eq 0 ] && return 0
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    as_root apt-get update -qq
    # RUNLEVEL=1: Debian would otherwise start the system's nginx on port 80; Tallyman runs its own.
    as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$cache/apt.log" 2>&1 ||
        { tail -n 20 "$cache/apt.log" >&2; die "apt-get install failed; the whole output is in $cache/apt.log"; }
}

pin() { awk -v name="$1" '$1 == name {print $2}' "$here/pins.txt"; }

check_pin() { # file name
    local want got
    want=$(pin "$2")
    got=$(sha256sum "$1" | cut -d' ' -f1)
    [ "$want" = "$got" ] || die "$2: SHA-256 is $got, tools/setup/pins.txt says ${want:-nothing}; the download is not what was reviewed"
}

fetch_pyarrow() {
    local dir=$cache/pyarrow-26.0.1 wheel
    [ -f "$dir/.complete" ] && return 0
    say "fetching Arrow and Parquet 26.0.1 (PyPI: pyarrow)"
    rm -rf "$dir" && mkdir -p "$dir/wheel"
    python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: \
        --python-version 3.11 --implementation cp --platform manylinux_2_28_x86_64 -d "$dir/wheel" pyarrow==26.0.1
    wheel=$(echo "$dir"/wheel/*.whl)
    check_pin "$wheel" pyarrow-26.0.1
    unzip -q "$wheel" 'pyarrow/include/*' 'pyarrow/libarrow.so.*' 'pyarrow/libparquet.so.*' \
        'pyarrow/libarrow_s3.so.*' -d "$dir"
    rm -rf "$dir/wheel" && touch "$dir/.complete"
}

fetch_duckdb() {
    local dir=$cache/duckdb-1.5.5
    [ -f "$dir/.complete" ] && return 0
    say "fetching DuckDB 1.5.5 (npm: @duckdb/node-bindings-linux-x64) and its C header (npm: duckdb)"
    rm -rf "$dir" && mkdir -p "$dir/lib" "$dir/include" "$dir/tmp"
    (cd "$dir/tmp" && npm pack --silent @duckdb/node-bindings-linux-x64@1.5.5-r.5 duckdb@1.4.4 >/dev/null)
    check_pin "$dir/tmp/duckdb-node-bindings-linux-x64-1.5.5-r.5.tgz" duckdb-1.5.5
    check_pin "$dir/tmp/duckdb-1.4.4.tgz" duckdb-header-1.4.4
    tar xzf "$dir/tmp/duckdb-node-bindings-linux-x64-1.5.5-r.5.tgz" -C "$dir/lib" --strip-components=1 package/libduckdb.so
    tar xzf "$dir/tmp/duckdb-1.4.4.tgz" -C "$dir/include" --strip-components=5 package/src/duckdb/src/include/duckdb.h
    rm -rf "$dir/tmp" && touch "$dir/.complete"
}

fetch_test_readers() {
    local dir=$cache/readers-1
    [ -f "$dir/.complete" ] && return 0
    say "making a virtual environment with the outside readers (PyIceberg 0.12, DuckDB 1.5.5)"
    rm -rf "$dir"
    python3 -m venv "$dir"
    "$dir/bin/pip" install -q --disable-pip-version-check -r "$here/test-requirements.txt"
    touch "$dir/.complete"
}

case "${1:-}" in
    "") install_packages "$here/packages.txt" ;;
    --tests) install_packages "$here/packages.txt" "$here/packages-tests.txt" ;;
    --bench) install_packages "$here/packages.txt" "$here/packages-tests.txt" "$here/packages-bench.txt" ;;
    --fuzz) install_packages "$here/packages.txt" "$here/packages-fuzz.txt" ;;
    *) die "unknown option $1; see the head of tools/setup/setup.sh" ;;
esac
fetch_pyarrow
fetch_duckdb
if [ "${1:-}" = --tests ] || [ "${1:-}" = --bench ]; then fetch_test_readers; fi
