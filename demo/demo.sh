#!/usr/bin/env bash
# The tour: real requests through nginx become rows of an Iceberg table and a priced, proved invoice.
# usage: demo/demo.sh BUILD_DIR    (or: make demo)
set -euo pipefail
build=$(cd "${1:?usage: demo/demo.sh BUILD_DIR}" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/tour.sh"

home=$(mktemp -d "${TMPDIR:-/tmp}/tallyman-demo-XXXXXX")
cd "$home"
upstream_pid=
leave() {
    local code=$?
    tallyman down >/dev/null 2>&1 || true
    [ -n "$upstream_pid" ] && kill "$upstream_pid" 2>/dev/null || true
    if [ $code -eq 0 ]; then rm -rf "$home"; else say "The demo stopped early; what it made is in $home."; fi
}
trap leave EXIT
tallyman() { "$build/tallyman" "$@"; }
json() { tallyman --format json "$@"; }

requests=12000
read -r edge_port api_port upstream_port < <(free_ports 3)
month=$(date -u +%Y-%m)

chapter "A data folder, an API to bill, and Tallyman in front of it"
show tallyman init
sed -i -E "s|^#? *listen *= *\"127.0.0.1:8080\"|listen = \"127.0.0.1:$edge_port\"|
           s|^#? *listen *= *\"127.0.0.1:8090\"|listen = \"127.0.0.1:$api_port\"|
           s|^#? *upstream *= *\"http://127.0.0.1:9000\"|upstream = \"http://127.0.0.1:$upstream_port\"|
           s|^#? *flush_interval *= *\"15s\"|flush_interval = \"2s\"|" tallyman-data/tallyman.toml
"$build/demo-upstream" 127.0.0.1 "$upstream_port" &
upstream_pid=$!
show tallyman up --detach

chapter "Two customers, their keys, and a price plan"
acme=$(json customers create Acme --timezone UTC | field id)
tallyman customers create Globex --timezone UTC >/dev/null
new_key() { json keys create --customer "$1" --name "$2" 2>/dev/null; } # the remark "shown this once" is for people
acme_web=$(new_key Acme web | field key)
acme_batch=$(new_key Acme batch | field key)
globex_key=$(new_key Globex main | field key)
old=$(new_key Globex old)
tallyman keys revoke "$(echo "$old" | field id)" >/dev/null
show tallyman keys list
cp "$here/plan.json" plan.json
show cat plan.json
tallyman plans create plan.json >/dev/null
show tallyman plans list
for customer in Acme Globex; do
    tallyman subscriptions create --customer $customer --plan demo --from "$month-01" >/dev/null
done
show tallyman subscriptions list

chapter "$requests requests: six callers, four methods, six outcomes"
umask 077
printf '%s\n' "acme-web $acme_web" "acme-batch $acme_batch" "globex $globex_key" \
    "globex-revoked $(echo "$old" | field key)" "stranger not-a-key-of-ours" "nobody -" >callers
show curl -s -H "x-api-key: not-a-key-of-ours" "http://127.0.0.1:$edge_port/example"
say ""
load=$("$build/load-client" --port "$edge_port" --callers callers --requests $requests --connections 32 \
    --run tour --ledger ledger)
say "The client's own account: $load"

chapter "From the request to the answer: how fresh?"
measure_freshness "$edge_port" "$acme_web"

chapter "Usage, as a person asks for it"
show tallyman usage --month "$month" --by customer
show tallyman usage --month "$month" --customer Acme --by path,status

chapter "Usage, as SQL (the published sample's own table name)"
show tallyman query "SELECT api_key, count(*) AS requests, sum(sc_bytes) AS bytes FROM cloudfront_realtime_logs GROUP BY 1 ORDER BY 2 DESC"

chapter "The rows are an Iceberg table that anything can read"
show tallyman reconcile
location=$(json lake status | jq -r ".tables[0].metadata_location")
say ""
say "$(json lake status | jq -r '.tables[0] | "Table \(.name): \(.rows) rows in \(.files) file(s), \(.bytes) bytes of Parquet, snapshot \(.snapshot_id)"')"
say "Open it anywhere, for example in DuckDB: SELECT * FROM iceberg_scan('${location#file://}')"

chapter "The bill"
say "The month is not over, so these are drafts: they become final with the first run after its end."
show tallyman invoice run --month "$month"
invoice=$(json invoice list | jq -r '.data[] | select(.customer_id == "'"$acme"'") | .id' | head -n 1)
show_narrow tallyman invoice show "$invoice"

chapter "The proof: every line again, from the snapshot it names"
show_narrow tallyman invoice prove "$invoice"
compare_with_ledger

chapter "The end"
say "While it ran, the API answered at http://127.0.0.1:$api_port (its pages: /v1/openapi.json, /metrics),"
say "and your API, metered, at http://127.0.0.1:$edge_port."
show tallyman down
