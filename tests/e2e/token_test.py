"""Callers with tokens of an issuer: the program fetches the issuer's keys from a site of our own on loopback.

usage: token_test.py BUILD
"""
import base64
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from deployment import CommandFailed, Deployment, tail, wait_for  # noqa: E402

BUILD = None
ISSUER = "https://issuer.test/pool"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SigningKey:
    """An RSA key of openssl's command line."""

    def __init__(self, folder, kid):
        self.kid, self.path = kid, folder / f"{kid}.pem"
        subprocess.run(["openssl", "genrsa", "-out", str(self.path), "2048"], check=True, capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", str(self.path), "-noout", "-modulus"], check=True,
                                 capture_output=True, text=True).stdout.strip().split("=")[1]
        self.jwk = {"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig", "e": "AQAB",
                    "n": encoded(bytes.fromhex(modulus))}

    def token(self, **claims):
        claims = {"iss": ISSUER, "client_id": "client-1", "token_use": "access", "exp": int(time.time()) + 3600, **claims}
        text = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": self.kid}, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(self.path)], input=text.encode(),
                                   check=True, capture_output=True).stdout
        return text + "." + encoded(signature)


class IssuerSite:
    def __init__(self):
        site = self
        self.keys, self.requests = [], 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                site.requests += 1
                body = json.dumps({"keys": [key.jwk for key in site.keys]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/jwks.json"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def call(site, token=None, **headers):
    if token:
        headers["Authorization"] = token
    request = urllib.request.Request(f"http://127.0.0.1:{site.edge_port}/example", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["message"]


class TokenTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.key = SigningKey(self.folder, "one")
        self.issuer = IssuerSite()
        self.addCleanup(self.issuer.stop)
        self.issuer.keys = [self.key]

    def site(self, **config):
        config = {("edge", "jwt_issuer"): ISSUER, ("edge", "jwt_jwks"): self.issuer.url,
                  ("edge", "jwt_audience"): ["client-1"], **{("edge", name): value for name, value in config.items()}}
        site = Deployment(BUILD, self.folder, config)
        self.addCleanup(site.stop)
        site.start_upstream()
        site.up()
        return site

    def test_a_principal_is_let_in_limited_revoked_and_billed_as_a_key_is(self):
        site = self.site()
        customer = site.json("customers", "create", "Acme")["id"]
        made = site.json("keys", "create", "--customer", "Acme", "--principal", "ann")
        self.assertNotIn("key", made)
        self.assertEqual(made["principal"], "ann")
        token = self.key.token(sub="ann")
        wait_for("the issuer's keys", lambda: call(site, token)[0] == 200)
        self.assertEqual(call(site, "Bearer " + token), (200, ""))
        self.assertEqual(call(site), (401, "Unauthorized"))
        self.assertEqual(call(site, token[:-4] + "AAAA"), (401, "Unauthorized"))
        self.assertEqual(call(site, self.key.token(sub="ann", exp=int(time.time()) - 3600)),
                         (401, "The incoming token has expired"))
        self.assertEqual(call(site, self.key.token(sub="ann", token_use="id")), (401, "Unauthorized"))
        self.assertEqual(call(site, self.key.token(sub="bob")), (403, "Forbidden"))
        key = site.json("keys", "create", "--customer", "Acme")["key"]
        self.assertEqual(call(site, **{"x-api-key": key}), (200, ""))
        rows = site.query("SELECT DISTINCT principal, api_key_id, customer_id FROM requests "
                          "WHERE sc_status = 200 AND principal IS NOT NULL AND principal <> ''")
        self.assertEqual(rows, [["ann", made["id"], customer]])
        site.run("keys", "revoke", made["id"])
        self.assertEqual(call(site, token), (403, "Forbidden"))
        with self.assertRaises(CommandFailed) as again:
            site.run("keys", "create", "--customer", "Acme", "--principal", "ann")
        self.assertIn(made["id"], again.exception.stderr)
        self.assertNoToken(site, token)

    def test_the_samples_id_token_with_unknown_principals_admitted(self):
        site = self.site(jwt_token_use=["id"], jwt_principal_claim="cognito:username", jwt_unknown_principal="admit")
        token = self.key.token(**{"sub": "s", "cognito:username": "ann", "aud": "client-1", "token_use": "id"})
        wait_for("the issuer's keys", lambda: call(site, token)[0] == 200)
        self.assertEqual(call(site, self.key.token(sub="s", **{"cognito:username": "ann"})), (401, "Unauthorized"))
        row = site.query("SELECT DISTINCT principal, coalesce(customer_id, '') FROM requests WHERE sc_status = 200")
        self.assertEqual(row, [["ann", ""]])

    def test_keys_outlive_the_server_and_its_issuer(self):
        site = self.site()
        site.run("customers", "create", "Acme")
        site.run("keys", "create", "--customer", "Acme", "--principal", "ann")
        token = self.key.token(sub="ann")
        wait_for("the issuer's keys", lambda: call(site, token)[0] == 200)
        site.run("down")
        self.issuer.keys = []
        site.up()
        wait_for("a fetch that fails", lambda: "the key set is empty" in tail(site.data / "server.log", 100_000))
        self.assertEqual(call(site, token), (200, ""))

    def test_wrong_settings_are_named(self):
        site = self.site()
        site.run("down")
        path = site.data / "tallyman.toml"
        text = path.read_text()
        for line, reason in (('jwt_audience = ["client-1"]', None), ("jwt_audience = []", "jwt_issuer needs jwt_audience"),
                             ('jwt_jwks = "http://10.0.0.1/k"', "on this machine only"),
                             ('jwt_jwks = "ftp://x"', "does not begin with https://"),
                             ('jwt_clock_skew = "6m"', "out of range"), ("jwt_token_use = []", "name at least one"),
                             ('jwt_unknown_principal = "maybe"', 'neither "refuse" nor "admit"')):
            name = line.split(" ")[0]
            changed = "\n".join(line if old.lstrip("# ").startswith(name + " =") else old for old in text.splitlines())
            path.write_text(changed + "\n")
            run = site.run("up", "--detach", check=False)
            if reason is None:
                self.assertEqual(run.returncode, 0, run.stderr)
                site.run("down")
            else:
                self.assertEqual(run.returncode, 1, line)
                self.assertIn(reason, run.stderr)

    def assertNoToken(self, site, token):
        """Neither the token nor its signature is in any file of the data folder."""
        signature = token.rsplit(".", 1)[1].encode()
        for path in site.data.rglob("*"):
            if path.is_file():
                self.assertNotIn(signature, path.read_bytes(), path)


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
