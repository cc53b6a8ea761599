"""nginx as a bare proxy, with our module, and with what stock nginx offers instead, all before the same upstream.

The three configurations differ in nothing else. Each client request has seven headers and is checked: status and body.
"""
import pathlib
import shutil
import socket
import subprocess
import time

BODY = b'{"id":"item_4711","name":"bench","price":1299}'
KEYS = 100_000
KEYS_IN_USE = 1_000

# The 43 fields of a CloudFront real-time log, as far as stock nginx has a variable for them.
STOCK_FIELDS = """msec remote_addr time_iso8601 status bytes_sent request_method scheme http_host request_uri request_length
request_time server_protocol connection_requests http_user_agent http_referer http_cookie args upstream_cache_status
http_x_forwarded_for ssl_protocol ssl_cipher sent_http_content_type sent_http_content_length sent_http_content_range
http_accept http_accept_encoding http_range request_id server_addr server_port remote_port upstream_addr upstream_status
upstream_connect_time upstream_header_time upstream_response_time upstream_bytes_received upstream_bytes_sent
customer hostname pid connection body_bytes_sent""".split()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def http_part(folder, port, upstream_port, inside_http="", inside_location=""):
    """nginx.conf of one process that proxies everything on `port`."""
    temporary = "\n".join(f'    {name}_temp_path "{folder}/{name}";'
                          for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"""
http {{
{temporary}
    access_log off;
    keepalive_requests 1000000;
    keepalive_timeout 3600s;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    upstream origin {{ server 127.0.0.1:{upstream_port}; keepalive 64; keepalive_requests 1000000; keepalive_timeout 3600s; }}
{inside_http}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location / {{
{inside_location}
            proxy_pass http://origin;
        }}
    }}
}}
"""


def main_part(folder, workers=0, module=None):
    """`workers` 0: one process without a master, for callgrind."""
    processes = "master_process off;" if workers == 0 else f"worker_processes {workers};"
    load = f'load_module "{module}";' if module else ""
    return f"""daemon off;
{processes}
user root;
pid "{folder}/nginx.pid";
error_log "{folder}/error.log" error;
{load}
events {{ worker_connections 1024; }}
"""


def bare(folder, port, upstream_port, **options):
    return main_part(folder, **options) + http_part(folder, port, upstream_port)


def with_module(folder, port, upstream_port, module, **options):
    (folder / "capture").mkdir()
    inside_http = f"""
    tallyman_capture_dir "{folder}/capture";
    tallyman_key_table "{folder.parent}/keys.table";
    tallyman_plan_table "{folder.parent}/plans.table";
    tallyman_limits "{folder.parent}/limits";
    tallyman_counters "{folder}/edge.counters";
    tallyman_stage prod;
    tallyman_edge_location EDGE1-P1;
    tallyman_distribution d111111abcdef8.example.net;
"""
    return (main_part(folder, module=module, **options) +
            http_part(folder, port, upstream_port, inside_http, "            tallyman on;"))


def stock(folder, port, upstream_port, **options):
    """map for the keys, limit_req for the throttle, access_log for the record; a quota stock nginx has none."""
    names = "".join(f"    {key} customer_{n // 2};\n" for n, key in enumerate(read_keys(folder.parent)))
    (folder / "keys.map").write_text(names)
    fields = ",".join(f'"{name}":"${name}"' for name in STOCK_FIELDS)
    inside_http = f"""
    map_hash_max_size 262144;
    map_hash_bucket_size 512;
    map $http_x_api_key $customer {{ default ""; include "{folder}/keys.map"; }}
    limit_req_zone $http_x_api_key zone=keys:32m rate=10000r/s;
    log_format fields escape=json '{{{fields}}}';
"""
    inside_location = f"""
            if ($customer = "") {{ return 403; }}
            limit_req zone=keys burst=5000 nodelay;
            access_log "{folder}/access.log" fields buffer=64k;
"""
    return main_part(folder, **options) + http_part(folder, port, upstream_port, inside_http, inside_location)


def make_keys(build, folder):
    subprocess.run([f"{build}/bench_edge_keys", folder, str(KEYS)], check=True)


def read_keys(folder):
    return (folder / "keys.txt").read_text().split()


def wait_for_port(port, process, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"nginx ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)  # poll
    raise RuntimeError(f"nothing listens on {port}")


class Nginx:
    """One running nginx in a folder of its own; `wrapper` goes before the command, e.g. valgrind and its options."""

    def __init__(self, folder, text, port, wrapper=()):
        self.folder = folder
        (folder / "nginx.conf").write_text(text)
        command = [*wrapper, shutil.which("nginx"), "-p", f"{folder}/", "-c", f"{folder}/nginx.conf", "-e",
                   f"{folder}/error.log"]
        with open(folder / "output", "w", encoding="utf-8") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        wait_for_port(port, self.process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # One signal is not enough: nginx sees one that comes just before it waits for events only after the next event.
        while self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(0.5)
            except subprocess.TimeoutExpired:
                pass

    def check_log(self):
        lines = (self.folder / "error.log").read_text().splitlines()
        errors = [line for line in lines if "[warn]" not in line]
        if errors:
            raise RuntimeError(f"nginx's error log has {len(errors)} errors: {errors[0]}")


def start_upstream(folder):
    folder.mkdir()
    port = free_port()
    text = main_part(folder) + f"""
http {{
    access_log off;
    keepalive_requests 1000000;
    keepalive_timeout 3600s;
    server {{
        listen 127.0.0.1:{port};
        location / {{ default_type application/json; return 200 '{BODY.decode()}'; }}
    }}
}}
"""
    return port, Nginx(folder, text, port)


def request_bytes(number, key):
    return (f"GET /v1/items/{number % 10}?page=2 HTTP/1.1\r\n"
            "Host: api.example.com\r\n"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
            "Accept: application/json, text/plain, */*\r\n"
            "Accept-Encoding: gzip, deflate, br\r\n"
            "Referer: https://www.example.com/products/list\r\n"
            "Cookie: session=5f2b8a91c0de4477a1b2c3d4\r\n"
            f"x-api-key: {key}\r\n\r\n").encode()


class Client:
    """Requests over kept connections, one at a time; every answer is checked."""

    def __init__(self, port, connections=8):
        self.sockets = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(connections)]

    def send(self, number, key):
        connection = self.sockets[number % len(self.sockets)]
        connection.sendall(request_bytes(number, key))
        answer = b""
        while not answer.endswith(BODY):
            more = connection.recv(65536)
            if not more:
                raise RuntimeError(f"the connection was closed after {answer[:200]!r}")
            answer += more
            if not b"HTTP/1.1 200 OK\r\n".startswith(answer[:17]):
                raise RuntimeError(f"not answered 200: {answer[:200]!r}")
