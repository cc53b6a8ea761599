"""An API that is billed by what it says it did: its answers' X-Tokens-Used, from the edge to a proved invoice.
usage: dimensions_test.py BUILD"""
import http.server
import json
import pathlib
import re
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from deployment import Deployment  # noqa: E402

METER = {"code": "tokens", "aggregation": "sum", "value": "dimensions.x-tokens-used",
         "filter": "dimensions.x-model <> 'free'", "group_by": ["dimensions.x-model"]}
PLAN = {"code": "ai", "name": "AI", "currency": "USD", "interval": "month",
        "charges": [{"code": "tokens", "meter": "tokens", "model": "dimensional",
                     "dimensions": ["dimensions.x-model"],
                     "prices": [{"match": {"dimensions.x-model": ["large"]}, "unit": "0.05"},
                                {"match": {}, "unit": "0.01"}]}]}
# What the API says of its answers: 17 + 4 + 0.5 tokens of the small model, 3 of the large one.
ANSWERS = [("small", "17"), ("small", "4"), ("small", "0.5"), ("large", "3"), ("free", "1000"), ("small", "many"),
           (None, None)]
AMOUNT = "0.37"  # 21.5 * 0.01 + 3 * 0.05 = 0.365


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        model, tokens = ANSWERS[int(self.path.removeprefix("/"))]
        self.send_response(200)
        if model is not None:
            self.send_header("X-Model", model)
            self.send_header("X-Tokens-Used", tokens)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def call(site, key, number):
    request = urllib.request.Request(f"http://127.0.0.1:{site.edge_port}/{number}", headers={"x-api-key": key})
    with urllib.request.urlopen(request) as answer:
        return answer.headers


def bill(site):
    (site.folder / "plan.json").write_text(json.dumps(PLAN))
    site.run("plans", "create", "plan.json")
    site.run("subscriptions", "create", "--customer", "A", "--plan", "ai", "--from",
             time.strftime("%Y-%m-01", time.gmtime()))
    end = time.strftime("%Y-%m-01", time.gmtime(time.time() + 40 * 86400))
    return site.json("invoice", "run", "--as-of", end, "--draft")["invoices"][0]


def main(build):
    api = None
    config = {("edge", "dimensions"): ["X-Tokens-Used", "x-model"], ("edge", "dimensions_hide"): True}
    with tempfile.TemporaryDirectory() as folder, Deployment(build, folder, config) as site:
        api = http.server.ThreadingHTTPServer(("127.0.0.1", site.upstream_port), Api)
        threading.Thread(target=api.serve_forever, daemon=True).start()
        site.up()
        site.json("customers", "create", "A")
        key = site.json("keys", "create", "--customer", "A")["key"]
        headers = [call(site, key, number) for number in range(len(ANSWERS))]
        (site.folder / "meter.json").write_text(json.dumps(METER))
        site.run("meters", "create", "meter.json")
        sql = site.query("SELECT dimensions ->> 'x-tokens-used', count(*) FROM requests GROUP BY 1 ORDER BY 1")
        by_model = {row["dimensions.x-model"] or "": row["requests"]
                    for row in site.json("usage", "--by", "dimensions.x-model")["data"]}
        metered = {row["dimensions.x-model"]: (row["quantity"], row["rows"], row["skipped"])
                   for row in site.json("usage", "--meter", "tokens", "--customer", "A")["data"]}
        invoice = bill(site)
        proof = site.json("invoice", "prove", invoice["id"])
        api.shutdown()
    [line] = invoice["lines"]
    checks = {
        "hidden from clients": not any(re.search("tokens|model", str(h), re.I) for h in headers),
        "in SQL": dict(sql) == {"17": 1, "4": 1, "0.5": 1, "3": 1, "1000": 1, "many": 1, None: 1},
        "usage by model": by_model == {"small": 4, "large": 1, "free": 1, "": 1},
        "the meter": metered == {"small": ("21.5", 3, 1), "large": ("3", 1, 0)},
        "the invoice": (invoice["total"], line["rows"], line["quantity"], line.get("skipped")) ==
                       (AMOUNT, 4, "24.5", 1),
        "its proof": proof["proved"] is True,
    }
    failed = [name for name, good in checks.items() if not good]
    print("sql", sql, "by model", by_model, "metered", metered, "line", line)
    print("failed: " + ", ".join(failed) if failed else "all good")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
