"""Access logs of real traffic, with the server killed now and then: each request stands once in each kind of log, and the
logs agree with the lake. usage: access_logs_test.py BUILD"""
import collections
import gzip
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from deployment import Deployment, wait_for  # noqa: E402

ROUNDS, EACH = 6, 40


def send(site, key, number):
    """Some requests of one connection; each has a query of its own."""
    urls = [f"http://127.0.0.1:{site.edge_port}/example?n={number}.{i}" for i in range(EACH)]
    subprocess.run(["curl", "-s", "-H", f"x-api-key: {key}", "-A", "Test agent/1.0 (x)", *urls],
                   stdout=subprocess.DEVNULL, check=True)


def restart_killed(site):
    os.kill(site.server_pid(), signal.SIGKILL)
    wait_for("the server's end", lambda: not site.json("status")["server"]["running"])
    site.up()


def standard(folder):
    for path in folder.iterdir():
        assert re.fullmatch(r"ETEST1\.\d{4}-\d\d-\d\d-\d\d\.[A-Z2-7]{13}\.gz", path.name), path.name
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        assert lines[0] == "#Version: 1.0"
        names = lines[1].removeprefix("#Fields: ").split(" ")
        for line in lines[2:]:
            yield dict(zip(names, line.split("\t"), strict=True))


def lines_of(folder):
    return [line for path in folder.iterdir() for line in path.read_text().splitlines()]


def main(build):
    config = {("edge", "access_logs"): ["standard", "realtime", "apigateway"],
              ("edge", "access_log_interval"): "100ms", ("edge", "distribution_id"): "ETEST1",
              ("edge", "realtime_fields"): ["cs-uri-query", "sc-status", "x-edge-request-id", "timestamp"],
              ("delivery", "flush_interval"): "300ms"}
    with tempfile.TemporaryDirectory() as folder, Deployment(build, folder, config) as site:
        site.start_upstream()
        site.up()
        site.json("customers", "create", "A")
        key = site.json("keys", "create", "--customer", "A")["key"]
        for number in range(ROUNDS):
            send(site, key, number)
            restart_killed(site)
        rows = site.query("SELECT x_edge_request_id, cs_uri_query, sc_status FROM requests")
        site.run("down")
        logs = site.data / "access-logs"
        w3c = list(standard(logs / "standard"))
        realtime = [line.split("\t") for line in lines_of(logs / "realtime")]
        gateway = [json.loads(line) for line in lines_of(logs / "apigateway")]
        left = [p.name for p in (logs / ".pending").iterdir()]
        leaks = [p for p in logs.rglob("*") if p.is_file() and key in
                 (gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes()).decode()]
    expected = collections.Counter(row[0] for row in rows)
    checks = {
        "requests in the lake": len(rows) == ROUNDS * EACH and max(expected.values()) == 1,
        "standard": collections.Counter(line["x-edge-request-id"] for line in w3c) == expected,
        "realtime": collections.Counter(line[2] for line in realtime) == expected,
        "apigateway": collections.Counter(line["request_id"].replace("-", "") for line in gateway) == expected,
        "queries": {line["cs-uri-query"] for line in w3c} == {line[3] for line in realtime} == {row[1] for row in rows},
        "user agent": {urllib.parse.unquote(line["cs(User-Agent)"]) for line in w3c} == {"Test agent/1.0 (x)"},
        "status": {line["sc-status"] for line in w3c} == {"200"} == {line["status"] for line in gateway},
        "nothing pending": left == [],
        "no key": leaks == [],
    }
    print(json.dumps(checks, indent=1))
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
