"""The work, the same for every server, and one measurement of it."""

import dataclasses
import hashlib
import json
import os
import random
import subprocess
import time

from . import machine
from .requests import send, write_plan

SMALL = 4096
MIB = 1 << 20
BOX_SIZE = 250


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is done. Everything is bounded by count and by time."""

    rounds: int
    uploads: int
    upload_seconds: float
    warm_uploads: int
    big: int
    range_seconds: float
    read_seconds: float
    seeded: int
    seed_seconds: float
    starts: int
    quiet_seconds: float  # how long to wait for others on the machine, before each measurement


FULL = Sizes(rounds=3, uploads=16000, upload_seconds=4, warm_uploads=8000, big=1 << 30, range_seconds=2.5,
             read_seconds=3, seeded=100_000, seed_seconds=90, starts=7, quiet_seconds=4)
QUICK = Sizes(rounds=1, uploads=6000, upload_seconds=2, warm_uploads=4000, big=1 << 28, range_seconds=1,
              read_seconds=1.5, seeded=20_000, seed_seconds=15, starts=3, quiet_seconds=1)


class OutOfTime(Exception):
    """The run's own limit is reached; what is left is not measured."""


class Bench:
    """One run: the load generator, the body file, the deadline, the raw results."""

    def __init__(self, directory, sizes, minutes):
        self.directory, self.sizes = directory, sizes
        self.deadline = time.monotonic() + minutes * 60 - 15  # the rest is for stopping and writing
        self.loadgen = os.path.join(directory, "loadgen")
        self.body = os.path.join(directory, "body")
        self.results = []

    def prepare(self):
        source = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "loadgen.c")
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", self.loadgen, source], check=True)
        with open(self.body, "wb") as body:  # random: nothing here may profit from compression
            for _ in range(64):
                body.write(os.urandom(MIB))

    def check_time(self, needed=0.0):
        if time.monotonic() + needed > self.deadline:
            raise OutOfTime

    def load(self, server, requests, connections=1, seconds=None, cycle=False, warm=0, timeout=45):
        """Replays requests; returns loadgen's figures with what the server and others took of the processor."""
        self.check_time(seconds or 0)
        plan = os.path.join(self.directory, "plan")
        write_plan(plan, requests, server.port)
        command = [self.loadgen, "--port", str(server.port), "--plan", plan, "--body", self.body,
                   "--connections", str(connections), "--warm", str(warm),
                   "--timeout", str(min(timeout, max(1, self.deadline - time.monotonic())))]
        if seconds:
            command += ["--seconds", str(seconds)]
        if cycle:
            command.append("--cycle")
        command += ["--pids", ",".join(map(str, server.pids()))]
        machine.wait_until_quiet(self.sizes.quiet_seconds)
        answer = subprocess.run(command, capture_output=True, text=True, timeout=timeout + 30)
        os.unlink(plan)
        if answer.returncode != 0:
            raise RuntimeError(f"loadgen: {answer.stderr.strip()}")
        figures = json.loads(answer.stdout)
        if figures["errors"] or figures["timed_out"] or not figures["operations"]:
            raise RuntimeError(f"{server.name}: {figures['errors']} errors, "
                               f"{'timed out, ' if figures['timed_out'] else ''}first: {figures['first_error'][:1200]}")
        elapsed = max(figures["seconds"], 1e-6)
        figures["per_second"] = figures["operations"] / elapsed
        others = figures["machine_cpu"] - figures["client_cpu"] - figures["server_cpu"]
        figures["others"] = max(0.0, others / (elapsed * os.cpu_count()))
        return figures

    def record(self, server, work, figures, **more):
        result = {"server": server.name, "work": work, **figures, **more}
        self.results.append(result)
        note = f" {more['mib_per_second']:,.0f} MiB/s" if "mib_per_second" in more else f" {figures['per_second']:,.0f}/s"
        disturbed = f"  (others took {figures['others']:.0%})" if figures["others"] > 0.15 else ""
        print(f"  {server.name:<11}{note:>16}   p50 {figures['p50_ms']:.2f} ms   p99 {figures['p99_ms']:.2f} ms{disturbed}",
              flush=True)

    # The pieces of work. Each is called once per server and round.

    def verify(self, server):
        """What is measured must be right: the bytes come back, whole and in part, and the list counts them."""
        box, name, length = "verify", "known.bin", 300_000
        with open(self.body, "rb") as body:
            content = body.read(length)
        server.make_box(box)
        request = server.upload(box, name, 0, length)
        send(server.port, request.method, request.target, request.headers, content)
        server.learn(box)
        request = server.download(box, name)
        whole = send(server.port, request.method, request.target, request.headers).body
        request = server.download(box, name, 70_001, 200_000)
        part = send(server.port, request.method, request.target, request.headers).body
        request = server.listing(box)
        count = server.entries(send(server.port, request.method, request.target, request.headers).body)
        if hashlib.sha256(whole).digest() != hashlib.sha256(content).digest() or part != content[70_001:200_001]:
            raise RuntimeError(f"{server.name} gives back other bytes than it was given")
        if count != 1:
            raise RuntimeError(f"{server.name} lists {count} files where one was stored")

    def _uploads(self, server, label, name, count, boxes):
        for box in range(boxes):
            server.make_box(f"{label}-{box}")
        return [server.upload(f"{label}-{i % boxes}", f"{name}-{i:06d}.bin", i * SMALL, SMALL) for i in range(count)]

    def small_uploads(self, server, turn):
        sizes = self.sizes
        # The folders are the same each round and the warm-up goes there too: the first files in a new directory are
        # several times slower on ext4, which would be charged to the servers that make one file a document.
        boxes = (sizes.uploads + BOX_SIZE - 1) // BOX_SIZE
        requests = self._uploads(server, "small", f"document-{turn}", sizes.warm_uploads + sizes.uploads, boxes)
        figures = self.load(server, requests, connections=32, seconds=sizes.upload_seconds, warm=sizes.warm_uploads)
        self.record(server, "small_uploads", figures)

    def big_upload(self, server, turn):
        server.make_box("big")
        machine.touch_memory(self.sizes.big // MIB + 512)
        figures = self.load(server, [server.upload("big", f"big-{turn}.bin", turn * 4097, self.sizes.big)])
        self.record(server, "big_upload", figures, mib_per_second=self.sizes.big / MIB / figures["seconds"])

    def big_download(self, server, turn):
        server.learn("big")
        figures = self.load(server, [server.download("big", f"big-{turn}.bin")])
        if figures["bytes_received"] < self.sizes.big:
            raise RuntimeError(f"{server.name} sent too little")
        self.record(server, "big_download", figures, mib_per_second=self.sizes.big / MIB / figures["seconds"])

    def big_archive(self, server, turn):
        """A folder with as many bytes as the large file, in 16 files and 240 small ones, as one ZIP. Only the vault has that."""
        if not hasattr(server, "archive"):
            return
        part = self.sizes.big // 16
        if "archive" not in server.folders:
            server.make_box("archive")
            self.load(server, [server.upload("archive", f"part-{i:02d}.bin", i * 4097, part - 15 * SMALL) for i in range(16)])
            self.load(server, [server.upload("archive", f"small-{i:03d}.bin", i * SMALL, SMALL) for i in range(240)], connections=16)
        figures = self.load(server, [server.archive("archive")])
        if figures["bytes_received"] < self.sizes.big:
            raise RuntimeError(f"{server.name} sent too little")
        self.record(server, "big_archive", figures, mib_per_second=self.sizes.big / MIB / figures["seconds"])

    def ranges(self, server, turn):
        dice = random.Random(turn)
        starts = [dice.randrange(0, self.sizes.big - MIB) for _ in range(500)]
        requests = [server.download("big", f"big-{turn}.bin", first, first + MIB - 1) for first in starts]
        figures = self.load(server, requests, seconds=self.sizes.range_seconds, cycle=True, warm=10)
        if figures["bytes_received"] < figures["operations"] * MIB:
            raise RuntimeError(f"{server.name} sent too little")
        self.record(server, "ranges", figures)

    def fill_list(self, server):
        server.make_box("list")
        names = [f"document-{i:06d}.bin" for i in range(1000)]
        self.load(server, [server.upload("list", name, i * SMALL, SMALL) for i, name in enumerate(names)], connections=16)
        server.learn("list")
        request = server.listing("list")
        count = server.entries(send(server.port, request.method, request.target, request.headers).body)
        if count != 1000:
            raise RuntimeError(f"{server.name} lists {count} files where 1,000 were stored")

    def listing(self, server, turn):
        requests = [server.listing("list")]
        figures = self.load(server, requests, connections=16, seconds=self.sizes.read_seconds, cycle=True, warm=32)
        self.record(server, "listing", figures)

    def metadata(self, server, turn):
        requests = [server.metadata("list", f"document-{i:06d}.bin") for i in range(1000)]
        figures = self.load(server, requests, connections=64, seconds=self.sizes.read_seconds, cycle=True, warm=2000)
        self.record(server, "metadata", figures)

    def seed(self, server):
        """Fills the vault; returns how many files it got in the time there was."""
        count = self.sizes.seeded
        requests = self._uploads(server, "seed", "document", count, count // 1000)
        figures = self.load(server, requests, connections=64, seconds=self.sizes.seed_seconds,
                            timeout=self.sizes.seed_seconds + 30)
        return figures["operations"], figures["per_second"]
