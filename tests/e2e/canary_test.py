"""A raw key is in no file, metric or log, wherever a caller put it. The upstream is down on purpose: that is when nginx writes
about requests. usage: canary_test.py BUILD"""
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


def main(build):
    with tempfile.TemporaryDirectory() as folder, Deployment(build, folder) as site:
        site.up()
        site.json("customers", "create", "A")
        key = site.json("keys", "create", "--customer", "A")["key"]
        url = f"http://127.0.0.1:{site.edge_port}/x"
        codes = send_everywhere(url, key, key) + send_everywhere(url, key, UNKNOWN)
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{site.api_port}/metrics").read().decode()
        token = (site.data / "admin.token").read_text().strip()
        delivered = site.json("reconcile")["delivered"]
        site.run("down")
        leaks = files_with(site.data, [key, UNKNOWN])
        leaks += [found for found in files_with(site.data, [token]) if "admin.token" not in found]
        leaks += ["metrics"] if key in metrics or UNKNOWN in metrics or token in metrics else []
    expected = ["502", "502", "403", "502", "502", "403", "403", "403", "403", "502", "502", "403"]
    print(codes, delivered, leaks)
    return 0 if codes == expected and delivered == len(expected) and not leaks else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
