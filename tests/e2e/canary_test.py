"""A raw key is in no file, metric or log, wherever a caller put it: with the upstream down, which is when nginx writes about
requests; and with every place that keeps something of a request in use. usage: canary_test.py BUILD"""
import collections
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from canary import files_with  # noqa: E402
from deployment import Deployment  # noqa: E402

UNKNOWN = "canary-unknown-0123456789abcdef"


def send(*arguments):
    return subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *arguments],
                          capture_output=True, text=True, check=True).stdout


def send_everywhere(url, known, key):
    header = f"x-api-key: {known}"
    return [send("-H", f"x-api-key: {key}", url), send("-H", f"Authorization: Bearer {key}", url),
            send("-H", f"Authorization: {key}", url), send("-H", header, f"{url}?cf_api_key={key}&a=1"),
            send("-H", header, "-e", f"http://h/?api_key={key}", url), send(f"{url}?cf_api_key={key}")]


def leaks_of(site, key):
    """Where a key or the operator's token is, of a site that runs; ends it."""
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{site.api_port}/metrics").read().decode()
    token = (site.data / "admin.token").read_text().strip()
    site.run("down")
    found = files_with(site.data, [key, UNKNOWN])
    found += [leak for leak in files_with(site.data, [token]) if "admin.token" not in leak]
    return found + (["metrics"] if key in metrics or UNKNOWN in metrics or token in metrics else [])


def upstream_down(build, folder):
    expected = ["502", "502", "403", "502", "502", "403", "403", "403", "403", "502", "502", "403"]
    with Deployment(build, folder) as site:
        site.up()
        site.json("customers", "create", "A")
        key = site.json("keys", "create", "--customer", "A")["key"]
        url = f"http://127.0.0.1:{site.edge_port}/x"
        codes = send_everywhere(url, key, key) + send_everywhere(url, key, UNKNOWN)
        delivered = site.json("reconcile")["delivered"]
        leaks = leaks_of(site, key)
    print("upstream down:", codes, delivered, leaks)
    return codes == expected and delivered == len(expected) and not leaks


BEHAVIORS = """
[[edge.behavior]]
path = "/example"
cache = true
default_ttl = "1h"
key_headers = ["x-api-key", "Authorization", "Referer"]
key_query = "all"

[[edge.behavior]]
path = "/random/*"
durable = true
compress = true
"""


def every_store(build, folder):
    """The cache, the access logs, durable routes and response headers as dimensions."""
    config = {("edge", "access_logs"): ["standard", "realtime", "apigateway"], ("edge", "access_log_interval"): "100ms",
              ("edge", "dimensions"): ["content-type", "x-echo"]}
    with Deployment(build, folder, config) as site:
        with open(site.data / "tallyman.toml", "a") as settings:
            settings.write(BEHAVIORS)
        site.start_upstream()
        site.up()
        site.json("customers", "create", "A")
        key = site.json("keys", "create", "--customer", "A")["key"]
        root = f"http://127.0.0.1:{site.edge_port}"
        codes = [code for path in ("/example", "/example", "/random/strings") for secret in (key, UNKNOWN)
                 for code in send_everywhere(root + path, key, secret)]
        hits = site.query("SELECT count(*) FROM requests WHERE x_edge_result_type = 'Hit'")[0][0]
        delivered = site.json("reconcile")["delivered"]
        leaks = leaks_of(site, key)
        kept = [sum(path.is_file() and path.stat().st_size > 0 for path in (site.data / name).rglob("*"))
                for name in ("edge/cache", "access-logs/standard", "access-logs/realtime", "access-logs/apigateway")]
    print("every store:", collections.Counter(codes), hits, delivered, kept, leaks)
    return (collections.Counter(codes) == {"200": 18, "403": 18} and hits > 0 and delivered == len(codes) and all(kept)
            and not leaks)


def main(build):
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        return 0 if upstream_down(build, one) and every_store(build, other) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
