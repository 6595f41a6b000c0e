"""The servers under measurement, each speaking its own dialect for the same work.

A server makes boxes (a folder, a bucket, a directory) and describes four requests on what is in them: `upload`,
`download`, `listing`, `metadata`. Describing must not talk to the server while the clock runs: what needs an answer
first (ids, tokens) is fetched by `learn`.
"""

import json
import os
import re
import subprocess
import time
import urllib.parse

from . import machine
from .requests import Request, send
from .signing import Signer


class Server:
    name = "?"

    def __init__(self, directory):
        self.directory = directory
        self.process = None
        self.port = None
        os.makedirs(directory, exist_ok=True)

    @property
    def log(self):
        return os.path.join(self.directory, "log")

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def version(self):
        raise NotImplementedError

    def start(self):
        raise NotImplementedError

    def stop(self):
        if self.process:
            machine.stop(self.process)
            self.process = None

    def pids(self):
        """Its processes."""
        return machine.family(self.process.pid)

    def make_box(self, box):
        raise NotImplementedError

    def learn(self, box):
        """Fetches what later requests on the box need."""

    def entries(self, body):
        """How many entries an answer to `listing` holds."""
        raise NotImplementedError


def _first_line(command):
    answer = subprocess.run(command, capture_output=True, text=True)
    return ((answer.stdout + answer.stderr).strip().splitlines() or ["unknown"])[0]


class Nginx(Server):
    """Static files and WebDAV PUT: plaintext, no authentication, no journal, no sync. The ceiling."""

    name = "nginx"
    program = "/usr/sbin/nginx"

    def version(self):
        return _first_line([self.program, "-v"]).replace("nginx version: ", "") + ", dav module, 2 workers"

    def start(self):
        self.port = machine.free_port()
        for folder in ("www", "tmp"):
            os.makedirs(self.path(folder), exist_ok=True)
        user = "user root;" if os.geteuid() == 0 else ""
        spare = "\n".join(f"    {kind}_temp_path {self.path('tmp')};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
        with open(self.path("nginx.conf"), "w") as configuration:
            configuration.write(f"""
{user}
daemon off;
worker_processes 2;
pid {self.path("pid")};
error_log {self.log} error;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    client_max_body_size 0;
    client_body_buffer_size 1m;
    client_body_temp_path {self.path("tmp")};
{spare}
    default_type application/octet-stream;
    server {{
        listen 127.0.0.1:{self.port} backlog=4096;
        location / {{ root {self.path("www")}; dav_methods PUT DELETE; create_full_put_path on; }}
        location /index/ {{ alias {self.path("www")}/; autoindex on; autoindex_format json; }}
    }}
}}
""")
        self.process = machine.spawn(
            [self.program, "-c", self.path("nginx.conf"), "-p", self.directory, "-e", self.log], self.log)
        machine.wait_for_port(self.port, self.process)

    def make_box(self, box):
        os.makedirs(self.path("www", box), exist_ok=True)

    def upload(self, box, name, offset, length):
        return Request("PUT", f"/{box}/{name}", (), offset, length)

    def download(self, box, name, first=None, last=None):
        return Request("GET", f"/{box}/{name}", _range(first, last))

    def listing(self, box):
        return Request("GET", f"/index/{box}/")

    def metadata(self, box, name):
        return Request("HEAD", f"/{box}/{name}")

    def entries(self, body):
        return len(json.loads(body))


class Rclone(Server):
    """`rclone serve s3` over a crypt remote on the local disk: encrypted content and names, not durable."""

    name = "rclone"

    def __init__(self, directory, program):
        super().__init__(directory)
        self.program = program

    def version(self):
        return _first_line([self.program, "version"]) + ", serve s3 over crypt"

    def start(self):
        self.port = machine.free_port()
        os.makedirs(self.path("store"), exist_ok=True)
        self.signer = Signer(os.urandom(10).hex(), os.urandom(20).hex())

        def secret():
            return subprocess.run(
                [self.program, "obscure", os.urandom(24).hex()], capture_output=True, text=True, check=True).stdout.strip()

        with open(self.path("rclone.conf"), "w") as configuration:
            os.fchmod(configuration.fileno(), 0o600)
            configuration.write(f"[sealed]\ntype = crypt\nremote = {self.path('store')}\n"
                                f"password = {secret()}\npassword2 = {secret()}\n")
        self.process = machine.spawn(
            [self.program, "serve", "s3", "sealed:", "--addr", f"127.0.0.1:{self.port}",
             "--auth-key", f"{self.signer.key},{self.signer.secret}", "--config", self.path("rclone.conf"),
             "--cache-dir", self.path("cache")], self.log)
        machine.wait_for_port(self.port, self.process)

    def _headers(self, method, path, query=""):
        return self.signer.headers(method, f"127.0.0.1:{self.port}", path, query)

    def make_box(self, box):
        send(self.port, "PUT", f"/{box}", self._headers("PUT", f"/{box}"), expect=(200, 409))

    def upload(self, box, name, offset, length):
        path = f"/{box}/{name}"
        return Request("PUT", path, self._headers("PUT", path), offset, length)

    def download(self, box, name, first=None, last=None):
        path = f"/{box}/{name}"
        return Request("GET", path, self._headers("GET", path) + _range(first, last))

    def listing(self, box):
        query = "list-type=2&max-keys=1000"
        return Request("GET", f"/{box}?{query}", self._headers("GET", f"/{box}", query))

    def metadata(self, box, name):
        path = f"/{box}/{name}"
        return Request("HEAD", path, self._headers("HEAD", path))

    def entries(self, body):
        return body.count(b"<Contents>")


class CloudSpace(Server):
    """The vault: sealed, durable, versioned, journalled. Its Drive routes, raw upload bodies."""

    name = "cloudspace"

    def __init__(self, directory, program):
        super().__init__(directory)
        self.program = program
        self.token = None
        self.folders, self.ids = {}, {}

    def version(self):
        return _first_line([self.program, "version"])

    def start(self):
        """Starts on a port the program picks; the line it prints when it listens says which."""
        said_before = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        self.process = machine.spawn(
            [self.program, "serve", "--data", self.path("data"), "--keys", self.path("keys"), "--listen", "127.0.0.1:0"],
            self.log)
        self.port = self._await_port(said_before)
        if self.token is None:
            self._register()

    def _await_port(self, said_before, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            running = self.process.poll() is None
            with open(self.log, "rb") as log:
                log.seek(said_before)
                said = log.read()
            match = re.search(rb"listening on http://[^\s:]+:(\d+)", said)
            if match:
                return int(match.group(1))
            if not running:
                raise RuntimeError(f"cloudspace stopped before it listened: {said[-400:].decode(errors='replace')}")
            time.sleep(0.0005)
        raise RuntimeError("cloudspace did not say that it listens")

    def _register(self):
        person = {"first_name": "Bench", "last_name": "Mark", "email": f"{os.urandom(6).hex()}@example.com",
                  "password": os.urandom(12).hex()}
        answer = send(self.port, "POST", "/api/auth/register", (("Content-Type", "application/json"),),
                      json.dumps(person).encode())
        self.token = json.loads(answer.body)["token"]

    @property
    def authorization(self):
        return (("Authorization", f"Bearer {self.token}"),)

    def make_box(self, box):
        if box in self.folders:
            return
        answer = send(self.port, "POST", "/api/drive/folders", self.authorization + (("Content-Type", "application/json"),),
                      json.dumps({"name": box, "parent_id": None}).encode())
        self.folders[box] = json.loads(answer.body)["id"]

    def learn(self, box):
        request = self.listing(box)
        answer = send(self.port, request.method, request.target, request.headers)
        for entry in json.loads(answer.body)["files"]:
            self.ids[box, entry["name"]] = entry["id"]

    def upload(self, box, name, offset, length):
        target = f"/api/files/upload?name={urllib.parse.quote(name)}&parent_id={self.folders[box]}"
        return Request("POST", target, self.authorization + (("Content-Type", "application/octet-stream"),), offset, length)

    def download(self, box, name, first=None, last=None):
        return Request("GET", f"/api/files/{self.ids[box, name]}/download", self.authorization + _range(first, last))

    def archive(self, box):
        return Request("GET", f"/api/files/{self.folders[box]}/download", self.authorization)

    def listing(self, box):
        return Request("GET", f"/api/drive/contents?parent_id={self.folders[box]}&limit=1000", self.authorization)

    def metadata(self, box, name):
        return Request("GET", f"/api/files/{self.ids[box, name]}", self.authorization)

    def entries(self, body):
        return len(json.loads(body)["files"])


def _range(first, last):
    return () if first is None else (("Range", f"bytes={first}-{last}"),)
