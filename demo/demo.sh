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
month_after=$(date -u -d "$(date -u +%Y-%m-15) +1 month" +%Y-%m-02T00:00:00Z)

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
globex=$(json customers create Globex --timezone UTC | field id)
acme_web=$(json keys create --customer Acme --name web | field key)
acme_batch=$(json keys create --customer Acme --name batch | field key)
globex_key=$(json keys create --customer Globex --name main | field key)
old=$(json keys create --customer Globex --name old)
tallyman keys revoke "$(echo "$old" | field id)" >/dev/null
show tallyman keys list
show cat "$here/plan.json"
cp "$here/plan.json" plan.json
show tallyman plans create plan.json
tallyman plans publish demo >/dev/null 2>&1 || true
show tallyman subscriptions create --customer Acme --plan demo --from "$month-01"
tallyman subscriptions create --customer Globex --plan demo --from "$month-01" >/dev/null

chapter "$requests requests: five callers, four methods, eight outcomes"
umask 077
printf '%s\n' "acme-web $acme_web" "acme-batch $acme_batch" "globex $globex_key" \
    "globex-revoked $(echo "$old" | field key)" "stranger not-a-key-of-ours" "nobody -" >callers
show curl -s -H "'x-api-key: not-a-key-of-ours'" "http://127.0.0.1:$edge_port/example"
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
show tallyman lake status

chapter "The bill"
say "The month is not over; so that the tour has an invoice to show, it is made as of $month_after, as a draft."
show tallyman invoice run --as-of "$month_after" --draft
invoice=$(json invoice list | jq -r '.data[] | select(.customer_id == "'"$acme"'") | .id' | head -n 1)
show tallyman invoice show "$invoice"

chapter "The proof: every line again, from the snapshot it names"
show tallyman invoice prove "$invoice"
compare_with_ledger "$acme" "$globex"

chapter "The end"
say "API:   http://127.0.0.1:$api_port/v1/openapi.json"
say "Edge:  http://127.0.0.1:$edge_port/"
show tallyman down
