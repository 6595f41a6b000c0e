#!/usr/bin/env python3
"""Measures how long a rotation of the master key takes while the vault is served and people upload.

    bench/rotation.py --program .build/release/cloudspace                  # 1,000,000 keys on SQLite
    DATABASE_URL=postgresql://… bench/rotation.py --program …              # the same on an empty PostgreSQL database

Fills `file_keys` with keys that are wrapped as the program wraps them (libsodium through ctypes, docs/formats/), of files that have
no rows else: rotation reads no other table. Then a client uploads 4 KiB files one after the other, first alone and then while the
keys are rotated, so that it shows what people notice. Prints one line of JSON. Needs libsodium, and psql for PostgreSQL.
"""

import argparse
import ctypes
import ctypes.util
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import sqlite3
import statistics
import struct
import subprocess
import tempfile
import threading
import time

sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
SEAL = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt
OPEN = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt
PASSWORD = "correct horse battery"


def derived(key, label):
    info = b"cloudspace-vault/v1/derive\x00" + bytes([len(label)]) + label
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()


def wrapping_key(keys):
    """The wrapping key of the only generation of a new ring."""
    with open(os.path.join(keys, "vault.key"), "rb") as file:
        unlocking = file.read()
    with open(os.path.join(keys, "ring.sealed"), "rb") as file:
        ring = file.read()
    body = ctypes.create_string_buffer(len(ring))
    size = ctypes.c_ulonglong()
    code = OPEN(body, ctypes.byref(size), None, ring[80:], ctypes.c_ulonglong(len(ring) - 80), ring[:56], ctypes.c_ulonglong(56),
                ring[56:80], derived(unlocking, b"key ring file"))
    assert code == 0, "the ring does not open"
    return derived(body.raw[44:76], b"key ring wrapping")


def made_keys(count, wrapping):
    """Rows of `file_keys` of files that are nowhere else, in the order of their owners."""
    now = int(time.time() * 1000)
    space = os.urandom(16)
    purpose = b"cloudspace node key"
    out = ctypes.create_string_buffer(48)
    size = ctypes.c_ulonglong()
    for index in range(count):
        owner = struct.pack(">Q", (now << 16) | 0x7000 | (index & 0xFFF)) + struct.pack(">Q", 0x8000000000000000 | index)
        nonce = os.urandom(24)
        aad = (b"cloudspace key 1" + struct.pack(">I", 1) + bytes([len(purpose)]) + purpose + b"\x02" + owner + space + bytes(8))
        SEAL(out, ctypes.byref(size), os.urandom(32), ctypes.c_ulonglong(32), aad, ctypes.c_ulonglong(len(aad)), None, nonce, wrapping)
        yield owner, 0, space, 1, b"\x01" + nonce + out.raw[:48], now, now


def fill(data, database, count, wrapping):
    if database:
        psql = subprocess.Popen(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", database, "-c",
             "COPY file_keys (owner_id, owner_kind, space_id, generation, wrapped, created_at, wrapped_at) FROM STDIN"],
            stdin=subprocess.PIPE, text=True)
        for row in made_keys(count, wrapping):
            psql.stdin.write("\t".join("\\\\x" + c.hex() if isinstance(c, bytes) else str(c) for c in row) + "\n")
        psql.stdin.close()
        assert psql.wait() == 0
        subprocess.run(["psql", "-X", "-q", database, "-c", "VACUUM ANALYZE file_keys"], check=True)
        return
    connection = sqlite3.connect(os.path.join(data, "vault.db"))
    with connection:
        connection.executemany("INSERT INTO file_keys VALUES (?, ?, ?, ?, ?, ?, ?)", made_keys(count, wrapping))
    connection.close()


class Client(threading.Thread):
    """Uploads small files one after the other; how long each took, in milliseconds."""

    def __init__(self, port, token):
        super().__init__(daemon=True)
        self.port, self.token = port, token
        self.times, self.going = [], True

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        body = os.urandom(4096)
        while self.going:
            start = time.monotonic()
            name = f"f{time.monotonic_ns()}"
            connection.request("POST", f"/api/files/upload?name={name}", body,
                               {"Authorization": f"Bearer {self.token}", "Content-Type": "application/octet-stream"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 201, answer.status
            self.times.append((time.monotonic() - start) * 1000)

    def stop(self):
        self.going = False
        self.join()
        ordered = sorted(self.times)
        return {"uploads_per_second": None, "count": len(ordered), "p50_ms": round(statistics.median(ordered), 2),
                "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2), "max_ms": round(ordered[-1], 1)}


def call(port, method, path, token=None, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection.request(method, path, json.dumps(body or {}) if method != "GET" else None, headers)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    assert answer.status < 300, content
    return content


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5, help="how long the client works alone")
    options = parser.parse_args()
    database = os.environ.get("DATABASE_URL")
    place = tempfile.mkdtemp(prefix="cloudspace-rotation-", dir="/var/tmp")
    flags = ["--data", place + "/data", "--keys", place + "/keys"]
    server = None
    try:
        subprocess.run(
            [options.program, "users", "create", *flags, "--email", "ama@example.com", "--role", "admin", "--password-stdin"],
            input=PASSWORD + "\n", text=True, check=True, stdout=subprocess.DEVNULL)
        fill(place + "/data", database, options.keys, wrapping_key(place + "/keys"))
        server = subprocess.Popen([options.program, "serve", *flags, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True,
                                  stderr=subprocess.DEVNULL)
        port = None
        while port is None:
            found = re.search(r"listening on http://127.0.0.1:(\d+)", server.stdout.readline())
            port = int(found.group(1)) if found else None
        token = call(port, "POST", "/api/auth/login", body={"email": "ama@example.com", "password": PASSWORD})["token"]

        client = Client(port, token)
        client.start()
        time.sleep(options.seconds)
        alone = client.stop()
        alone["uploads_per_second"] = round(alone["count"] / options.seconds)
        client = Client(port, token)
        client.start()
        start = time.monotonic()
        call(port, "POST", "/api/admin/keys/rotation", token)
        while True:
            rotation = call(port, "GET", "/api/admin/keys/rotation", token)["rotation"]
            if rotation["state"] in ("completed", "failed", "paused"):
                break
            time.sleep(0.1)
        seconds = time.monotonic() - start
        during = client.stop()
        during["uploads_per_second"] = round(during["count"] / seconds)
        assert rotation["state"] == "completed", rotation
        print(json.dumps({"engine": "postgresql" if database else "sqlite", "keys": rotation["done"], "seconds": round(seconds, 1),
                          "keys_per_second": round(rotation["done"] / seconds), "client_alone": alone, "client_meanwhile": during}))
    finally:
        if server:
            server.terminate()
            server.wait()
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
