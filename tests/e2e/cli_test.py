"""The built program as a user meets it: exit codes, errors, and the life of a deployment with a real nginx.

usage: cli_test.py BUILD
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from deployment import CommandFailed, Deployment, wait_for, write_settings  # noqa: E402

BUILD = None
PLAN = {"code": "pro", "name": "Pro", "currency": "USD", "interval": "month",
        "charges": [{"code": "base", "model": "flat", "amount": "10.00"},
                    {"code": "calls", "meter": "requests", "model": "unit", "unit": "0.50"}]}


def call(port, path, key=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"x-api-key": key} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class CliTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def site(self, **config):
        site = Deployment(BUILD, self.folder, config)
        self.addCleanup(site.stop)
        return site

    def tallyman(self, *args, stdin=""):
        return subprocess.run([str(BUILD / "tallyman"), *args], cwd=self.folder, capture_output=True, text=True,
                              input=stdin, timeout=60)


class WithoutAServer(CliTest):
    def test_exit_codes(self):
        self.assertEqual(self.tallyman("--help").returncode, 0)
        self.assertEqual(self.tallyman("--version").returncode, 0)
        self.assertEqual(self.tallyman("nonsense").returncode, 2)
        self.assertEqual(self.tallyman("customers", "create").returncode, 2)
        away = self.tallyman("customers", "list")
        self.assertEqual(away.returncode, 1)
        self.assertIn("tallyman init", away.stderr)
        self.assertEqual(away.stdout, "")
        self.assertEqual(self.tallyman("init").returncode, 0)
        self.assertEqual(self.tallyman("init").returncode, 1)
        self.assertEqual(self.tallyman("customers", "show", "nobody").returncode, 1)

    def test_a_wrong_configuration_is_named_with_its_place(self):
        self.tallyman("init")
        path = self.folder / "tallyman-data" / "tallyman.toml"
        path.write_text("[delivery]\nflsh_interval = \"1s\"\n")
        for command in (["customers", "list"], ["up", "--detach"], ["serve"], ["status"]):
            run = self.tallyman(*command)
            self.assertEqual(run.returncode, 1, command)
            self.assertIn(f"{path}:2:1 unknown key \"flsh_interval\"", run.stderr)
            self.assertIn("did you mean \"flush_interval\"?", run.stderr)

    def test_the_pure_commands_need_no_data_folder(self):
        lines = json.dumps({"id": "p", "interval": "month", "from": "2026-10-01", "to": "2026-11-01"}) + "\n"
        run = self.tallyman("periods", stdin=lines)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(json.loads(run.stdout)["id"], "p")
        mixed = self.tallyman("periods", stdin=lines + "{\"id\":\"broken\"}\n" + lines)
        self.assertEqual(mixed.returncode, 1)
        answers = [json.loads(line) for line in mixed.stdout.splitlines()]
        self.assertEqual([sorted(a) for a in answers], [["id", "periods"], ["error", "id"], ["id", "periods"]])
        self.assertFalse((self.folder / "tallyman-data").exists())

    def test_formats(self):
        self.tallyman("init")
        self.tallyman("customers", "create", "=cmd|' /C calc'!A0")
        self.assertIn("'=cmd", self.tallyman("--format", "csv", "customers", "list").stdout)
        listed = json.loads(self.tallyman("--format", "json", "customers", "list").stdout)
        self.assertEqual(listed["data"][0]["name"], "=cmd|' /C calc'!A0")
        self.assertIsNone(listed["next_cursor"])
        lines = self.tallyman("--format", "ndjson", "customers", "list").stdout.splitlines()
        self.assertEqual(json.loads(lines[0])["name"], "=cmd|' /C calc'!A0")

    def test_a_plan_in_toml(self):
        self.tallyman("init")
        (self.folder / "plan.toml").write_text('code = "t"\ncurrency = "EUR"\ninterval = "month"\n'
                                               '[[charges]]\ncode = "base"\nmodel = "flat"\namount = "5.00"\n')
        run = self.tallyman("--format", "json", "plans", "create", "plan.toml")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(json.loads(run.stdout)["version"], 1)

    def test_two_writers_at_a_time_both_get_through(self):
        self.tallyman("init")
        runs = [subprocess.Popen([str(BUILD / "tallyman"), "customers", "create", f"c{i}"], cwd=self.folder,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for i in range(4)]
        for run in runs:
            self.assertEqual(run.wait(timeout=60), 0, run.stderr.read())
            run.stderr.close()
        self.assertEqual(len(json.loads(self.tallyman("--format", "json", "customers", "list").stdout)["data"]), 4)

    def test_no_secret_in_the_arguments_of_a_running_process_or_in_the_output(self):
        self.tallyman("init")
        token = (self.folder / "tallyman-data" / "admin.token").read_text().strip()
        for command in (["status"], ["customers", "list"], ["--format", "json", "status"]):
            run = self.tallyman(*command)
            self.assertNotIn(token, run.stdout + run.stderr)


class WithAServer(CliTest):
    def test_from_a_key_to_a_proved_invoice(self):
        site = self.site()
        site.start_upstream()
        site.up()
        customer = site.json("customers", "create", "Acme")["id"]
        key = site.json("keys", "create", "--customer", "Acme", "--name", "web")["key"]
        for _ in range(7):
            self.assertEqual(call(site.edge_port, "/example", key), 200)
        self.assertEqual(call(site.edge_port, "/example", "tm_live_wrong"), 403)
        self.assertEqual(site.query("SELECT count(*) FROM requests")[0][0], 8)
        usage = site.json("usage", "--by", "customer")["data"]
        self.assertEqual([row["requests"] for row in usage if row["customer"] == customer], [7])
        (self.folder / "plan.json").write_text(json.dumps(PLAN))
        site.run("plans", "create", "plan.json")
        site.run("subscriptions", "create", "--customer", "Acme", "--plan", "pro", "--from",
                 time.strftime("%Y-%m-01", time.gmtime()))
        end = time.strftime("%Y-%m-01", time.gmtime(time.time() + 40 * 86400))
        invoice = site.json("invoice", "run", "--as-of", end, "--draft")["invoices"][0]
        self.assertEqual(invoice["total"], "13.50")
        self.assertEqual(invoice["lines"][1]["quantity"], "7")
        proof = site.json("invoice", "prove", invoice["id"])
        self.assertTrue(proof["proved"])
        ledger = site.json("reconcile")
        self.assertTrue(ledger["balanced"])
        self.assertEqual(sum(hour["delivered"] for hour in ledger["sources"]), 8)
        table = site.json("lake", "status")["tables"][0]
        self.assertEqual((table["name"], table["rows"]), ("requests", 8))
        # What was asked of the server is answered the same without one.
        site.run("down")
        self.assertEqual(site.json("invoice", "show", invoice["id"])["total"], "13.50")
        self.assertTrue(site.json("invoice", "prove", invoice["id"])["proved"])

    def test_up_is_quick_idempotent_and_undone_by_down(self):
        site = self.site()
        start = time.monotonic()
        site.up()
        self.assertLess(time.monotonic() - start, 3.0)  # 0.3 s is the aim on a quiet machine; bench measures it
        first = site.json("status")
        self.assertTrue(first["server"]["running"] and first["edge"]["running"])
        self.assertEqual(site.json("up", "--detach")["server"]["pid"], first["server"]["pid"])
        serve = site.run("serve", check=False)
        self.assertEqual(serve.returncode, 1)
        self.assertIn("already", serve.stderr)
        site.run("down")
        after = site.json("status")
        self.assertFalse(after["server"]["running"] or after["edge"]["running"])
        site.run("down")

    def test_a_killed_server_leaves_nginx_capturing_and_the_next_up_adopts_it(self):
        site = self.site()
        site.start_upstream()
        site.up()
        key = site.json("customers", "create", "Acme") and site.json("keys", "create", "--customer", "Acme")["key"]
        before = site.json("status")
        os.kill(before["server"]["pid"], signal.SIGKILL)
        wait_for("the server's death", lambda: not site.json("status")["server"]["running"])
        self.assertEqual(site.json("status")["edge"]["pid"], before["edge"]["pid"])
        self.assertEqual(call(site.edge_port, "/example", key), 200)
        # The program itself takes the server's place for one command.
        self.assertEqual(site.query("SELECT count(*) FROM requests")[0][0], 1)
        site.up()
        after = site.json("status")
        self.assertNotEqual(after["server"]["pid"], before["server"]["pid"])
        self.assertEqual(after["edge"]["pid"], before["edge"]["pid"])
        self.assertEqual(call(site.edge_port, "/example", key), 200)
        self.assertEqual(site.query("SELECT count(*) FROM requests")[0][0], 2)

    def test_a_revoked_key_is_refused_at_once(self):
        site = self.site()
        site.start_upstream()
        site.up()
        site.run("customers", "create", "Acme")
        made = site.json("keys", "create", "--customer", "Acme")
        self.assertEqual(call(site.edge_port, "/example", made["key"]), 200)
        site.run("keys", "revoke", made["id"])
        self.assertEqual(call(site.edge_port, "/example", made["key"]), 403)

    def test_a_taken_port_is_said_and_nothing_is_left_running(self):
        for section in ("api", "edge"):
            with self.subTest(section), tempfile.TemporaryDirectory() as folder:
                site = Deployment(BUILD, folder)
                with socket.socket() as taken:
                    taken.bind(("127.0.0.1", 0))
                    taken.listen()
                    port = taken.getsockname()[1]
                    write_settings(site.data / "tallyman.toml", {(section, "listen"): f"127.0.0.1:{port}"})
                    with self.assertRaises(CommandFailed) as failed:
                        site.up()
                    self.assertEqual(failed.exception.code, 1)
                    self.assertIn(str(port), failed.exception.stderr)
                    self.assertIn("listen", failed.exception.stderr)
                status = site.json("status")
                self.assertFalse(status["server"]["running"] or status["edge"]["running"])

    def test_sigterm_delivers_before_the_end(self):
        site = self.site()
        site.start_upstream()
        site.up()
        self.assertEqual(call(site.edge_port, "/example"), 403)
        pid = site.server_pid()
        os.kill(pid, signal.SIGTERM)
        wait_for("the server's end", lambda: not pathlib.Path(f"/proc/{pid}").exists())
        status = site.json("lake", "status")
        self.assertEqual((status["undelivered_rows"], status["tables"][0]["rows"]), (0, 1))
        self.assertFalse(site.json("status")["edge"]["running"])

    def test_a_named_server_and_its_token(self):
        site = self.site()
        site.up()
        url = site.json("status")["server"]["url"]
        token = (site.data / "admin.token").read_text().strip()
        command = [str(BUILD / "tallyman"), "--server", url, "--format", "json", "customers", "list"]
        run = lambda value: subprocess.run(command, cwd=self.folder.parent, capture_output=True, text=True,  # noqa: E731
                                           env={**os.environ, "TALLYMAN_TOKEN": value})
        self.assertEqual(run(token).returncode, 0)
        refused = run("wrong")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("admin.token", refused.stderr)

    def test_teardown_says_what_it_removes_and_removes_it(self):
        site = self.site()
        site.up()
        self.assertEqual(site.run("teardown", check=False).returncode, 2)
        said = site.json("teardown", "--dry-run")
        self.assertFalse(said["removed"])
        self.assertIn("state.db", said["contents"])
        self.assertTrue(site.json("status")["server"]["running"])
        self.assertTrue(site.json("teardown", "--confirm")["removed"])
        self.assertFalse(site.data.exists())


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
