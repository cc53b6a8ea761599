"""Time to ready, idle memory, and how long after its answer a request shows in SQL.

Freshness is asked over HTTP on one kept connection, so that the figure is the system's and not a process start's.
"""
import http.client
import json
import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "support"))
from deployment import Deployment, children  # noqa: E402

ROUNDS = 200


def memory_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Freshness:
    def __init__(self, site, key):
        self.key = key
        self.token = (site.data / "admin.token").read_text().strip()
        self.edge = http.client.HTTPConnection("127.0.0.1", site.edge_port)
        self.api = http.client.HTTPConnection("127.0.0.1", site.api_port)

    def visible(self, rid):
        body = json.dumps({"sql": f"SELECT count(*) FROM requests WHERE cs_uri_query = 'rid={rid}'"})
        self.api.request("POST", "/v1/query", body, {"Authorization": f"Bearer {self.token}",
                                                     "Content-Type": "application/json"})
        answer = json.loads(self.api.getresponse().read())
        return answer["rows"][0][0] == 1

    def one(self, rid):
        self.edge.request("GET", f"/example?rid={rid}", headers={"x-api-key": self.key})
        response = self.edge.getresponse()
        response.read()
        assert response.status == 200, response.status
        start = time.perf_counter()
        while not self.visible(rid):
            pass
        return (time.perf_counter() - start) * 1000


def main(build):
    with tempfile.TemporaryDirectory() as folder, Deployment(build, folder) as site:
        site.start_upstream()
        ready = []
        for _ in range(5):
            start = time.perf_counter()
            site.up()
            ready.append((time.perf_counter() - start) * 1000)
            idle = memory_mib(site.server_pid())
            workers = sum(memory_mib(pid) for pid in children(site.nginx_master()))
            site.run("down")
        site.up()
        key = site.json("keys", "create", "--customer", site.json("customers", "create", "Bench")["id"])["key"]
        freshness = Freshness(site, key)
        times = [freshness.one(f"bench-{i}") for i in range(ROUNDS)]
        print(f"time to ready (up --detach, nginx and server)  median {statistics.median(ready):7.0f} ms   goal 300 ms")
        print(f"idle memory of the server                      {idle:14.1f} MiB  goal 64 MiB")
        print(f"idle memory of the nginx workers               {workers:14.1f} MiB")
        print(f"request -> visible in SQL, {ROUNDS} requests        p50 {percentile(times, 0.5):10.1f} ms")
        print(f"                                               p99 {percentile(times, 0.99):10.1f} ms   goal 1000 ms")


if __name__ == "__main__":
    main(sys.argv[1])
