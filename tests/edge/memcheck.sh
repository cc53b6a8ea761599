#!/usr/bin/env bash
# The module under valgrind: errors with a frame of ours fail. usage: memcheck.sh EDGE_HEADER_TEST
set -euo pipefail
test=${1:?usage: memcheck.sh EDGE_HEADER_TEST}
if ! valgrind=$(command -v valgrind); then
    echo "valgrind is not installed (tools/setup/setup.sh --tests): skipped"
    exit 77
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/tallyman-memcheck-XXXXXX")
trap 'rm -rf "$folder"' EXIT
nginx=$(PATH=$PATH:/usr/sbin command -v nginx)
cat >"$folder/nginx" <<SCRIPT
#!/bin/sh
# Only the server itself: -t and -v are over before the module has done anything.
case " \$* " in *" -t "* | *" -v "*) exec "$nginx" "\$@" ;; esac
exec "$valgrind" --quiet --log-file="$folder/%p.valgrind" --num-callers=30 "$nginx" "\$@"
SCRIPT
chmod +x "$folder/nginx"
TALLYMAN_NGINX=$folder/nginx "$test" --gtest_brief=1 --gtest_filter='MixedTraffic.*'
cat "$folder"/*.valgrind >"$folder/all"
# A report is a run of lines of one process; an empty line ends it. nginx's own are none of our business.
awk -v RS='==[0-9]+== \n' '/tallyman_module|tally::/ { print; found = 1 } END { exit found }' "$folder/all"
echo "valgrind saw $(ls "$folder"/*.valgrind | wc -l) nginx processes and nothing of the module's to report"
