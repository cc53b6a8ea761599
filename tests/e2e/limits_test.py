"""Usage plans with a real nginx: exact answers, changes without a reload, counts that outlive processes and files.

usage: limits_test.py BUILD
"""
import http.client
import json
import pathlib
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from deployment import Deployment, children, kill  # noqa: E402

BUILD = None
TOO_MANY = (429, "TooManyRequestsException", b'{"message":"Too Many Requests"}')
LIMIT_EXCEEDED = (429, "LimitExceededException", b'{"message":"Limit Exceeded"}')
FORBIDDEN = (403, "ForbiddenException", b'{"message":"Forbidden"}')


class Api:
    """The HTTP API, for what is done often; a connection is used by one thread."""

    def __init__(self, site):
        self.port = site.api_port
        self.headers = {"authorization": "Bearer " + (site.data / "admin.token").read_text().strip()}

    def send(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body and json.dumps(body), self.headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status < 300, (method, path, answer.status, text)
        return json.loads(text)


class Caller:
    """One client with one connection, which it opens again when a worker dies under it."""

    def __init__(self, port, key):
        self.port, self.key, self.broken = port, key, 0
        self.connection = None

    def call(self, path="/example", method="GET"):
        """(status, error type or None, body of an error or None); None when the connection broke."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                self.connection.connect()
            self.connection.request(method, path, headers={"x-api-key": self.key})
            answer = self.connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.broken += 1
            self.close()
            return None
        kind = answer.getheader("x-amzn-ErrorType")
        return (answer.status, kind, body if kind else None)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def codes(self, count):
        return [self.call()[0] for _ in range(count)]


class LimitsTest(unittest.TestCase):
    def site(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        site = Deployment(BUILD, folder.name, {("edge", "workers"): 4})
        self.addCleanup(site.stop)
        site.start_upstream()
        site.up()
        site.run("customers", "create", "Acme")
        return site

    def caller(self, site, plan, name="main"):
        made = site.json("keys", "create", "--customer", "Acme", "--name", name, "--usage-plan", plan)
        caller = Caller(site.edge_port, made["key"])
        self.addCleanup(caller.close)
        return caller

    def test_limits_answer_as_api_gateway_and_a_change_is_obeyed_at_the_next_request(self):
        site = self.site()
        site.run("usage-plans", "create", "gold", "--rate", "0.001", "--burst", "3",
                 "--method-throttle", "GET /wild*=0.001:1")
        workers = children(site.nginx_master())
        caller = self.caller(site, "gold")
        self.assertEqual(caller.codes(3), [200] * 3)
        self.assertEqual(caller.call(), TOO_MANY)
        self.assertEqual([caller.call("/wild/x")[0] for _ in range(2)], [404, 429])
        site.run("usage-plans", "update", "gold", "--no-throttle", "--quota", "5", "--period", "month",
                 "--offset", "1")
        self.assertEqual(caller.codes(4), [200] * 4)
        self.assertEqual(caller.call(), LIMIT_EXCEEDED)
        shown = site.json("keys", "show", "main")
        self.assertEqual({**shown["quota"], "resets_at": None},
                         {"limit": 5, "offset": 1, "used": 4, "remaining": 0, "period": "MONTH", "resets_at": None})
        self.assertEqual(shown["throttle"], None)
        site.run("usage-plans", "update", "gold", "--quota", "6", "--name", "platinum")
        self.assertEqual([answer[0] for answer in (caller.call(), caller.call())], [200, 429])
        usage = site.json("usage-plans", "usage", "platinum")["data"]
        self.assertEqual([(key["name"], key["quota"]["used"]) for key in usage], [("main", 5)])
        site.run("usage-plans", "create", "tin", "--quota", "2", "--period", "day")
        site.run("keys", "update", "main", "--usage-plan", "tin")
        self.assertEqual(caller.codes(3), [200, 200, 429])
        site.run("keys", "update", "main", "--no-usage-plan")
        self.assertEqual(caller.codes(3), [200] * 3)
        self.assertEqual(children(site.nginx_master()), workers, "nothing was reloaded")
        plans = site.query("SELECT plan, count(*) FROM requests WHERE sc_status = 200 GROUP BY plan ORDER BY plan")
        self.assertEqual(plans, [["gold", 7], ["platinum", 1], ["tin", 2], [None, 3]])
        refused = site.query("SELECT x_edge_detailed_result_type, count(*) FROM requests WHERE sc_status = 429 "
                             "GROUP BY 1 ORDER BY 1")
        self.assertEqual(refused, [["QuotaExceeded", 3], ["RateExceeded", 2]])
        site.run("usage-plans", "delete", "tin")
        self.assertEqual(site.run("usage-plans", "delete", "tin", check=False).returncode, 1)

    def test_a_quota_is_kept_over_down_and_up_and_counted_anew_when_its_file_is_lost(self):
        site = self.site()
        site.run("usage-plans", "create", "gold", "--quota", "20", "--period", "week")
        caller, other = self.caller(site, "gold"), self.caller(site, "gold", "other")
        used = lambda name: site.json("keys", "show", name)["quota"]["used"]  # noqa: E731
        self.assertEqual(caller.codes(3) + other.codes(1), [200] * 4)
        site.run("down")
        caller.close()
        site.up()
        self.assertEqual((used("main"), used("other")), (3, 1))
        self.assertEqual(caller.call("/nothing-here")[0], 404)  # let in, so it counts
        for damage in (lambda file: file.unlink(), lambda file: file.write_bytes(b"\0" * file.stat().st_size)):
            site.run("down")
            caller.close()
            damage(site.data / "edge" / "limits")
            site.up()
            self.assertEqual((used("main"), used("other")), (4, 1))
        self.assertEqual(caller.codes(17), [200] * 16 + [429])
        self.assertEqual(used("main"), 20)

    # Each admitted request is answered, or its connection broke with the worker: nobody gets one more, and
    # nothing is lost but what was under way.
    def test_a_quota_is_exact_under_four_workers_that_are_killed(self):
        site = self.site()
        limit = 4000
        site.run("usage-plans", "create", "gold", "--quota", str(limit), "--period", "month")
        key = self.caller(site, "gold").key
        callers = [Caller(site.edge_port, key) for _ in range(8)]
        served = [0] * len(callers)

        def use_up(number):
            while (answer := callers[number].call()) is None or answer[0] == 200:
                served[number] += answer is not None
            callers[number].close()
            self.assertEqual(answer, LIMIT_EXCEEDED)

        threads = [threading.Thread(target=use_up, args=[number]) for number in range(len(callers))]
        for thread in threads:
            thread.start()
        master, kills = site.nginx_master(), 0
        while any(thread.is_alive() for thread in threads):
            workers = children(master)
            if workers and sum(served) >= kills * limit / 20:  # spread over the quota, however fast it is used up
                kills += kill(workers[kills % len(workers)])
            threads[0].join(0.005)
        broken = sum(caller.broken for caller in callers)
        print(f"quota {limit}: {sum(served)} served, {broken} connections broke, {kills} workers killed")
        self.assertGreater(kills, 3)
        self.assertLessEqual(sum(served), limit)
        self.assertGreaterEqual(sum(served) + broken, limit)
        self.assertEqual(site.json("keys", "show", "main")["quota"]["used"], limit)

    # Ten keys at a time under load. What was sent after the answer to the revocation is refused, so what comes a
    # second later is, too.
    def test_a_hundred_keys_are_revoked_under_load(self):
        site = self.site()
        api = Api(site)
        worst = 0.0
        for _ in range(10):
            made = [api.send("POST", "/v1/keys", {"customer": "Acme"}) for _ in range(10)]
            revoked, accepted, stop = {}, [], threading.Event()

            def load(key, accepted=accepted, stop=stop):
                caller = Caller(site.edge_port, key["key"])
                while not stop.is_set():
                    sent = time.monotonic()
                    answer = caller.call()
                    accepted.append((key["id"], sent, answer == (200, None, None)))
                    assert answer in ((200, None, None), FORBIDDEN), answer
                caller.close()

            threads = [threading.Thread(target=load, args=[key]) for key in made]
            for thread in threads:
                thread.start()
            for key in made:
                api.send("POST", f"/v1/keys/{key['id']}/revoke")
                revoked[key["id"]] = time.monotonic()
            stop.wait(1.1)
            stop.set()
            for thread in threads:
                thread.join()
            late = [sent - revoked[key] for key, sent, was_served in accepted if was_served and sent > revoked[key]]
            after = [sent for key, sent, _ in accepted if sent > revoked[key] + 1]
            worst = max([worst, *late])
            self.assertGreater(len(after), 10, "there was load a second later")
            self.assertTrue(any(was_served for _, _, was_served in accepted))
            self.assertEqual(late, [])
        print(f"100 keys revoked under load; accepted {worst * 1000:.1f} ms later at the most")


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
