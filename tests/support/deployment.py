"""A real Tallyman on free ports in a folder of its own, driven through its command line as a user would."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def wait_for(what, condition, seconds=20.0):
    """The first true answer of condition(); raises when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def port_answers(port):
    with socket.socket() as s:
        s.settimeout(0.2)
        return s.connect_ex(("127.0.0.1", port)) == 0


class CommandFailed(Exception):
    def __init__(self, args, run):
        super().__init__(f"tallyman {' '.join(args)}: exit {run.returncode}\n{run.stdout}{run.stderr}")
        self.code, self.stdout, self.stderr = run.returncode, run.stdout, run.stderr


class Deployment:
    def __init__(self, build, folder, config=None):
        self.build = pathlib.Path(build).resolve()
        self.folder = pathlib.Path(folder).resolve()
        self.data = self.folder / "tallyman-data"
        self.edge_port, self.api_port, self.upstream_port = free_ports(3)
        self.upstream = None
        self.run("init", str(self.data))
        settings = {("edge", "listen"): f"127.0.0.1:{self.edge_port}",
                    ("edge", "upstream"): f"http://127.0.0.1:{self.upstream_port}",
                    ("api", "listen"): f"127.0.0.1:{self.api_port}", **(config or {})}
        write_settings(self.data / "tallyman.toml", settings)

    def run(self, *args, check=True, timeout=120):
        run = subprocess.run([str(self.build / "tallyman"), "--dir", str(self.data), *args], cwd=self.folder,
                             capture_output=True, text=True, timeout=timeout)
        if check and run.returncode != 0:
            raise CommandFailed(args, run)
        return run

    def json(self, *args, **options):
        return json.loads(self.run("--format", "json", *args, **options).stdout)

    def start_upstream(self):
        self.upstream = subprocess.Popen([str(self.build / "demo-upstream"), "127.0.0.1", str(self.upstream_port)])
        wait_for("the upstream", lambda: port_answers(self.upstream_port))

    def up(self):
        self.run("up", "--detach")

    def server_pid(self):
        return self.json("status")["server"]["pid"]

    def nginx_master(self):
        return self.json("status")["edge"]["pid"]

    def query(self, sql):
        return self.json("query", sql)["rows"]

    def stop(self):
        self.run("down", check=False)
        if self.upstream:
            self.upstream.send_signal(signal.SIGTERM)
            self.upstream.wait()

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        if failure:
            for log in (self.data / "server.log", self.data / "edge" / "error.log"):
                print(f"== {log.name}\n{tail(log)}", flush=True)
        self.stop()


def tail(path, size=4000):
    return path.read_text(errors="replace")[-size:] if path.exists() else "(none)"


def write_settings(path, settings):
    """Sets (section, key) = value in a generated tallyman.toml, whose settings stand there, commented or not."""
    lines, section, done = [], "", set()
    for line in path.read_text().splitlines():
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            section = stripped[1:-1]
        key = stripped.lstrip("# ").split("=")[0].strip()
        if "=" in stripped and (section, key) in settings and (section, key) not in done:
            line = f"{key} = {json.dumps(settings[(section, key)])}"
            done.add((section, key))
        lines.append(line)
    missing = set(settings) - done
    if missing:
        raise KeyError(f"{path} has no setting {sorted(missing)}")
    path.write_text("\n".join(lines) + "\n")


def children(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(child) for child in text.split()]


def alive(pid):
    """False once the last thread has ended: the first may be gone while others still hold files and locks."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return state != "Z" or len(list(pathlib.Path(f"/proc/{pid}/task").iterdir())) > 1
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill(pid):
    """SIGKILL, and waits for the end: the signal is delivered when the kernel gets to it."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    wait_for(f"the end of process {pid}", lambda: not alive(pid))
    return True
