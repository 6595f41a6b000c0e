"""The vault on PostgreSQL and S3: one node, or several behind nginx with the configuration that deploy/ ships."""

import os
import subprocess

from . import machine, servers

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class SharedCloudSpace(servers.CloudSpace):
    def __init__(self, directory, program, nodes, keys=None):
        super().__init__(directory, program)
        self.name = f"PostgreSQL + SeaweedFS, {nodes} node{'s' if nodes > 1 else ''}"
        self.nodes, self.keys = nodes, keys or self.path("keys")
        self.processes = []
        label = os.urandom(6).hex()
        self.server_url = os.environ["CLOUDSPACE_TEST_POSTGRESQL"]
        self._psql(f"CREATE DATABASE bench_{label}")
        bucket, _, query = os.environ["CLOUDSPACE_TEST_S3"].partition("?")
        self.environment = {
            "DATABASE_URL": self.server_url.rsplit("/", 1)[0] + f"/bench_{label}",
            "BLOB_STORE": f"{bucket}/{label}?{query}",
            "CLOUDSPACE_KEYS": self.keys,
        }

    def _psql(self, statement, url=None):
        answer = subprocess.run(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement, url or self.server_url], capture_output=True, text=True, check=True)
        return answer.stdout.strip()

    def database_mib(self):
        return int(self._psql("SELECT pg_database_size(current_database())", self.environment["DATABASE_URL"])) >> 20

    def start(self):
        if not os.path.exists(self.keys):
            subprocess.run([self.program, "keys", "init"], env={**os.environ, **self.environment}, check=True, capture_output=True)
        ports = []
        for _ in range(self.nodes):
            said_before = os.path.getsize(self.log) if os.path.exists(self.log) else 0
            self.process = machine.spawn(
                [self.program, "serve", "--listen", "127.0.0.1:0", "--trusted-proxies", "127.0.0.1"], self.log, self.environment)
            self.processes.append(self.process)
            ports.append(self._await_port(said_before))
        self.process, self.port = self.processes[0], ports[0]
        if self.nodes > 1:
            self._start_proxy(ports)
        if self.token is None:
            self._register()

    def _start_proxy(self, ports):
        self.port = machine.free_port()
        folder = self.path("proxy")
        os.makedirs(folder, exist_ok=True)
        temporary = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(os.path.join(folder, "nginx.conf"), "w") as configuration:
            configuration.write(f"""
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/errors error;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    {temporary}
    upstream cloudspace {{
        zone cloudspace 64k;
        least_conn;
        {" ".join(f"server 127.0.0.1:{port};" for port in ports)}
        keepalive 128;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{self.port} backlog=4096;
        include {ROOT}/deploy/nginx/cloudspace.conf;
    }}
}}
""")
        proxy = machine.spawn(
            [servers.Nginx.program, "-p", folder, "-e", f"{folder}/errors", "-c", f"{folder}/nginx.conf"], os.path.join(folder, "log"))
        machine.wait_for_port(self.port, proxy)
        self.processes.append(proxy)

    def pids(self):
        return [pid for process in self.processes for pid in machine.family(process.pid)]

    def stop(self):
        for process in reversed(self.processes):
            machine.stop(process)
        self.processes, self.process = [], None
