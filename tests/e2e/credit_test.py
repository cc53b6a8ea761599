"""Prepaid credit with a real nginx: what is paid ahead is served to the last request, and nothing beyond.

usage: credit_test.py BUILD
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
from deployment import Deployment, kill, wait_for  # noqa: E402

BUILD = None
CHARGES = {"calls": {"code": "calls", "meter": "requests", "model": "unit", "unit": "0.01"},
           "tiers": {"code": "calls", "meter": "requests", "model": "graduated", "included": "20",
                     "tiers": [{"up_to": "50", "unit": "0.02"}, {"up_to": None, "unit": "0.01"}]},
           "bytes": {"code": "egress", "meter": "egress_gb", "model": "unit", "unit": "1000.00"}}


class Client(threading.Thread):
    """Sends `count` requests one after the other."""

    def __init__(self, port, key, count):
        super().__init__()
        self.port, self.key, self.count = port, key, count
        self.answers = []
        self.start()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        while len(self.answers) < self.count:
            try:
                connection.request("GET", "/example", headers={"x-api-key": self.key})
                answer = connection.getresponse()
            except (http.client.RemoteDisconnected, ConnectionError):
                connection.close()  # a reload closed it while it was idle
                continue
            self.answers.append((answer.status, answer.read()))
        connection.close()


class CreditTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def site(self, charge, **config):
        settings = {("edge", name): value for name, value in config.items()}
        site = Deployment(BUILD, self.folder, {("edge", "workers"): 4, **settings})
        self.addCleanup(site.stop)
        site.start_upstream()
        site.up()
        site.run("customers", "create", "Acme")
        plan = {"code": "prepaid", "name": "Prepaid", "currency": "EUR", "interval": "month",
                "charges": [CHARGES[charge]]}
        (self.folder / "plan.json").write_text(json.dumps(plan))
        site.run("plans", "create", "plan.json")
        site.run("subscriptions", "create", "--customer", "Acme", "--plan", "prepaid")
        made = site.json("keys", "create", "--customer", "Acme")
        self.key, self.key_id = made["key"], made["id"]
        return site

    def grant(self, site, amount):
        return site.json("credits", "grant", "--customer", "Acme", "--amount", amount, "--currency", "EUR")

    def balance(self, site):
        return site.json("credits", "balance", "--customer", "Acme")

    def served(self, site, count, clients=8, keys=None):
        """How many of `count` requests of each of several clients at once were answered 200; the others were 429."""
        keys = keys or [self.key]
        running = [Client(site.edge_port, keys[i % len(keys)], count) for i in range(clients)]
        for client in running:
            client.join()
        answers = [answer for client in running for answer in client.answers]
        refused = {answer for answer in answers if answer[0] != 200}
        self.assertLessEqual(refused, {(429, b'{"message":"Limit Exceeded"}')})
        return sum(status == 200 for status, _ in answers)

    def test_a_price_for_each_request_is_served_to_the_last_cent(self):
        site = self.site("calls")
        self.assertEqual(self.served(site, 5, clients=2), 10)  # pays later as yet, in the same period
        self.grant(site, "1.10")
        self.assertEqual(self.served(site, 30), 100)
        wait_for("the last record", lambda: self.balance(site)["spent"] == "1.10")
        balance = self.balance(site)
        self.assertEqual((balance["balance"], balance["state"]), ("0.00", "stopped"))
        self.assertEqual(balance["allowance"]["used"], 100)
        told = site.json("edge", "test", "--key", self.key_id, "--path", "/example")
        self.assertEqual((told["status"], told["reason"], told["paid_ahead"]),
                         (429, "the customer's prepaid credit is spent", 0))
        # What was refused is captured, and costs nothing.
        self.assertEqual(site.query("SELECT count(*) FROM requests WHERE x_edge_detailed_result_type = 'CreditExceeded'"),
                         [[140]])
        # More credit counts at once, for every key of the customer.
        second = site.json("keys", "create", "--customer", "Acme")["key"]
        self.assertEqual(self.served(site, 1, clients=1, keys=[second]), 0)
        self.grant(site, "0.30")
        self.assertEqual(site.json("edge", "test", "--key", self.key_id)["paid_ahead"], 30)
        start = time.monotonic()
        self.assertEqual(self.served(site, 1, clients=1), 1)
        self.assertLess(time.monotonic() - start, 1.0)
        self.assertEqual(self.served(site, 20, keys=[self.key, second]), 29)
        # And so does making the customer pay later again.
        site.run("credits", "end", "--customer", "Acme")
        self.assertEqual(self.served(site, 10), 80)

    def test_tiers_and_included_requests_end_at_the_first_that_cannot_be_paid(self):
        site = self.site("tiers", credit_lease=40)
        self.grant(site, "1.50")  # 20 for nothing, 50 for 1.00, 50 for 0.50
        total = 0

        def spend():
            nonlocal total
            total += self.served(site, 10)
            return self.balance(site)["spent"] == "1.50"

        wait_for("the end of the credit", spend)
        self.assertEqual(total, 120)
        self.assertEqual(self.served(site, 5), 0)

    def test_without_a_server_the_lease_is_the_end_and_another_server_goes_on(self):
        site = self.site("calls", credit_lease=50)
        self.grant(site, "2.00")
        kill(site.server_pid())
        self.assertEqual(self.served(site, 20), 50)
        site.up()
        total = 50

        def spend_up_to(requests):
            nonlocal total
            total += self.served(site, 5)
            return total >= requests

        wait_for("more of the credit", lambda: spend_up_to(100))
        # A machine that crashed has no limit file: what was recorded is what was used.
        site.run("down")
        (site.data / "edge" / "limits").unlink()
        site.up()
        wait_for("the rest of the credit", lambda: spend_up_to(200))
        self.assertEqual((total, self.served(site, 5)), (200, 0))
        self.assertEqual(self.balance(site)["balance"], "0.00")

    def test_priced_by_bytes_the_overshoot_is_at_most_the_lease(self):
        lease = 20
        site = self.site("bytes", credit_lease=lease)
        self.grant(site, "0.05")
        refusals = 0

        def spend():
            nonlocal refusals
            refusals = refusals + 1 if self.served(site, 2) == 0 else 0
            return refusals >= 3 and float(self.balance(site)["balance"]) <= 0

        wait_for("the end of the credit", spend)
        sent, largest = site.query("SELECT sum(sc_bytes), max(sc_bytes) FROM requests WHERE sc_status = 200")[0]
        # 0.05 pays for 50,000 bytes, and the invoice rounds to a cent.
        self.assertGreaterEqual(int(sent), 45_000)
        self.assertLess(int(sent), 55_000 + lease * int(largest))


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
