"""A flood of keys that do not exist makes no state: each is answered 403 and recorded, the workers' and the server's memory and
the metrics' series stay as they are. TALLYMAN_BAD_KEYS sets how many (20,000). usage: bad_keys_test.py BUILD"""
import json
import os
import pathlib
import re
import secrets
import socket
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from deployment import Deployment, children  # noqa: E402

COUNT = int(os.environ.get("TALLYMAN_BAD_KEYS", "20000"))
WARM, PIPELINE, MEMORY_KIB = 20_000, 50, 5 * 1024
SHAPES = ["tm_live_{}", "{}", "tm_test_{}", "Bearer {}", "../{}", "'{}--", "%00{}", "{}" * 8]


def flood(port, count):
    """Sends distinct keys in a pipeline; returns how many were answered with exactly API Gateway's 403."""
    refused = 0
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        for start in range(0, count, PIPELINE):
            batch = min(PIPELINE, count - start)
            keys = [SHAPES[(start + n) % len(SHAPES)].replace("{}", secrets.token_hex(12)) for n in range(batch)]
            connection.sendall("".join(f"GET /x HTTP/1.1\r\nHost: h\r\nx-api-key: {key}\r\n\r\n" for key in keys).encode())
            answer = b""
            while answer.count(b'{"message":"Forbidden"}') < batch:
                more = connection.recv(1 << 16)
                if not more:
                    return refused
                answer += more
            refused += answer.count(b"HTTP/1.1 403 ")
    return refused


def private_kib(pid):
    """Memory of the process's own: what it shares with files on disk, the capture log above all, is left out."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(n) for n in re.findall(r"^(?:Anonymous|Swap):\s+(\d+) kB", text, re.M))


def series(port):
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    return {line.rsplit(" ", 1)[0] for line in text.splitlines() if line and not line.startswith("#")}


def main(build):
    config = {("edge", "workers"): 1, ("delivery", "flush_interval"): "300ms"}
    with tempfile.TemporaryDirectory() as folder, Deployment(build, folder, config) as site:
        site.up()
        flood(site.edge_port, WARM)
        site.json("reconcile")
        series(site.api_port)
        worker, server = children(site.nginx_master())[0], site.server_pid()
        before = private_kib(worker), private_kib(server), series(site.api_port)
        refused = flood(site.edge_port, COUNT)
        delivered = site.json("reconcile")
        after = private_kib(worker), private_kib(server), series(site.api_port)
    grown = {"worker KiB": after[0] - before[0], "server KiB": after[1] - before[1], "series": len(after[2] - before[2])}
    checks = {"all refused": refused == COUNT, "all recorded": delivered["delivered"] == WARM + COUNT,
              "balanced": delivered["balanced"], "worker's memory": grown["worker KiB"] < MEMORY_KIB,
              "server's memory": grown["server KiB"] < 64 * 1024, "no new series": grown["series"] == 0}
    print(json.dumps({"keys": COUNT, "grown": grown, **checks}, indent=1))
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
