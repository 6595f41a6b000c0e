#!/usr/bin/env python3
"""Measures sealed backups and restores of a served vault beside tar+age, restic, borgbackup and 7-Zip, in one run.

    bench/backups.py --program .build/release/cloudspace
    bench/backups.py --program .build/release/cloudspace --runs 3 --only cloudspace,tar+age

One tree for all: 2,000 files of 4 KiB to 4 MiB, some 1 GiB, half of them text. Everybody reads from the page cache and writes to the
same disk. The vault's figures are from the request to the finished, synced archive, and from `cloudspace restore` on an empty
directory to the vault that is there; the peers' are those of their commands, and again with the `sync` that they leave to the system.
Memory is the peak of the resident set: of the peers' processes, of the serving vault while it makes the backup (what it had before
is told, too), of the restoring command. Then what people notice: details of files asked by four clients, alone and while backups are
made one after the other; and how long it takes to start a backup and to list a thousand. Prints one line of JSON per result, then a
table.
"""

import argparse
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import tempfile
import threading
import time


PASSWORD = "correct horse battery staple"
PEERS = {
    "tar+age": ("true", "tar -C $(dirname $TREE) -c tree | age -R $KEYS/pub -o $REPO/a.age", "age -d -i $KEYS/key $REPO/a.age | tar -C $OUT -x"),
    "restic": ("restic init -q -r $REPO/r", "restic -q -r $REPO/r backup $TREE", "restic -q -r $REPO/r restore latest --target $OUT"),
    "restic, no compression": ("restic init -q -r $REPO/r", "restic -q -r $REPO/r --compression off backup $TREE",
                               "restic -q -r $REPO/r restore latest --target $OUT"),
    "borg": ("borg init -e repokey-blake2 $REPO/r", "borg create $REPO/r::a $TREE", "cd $OUT && borg extract $REPO/r::a"),
    "7z -mem=AES256 -mx=0": ("true", "7z a -bd -bso0 -tzip -mem=AES256 -mx=0 -p$PW $REPO/a.zip $TREE", "7z x -bd -bso0 -p$PW -o$OUT $REPO/a.zip"),
}


def make_tree(tree, count):
    """Sizes spread evenly over the powers of two from 4 KiB to 4 MiB; every other file is text."""
    source = random.Random(11)
    letters = "eeetaoinshrdlucmfwypvbgk"
    words = [("".join(source.choices(letters, k=source.randrange(2, 10))) + source.choice("          \n,.")).encode() for _ in range(256)]
    for index in range(count):
        size = int(4096 * 1024 ** source.random())
        if index % 2:
            content = source.randbytes(size)
        else:
            content = b" ".join(words[number] for number in source.randbytes(size // 4))[:size]
        folder = os.path.join(tree, f"folder-{index % 40:02d}")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"file-{index:05d}.{'bin' if index % 2 else 'txt'}"), "wb") as file:
            file.write(content)


def digest(root):
    total = hashlib.sha256()
    count = size = 0
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            total.update(name.encode() + hashlib.sha256(content).digest())
            count, size = count + 1, size + len(content)
    return total.hexdigest(), count, size


LAUNCHER = """
import json, os, sys
child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(0, 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss]))
"""


def timed(command, environment):
    """Seconds, seconds with the sync behind them, processor seconds and peak memory in MiB of a command and its children.

    A small interpreter starts it: a process counts the memory of the one it was forked from as its own peak.
    """
    os.sync()
    start = time.monotonic()
    told = subprocess.run(["python3", "-S", "-c", LAUNCHER, *command], env=environment, text=True, capture_output=True)
    seconds = time.monotonic() - start
    os.sync()
    synced = time.monotonic() - start
    code, processor, peak = json.loads(told.stdout)
    assert code == 0, f"{command} failed: {told.stderr}"
    return {"seconds": round(seconds, 2), "with_sync": round(synced, 2), "cpu": round(processor, 2), "peak_mib": round(peak / 1024)}


def size_of(path):
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)


def measure_peer(name, place, tree, want):
    initialise, back_up, restore = PEERS[name]
    work = tempfile.mkdtemp(dir=place)
    environment = dict(os.environ, TREE=tree, REPO=work + "/repo", OUT=work + "/out", KEYS=place + "/age", PW=os.urandom(12).hex(),
                       RESTIC_PASSWORD="x", RESTIC_CACHE_DIR=work + "/cache", BORG_PASSPHRASE="x", BORG_BASE_DIR=work + "/borg")
    os.makedirs(work + "/repo")
    os.makedirs(work + "/out")
    try:
        subprocess.run(["bash", "-c", initialise], env=environment, check=True, capture_output=True)
        made = timed(["bash", "-o", "pipefail", "-c", back_up], environment)
        made["stored_mib"] = size_of(work + "/repo") >> 20
        back = timed(["bash", "-o", "pipefail", "-c", restore], environment)
        assert digest(work + "/out")[0] == want, f"{name} gave back something else"
        return made, back
    finally:
        shutil.rmtree(work, ignore_errors=True)


class Vault:
    """A served vault with the tree in it."""

    def __init__(self, program, place):
        self.program, self.place = program, place
        self.keys = place + "/keys"
        self.flags = ["--data", place + "/data", "--keys", self.keys]
        self.run("users", "create", "--email", "ama@example.com", "--role", "admin", "--password-stdin", input=PASSWORD + "\n")
        self.run("keys", "recovery-key", "create", "--out", place + "/recovery.key")
        self.process = None
        self.start()

    def run(self, *arguments, flags=None, **options):
        return subprocess.run([self.program, *arguments, *(flags or self.flags)], text=True, check=True, stdout=subprocess.DEVNULL, **options)

    def start(self):
        self.process = subprocess.Popen([self.program, "serve", *self.flags, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL)
        self.port = None
        while self.port is None:
            found = re.search(r"listening on http://127.0.0.1:(\d+)", self.process.stdout.readline())
            self.port = int(found.group(1)) if found else None
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.token = self.call("POST", "/api/auth/login", {"email": "ama@example.com", "password": PASSWORD})["token"]

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def call(self, method, path, body=None, connection=None, raw=None, kind="application/json"):
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"Content-Type": kind}
        if path != "/api/auth/login":
            headers["Authorization"] = f"Bearer {self.token}"
        connection.request(method, path, raw if raw is not None else (json.dumps(body) if body is not None else None), headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status < 300, (method, path, answer.status, content[:300])
        return json.loads(content) if content else None

    def fill(self, tree):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        self.files = []
        for folder in sorted(os.listdir(tree)):
            made = self.call("POST", "/api/drive/folders", {"name": folder}, connection)
            for name in sorted(os.listdir(os.path.join(tree, folder))):
                with open(os.path.join(tree, folder, name), "rb") as file:
                    content = file.read()
                path = f"/api/files/upload?name={name}&parent_id={made['id']}"
                self.files.append(self.call("POST", path, connection=connection, raw=content, kind="application/octet-stream")["id"])

    def memory(self, field):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(field + r":\s+(\d+)", status.read()).group(1)) // 1024

    def wait(self, backup):
        while backup["statut"] in ("en_attente", "en_cours"):
            time.sleep(0.01)
            backup = self.call("GET", f"/api/sauvegardes/{backup['id']}")
        assert backup["statut"] == "terminee", backup
        return backup

    def back_up(self, **order):
        return self.wait(self.call("POST", "/api/sauvegardes", dict({"type": "systeme", "forme": "scellee", "mode": "complete"}, **order)))


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_vault(vault, place, want):
    os.sync()
    with open(f"/proc/{vault.process.pid}/clear_refs", "w") as file:
        file.write("5")
    before, used = vault.memory("VmRSS"), processor_seconds(vault.process.pid)
    start = time.monotonic()
    backup = vault.back_up()
    seconds = time.monotonic() - start
    os.sync()
    made = {"seconds": round(seconds, 2), "with_sync": round(time.monotonic() - start, 2),
            "cpu": round(processor_seconds(vault.process.pid) - used, 2), "peak_mib": vault.memory("VmHWM"), "idle_mib": before,
            "stored_mib": size_of(place + "/vault/data/backups") >> 20}
    target = tempfile.mkdtemp(dir=place)
    try:
        back = timed(
            [vault.program, "restore", "--from", place + "/vault/data/backups", "--backup", backup["id"], "--bundle", newest_bundle(vault),
             "--recovery-key-file", vault.place + "/recovery.key", "--data", target + "/data", "--keys", target + "/keys"], os.environ)
        check_restored(vault.program, target, want)
    finally:
        shutil.rmtree(target, ignore_errors=True)
        vault.call("DELETE", f"/api/sauvegardes/{backup['id']}")
    return made, back


def newest_bundle(vault):
    vault.run("keys", "bundle")
    found = [os.path.join(folder, name) for folder, _, names in os.walk(vault.keys + ".bundle") for name in names if name.endswith(".keys")]
    return max(found, key=os.path.getmtime)


def check_restored(program, target, want):
    """Every content of the restored vault is what was uploaded: asked over HTTP, as people would."""
    other = Vault.__new__(Vault)
    other.program, other.place, other.flags, other.process = program, target, ["--data", target + "/data", "--keys", target + "/keys"], None
    other.start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", other.port)
        total = hashlib.sha256()
        entries = []
        for folder in other.call("GET", "/api/drive/contents?limit=1000", connection=connection)["folders"]:
            listed = other.call("GET", f"/api/drive/contents?parent_id={folder['id']}&limit=1000", connection=connection)["files"]
            entries.append((folder["name"], [(entry["name"], entry["id"]) for entry in listed]))
        for _, files in sorted(entries):
            for name, identifier in sorted(files):
                connection.request("GET", f"/api/files/{identifier}/download", headers={"Authorization": f"Bearer {other.token}"})
                total.update(name.encode() + hashlib.sha256(connection.getresponse().read()).digest())
        assert total.hexdigest() == want, "the restored vault gives something else"
    finally:
        other.stop()


class Reader(threading.Thread):
    """Asks for the details of files, one after the other; how long each took, in milliseconds."""

    def __init__(self, vault, files):
        super().__init__(daemon=True)
        self.vault, self.files, self.times, self.going = vault, files, [], True

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.vault.port)
        while self.going:
            start = time.monotonic()
            self.vault.call("GET", f"/api/files/{random.choice(self.files)}", connection=connection)
            self.times.append((time.monotonic() - start) * 1000)


def readers_while(vault, work):
    readers = [Reader(vault, vault.files) for _ in range(2)]
    for reader in readers:
        reader.start()
    start = time.monotonic()
    work()
    seconds = time.monotonic() - start
    for reader in readers:
        reader.going = False
    for reader in readers:
        reader.join()
    times = sorted(sum((reader.times for reader in readers), []))
    return {"requests_per_second": round(len(times) / seconds), "p50_ms": round(statistics.median(times), 2), "p99_ms": round(times[int(len(times) * 0.99)], 2)}


def measure_notice(vault):
    alone = readers_while(vault, lambda: time.sleep(5))

    def several():
        for _ in range(3):
            vault.call("DELETE", f"/api/sauvegardes/{vault.back_up()['id']}")

    return {"alone": alone, "meanwhile": readers_while(vault, several)}


def measure_desk(vault, count=1000):
    """Starting backups and listing them."""
    connection = http.client.HTTPConnection("127.0.0.1", vault.port)
    starts, waiting = [], []
    for index in range(count):
        start = time.monotonic()
        waiting.append(vault.call("POST", "/api/sauvegardes", {"type": "fichier", "cible_id": vault.files[index % len(vault.files)], "forme": "scellee",
                                                               "mode": "complete"}, connection))
        starts.append((time.monotonic() - start) * 1000)
        if len(waiting) == 20:
            for backup in waiting:
                vault.wait(backup)
            waiting = []
    lists = []
    for _ in range(50):
        start = time.monotonic()
        vault.call("GET", "/api/sauvegardes?limit=1000", connection=connection)
        lists.append((time.monotonic() - start) * 1000)
    return {"backups": count, "start_p50_ms": round(statistics.median(starts), 2), "start_p99_ms": round(sorted(starts)[int(len(starts) * 0.99)], 2),
            "list_p50_ms": round(statistics.median(lists), 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="names with commas between them")
    parser.add_argument("--no-desk", action="store_true", help="leave out what people notice and the thousand backups")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name] or ["cloudspace", *PEERS]
    place = tempfile.mkdtemp(prefix="cloudspace-backups-", dir="/var/tmp")
    vault = None
    results = {}
    try:
        tree = place + "/tree"
        make_tree(tree, options.files)
        want, count, size = digest(tree)
        print(json.dumps({"tree": count, "mib": size >> 20}), flush=True)
        os.makedirs(place + "/age")
        if "tar+age" in wanted:
            subprocess.run(f"age-keygen -o {place}/age/key 2>/dev/null && age-keygen -y {place}/age/key > {place}/age/pub", shell=True, check=True)
        if "cloudspace" in wanted:
            os.makedirs(place + "/vault")
            vault = Vault(options.program, place + "/vault")
            vault.fill(tree)
        for turn in range(options.runs):
            for name in wanted[turn % len(wanted):] + wanted[:turn % len(wanted)]:
                made, back = measure_vault(vault, place, want) if name == "cloudspace" else measure_peer(name, place, tree, want)
                results.setdefault(name, []).append((made, back))
                print(json.dumps({"name": name, "run": turn, "backup": made, "restore": back}), flush=True)
        if vault and not options.no_desk:
            print(json.dumps({"notice": measure_notice(vault)}), flush=True)
            print(json.dumps({"desk": measure_desk(vault)}), flush=True)
        report(wanted, results)
    finally:
        if vault:
            vault.stop()
        shutil.rmtree(place, ignore_errors=True)


def report(wanted, results):
    print("\n| | backup s | with sync | CPU s | peak MiB | stored MiB | restore s | with sync | CPU s | peak MiB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in wanted:
        def median(part, field):
            return round(statistics.median(run[part][field] for run in results[name]), 2)
        cells = [median(0, field) for field in ("seconds", "with_sync", "cpu", "peak_mib", "stored_mib")]
        cells += [median(1, field) for field in ("seconds", "with_sync", "cpu", "peak_mib")]
        print(f"| {name} | " + " | ".join(str(cell) for cell in cells) + " |")


if __name__ == "__main__":
    main()
