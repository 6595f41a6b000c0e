#!/usr/bin/env python3
"""Measures the vault on its engines and writes their part of bench/RESULTS.md.

    scripts/bench-engines                    # some 20 minutes: with a vault of 1,000,000 documents
    scripts/bench-engines --files 20000      # some 4 minutes

The same work on SQLite and the local disk, on PostgreSQL and SeaweedFS with one node, and with three nodes behind nginx.
Then a vault is filled with documents, moved to PostgreSQL and SeaweedFS by `cloudspace migrate`, and asked on both for a list, a
search and its first answer after a start. Everything runs on this one machine: client, proxy, nodes, database and store share
its cores, so several nodes show what they cost here, not what they gain on machines of their own.
"""

import argparse
import contextlib
import datetime
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from measure import machine, report, servers, shared, work  # noqa: E402

MARK = "<!-- engines -->"
SIZES = work.Sizes(rounds=2, uploads=8000, upload_seconds=5, warm_uploads=1000, big=1 << 28, range_seconds=2, read_seconds=2,
                   seeded=0, seed_seconds=0, starts=5, quiet_seconds=1)
WORKS = ["small_uploads", "big_upload", "big_download", "ranges", "listing", "metadata"]
# How many names the design's half second for a first search is meant for (section 7).
NAMES = 100_000
# One folder with more entries than anybody wants to look at (design, section 7).
FULL, FULL_SIZE = "full", 10_000
PAGES = {
    "stats_ms": "/api/dashboard/stats", "history_ms": "/api/activity/history?limit=20", "recent_ms": "/api/files/recent?limit=20",
    "shared_ms": "/api/sharing/shared-with-me", "storage_ms": "/api/user/storage",
}
PAGE_NAMES = {
    "stats_ms": "the dashboard's figures", "history_ms": "the history's first page", "recent_ms": "recent files", "shared_ms": "what is shared with one",
    "storage_ms": "storage by type",
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1_000_000, help="documents in the large vault; 0 leaves it out")
    parser.add_argument("--program", default=os.path.join(ROOT, ".build/release/cloudspace"))
    parser.add_argument("--minutes", type=float, default=40, help="the run's own limit")
    parser.add_argument("--no-write", action="store_true", help="leave bench/RESULTS.md as it is")
    return parser.parse_args()


def run_works(bench, server):
    print(server.name)
    bench.fill_list(server)
    for turn in range(SIZES.rounds):
        for name in WORKS:
            getattr(bench, name)(server, turn)


def get(server, target, timeout=120):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
    began = time.monotonic()
    connection.request("GET", target, headers=dict(server.authorization))
    answer = connection.getresponse()
    body = answer.read()
    took = (time.monotonic() - began) * 1000
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{target}: {answer.status} {body[:200]}")
    return took, json.loads(body)


def fill(bench, server, count, done=0):
    """Documents in folders of 1,000, from the one numbered `done` on; returns how many a second."""
    first, began = done, time.monotonic()
    while done < count:
        part = min(100_000, count - done)
        boxes = [f"year-{(done + i * 1000) // 1000:05d}" for i in range((part + 999) // 1000)]
        for box in boxes:
            server.make_box(box)
        requests = [server.upload(boxes[i // 1000], f"document-{done + i:07d}.txt", (done + i) % 60000 * 64, 64) for i in range(part)]
        bench.load(server, requests, connections=64, timeout=300)
        done += part
        print(f"  {done:,} documents", flush=True)
    return (count - first) / (time.monotonic() - began)


def fill_full_folder(bench, server):
    server.make_box(FULL)
    requests = [server.upload(FULL, f"entry-{i:05d}.txt", i * 64, 64) for i in range(FULL_SIZE)]
    bench.load(server, requests, connections=64, timeout=120)


def ask(bench, server, count):
    """List, search and first answer of a large vault."""
    figures = {}
    box = f"year-{count // 2000:05d}"
    server.make_box("list") if "list" not in server.folders else None
    listing = server.listing(box)
    load = bench.load(server, [listing], connections=16, seconds=3, cycle=True, warm=32)
    figures["list_per_second"], figures["list_p99_ms"] = load["per_second"], load["p99_ms"]
    entries = get(server, f"/api/drive/contents?parent_id={server.folders[box]}&limit=1000")[1]["files"]
    details = [servers.Request("GET", f"/api/files/{entry['id']}", server.authorization) for entry in entries]
    load = bench.load(server, details, connections=64, seconds=3, cycle=True, warm=64)
    figures["details_per_second"], figures["details_p99_ms"] = load["per_second"], load["p99_ms"]
    full = f"/api/drive/contents?parent_id={server.folders[FULL]}&limit=10000"
    figures["full_first_ms"], answer = get(server, full)
    if len(answer["files"]) != FULL_SIZE:
        raise RuntimeError(f"the full folder lists {len(answer['files'])} files")
    figures["full_again_ms"] = statistics.median(get(server, full)[0] for _ in range(7))
    for name, target in PAGES.items():
        figures[name] = statistics.median(get(server, target)[0] for _ in range(7))
    word = f"document-{count // 2:07d}"
    figures["search_first_ms"], answer = get(server, f"/api/search?q={word}")
    if answer["total_count"] < 1:
        raise RuntimeError("the search finds nothing")
    figures["search_again_ms"] = statistics.median(get(server, f"/api/search?q={word}")[0] for _ in range(15))
    figures["search_many_ms"] = statistics.median(get(server, "/api/search?q=document&limit=10")[0] for _ in range(7))
    times = []
    metadata = f"/api/drive/contents?parent_id={server.folders[box]}&limit=1"
    for _ in range(SIZES.starts):
        server.stop()
        began = time.monotonic()
        server.start()
        get(server, metadata)
        times.append((time.monotonic() - began) * 1000)
    figures["first_answer_ms"] = statistics.median(times)
    figures["memory_mib"] = machine.resident_mib(server.process.pid)
    return figures


def move(program, source, target_environment, keys):
    """Moves a stopped vault; rows a second."""
    database, blobs = target_environment["DATABASE_URL"], target_environment["BLOB_STORE"]
    began = time.monotonic()
    answer = subprocess.run(
        [program, "migrate", "--from", source, "--to", f"{database},{blobs}", "--keys", keys], capture_output=True, text=True,
        env={**os.environ, **target_environment}, timeout=3000)
    seconds = time.monotonic() - began
    if answer.returncode != 0:
        raise RuntimeError(f"migrate: {(answer.stdout + answer.stderr)[-1500:]}")
    print(answer.stdout[-1200:])
    rows = re.findall(r"([\d,]+) rows", answer.stdout)
    return seconds, max((int(text.replace(",", "")) for text in rows), default=0)


def main():
    options = arguments()
    if not os.environ.get("CLOUDSPACE_TEST_POSTGRESQL") or not os.environ.get("CLOUDSPACE_TEST_S3"):
        sys.exit("PostgreSQL and S3 are not here; run scripts/bench-engines")
    began = time.monotonic()
    directory = os.path.join(HERE, "work.engines")
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    large, moved = {}, {}
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, directory, ignore_errors=True)
        bench = work.Bench(directory, SIZES, options.minutes)
        bench.prepare()
        alone = servers.CloudSpace(os.path.join(directory, "alone"), options.program)
        alone.name = "SQLite + disk"
        one = shared.SharedCloudSpace(os.path.join(directory, "one"), options.program, 1)
        three = shared.SharedCloudSpace(os.path.join(directory, "three"), options.program, 3)
        running = [alone, one, three]
        memory = {}
        for server in running:
            cleanup.callback(server.stop)
            server.start()
            bench.verify(server)
            run_works(bench, server)
            memory[server.name] = machine.peak_mib(server.process.pid)
            server.stop()
        if options.files:
            source = servers.CloudSpace(os.path.join(directory, "large"), options.program)
            source.name = "SQLite + disk"
            cleanup.callback(source.stop)
            source.start()
            print(f"Filling a vault with {options.files:,} documents")
            few = min(options.files, NAMES)
            fill(bench, source, few)
            large["search_names"], large["search_names_ms"] = few, get(source, f"/api/search?q=document-{few // 2:07d}")[0]
            large["filled_per_second"] = fill(bench, source, options.files, few) if options.files > few else 0
            fill_full_folder(bench, source)
            large[source.name] = ask(bench, source, options.files)
            source.stop()
            large["database_mib"] = sum(
                os.path.getsize(source.path("data", name)) for name in os.listdir(source.path("data")) if name.startswith("vault.db")) >> 20
            target = shared.SharedCloudSpace(os.path.join(directory, "moved"), options.program, 1, keys=source.path("keys"))
            target.name = "PostgreSQL + SeaweedFS"
            print("Moving it to PostgreSQL and SeaweedFS")
            moved["seconds"], moved["rows"] = move(options.program, source.path("data"), target.environment, source.path("keys"))
            target.token, target.folders = source.token, source.folders
            cleanup.callback(target.stop)
            target.start()
            large[target.name] = ask(bench, target, options.files)
            target.stop()
            moved["database_mib"] = target.database_mib()
        place = machine.filesystem(directory)
    text = section(options, running, bench.results, memory, large, moved, place, (time.monotonic() - began) / 60)
    print(text)
    if not options.no_write:
        path = os.path.join(HERE, "RESULTS.md")
        with open(path, encoding="utf-8") as results:
            before = results.read().split(MARK)[0].rstrip()
        with open(path, "w", encoding="utf-8") as results:
            results.write(f"{before}\n\n{MARK}\n{text}")


def section(options, running, results, memory, large, moved, place, minutes):
    figures = report.Figures(results)
    names = [server.name for server in running]
    lines = [
        "## Engines", "",
        f"Made by `scripts/bench-engines{'' if options.files == 1_000_000 else f' --files {options.files}'}` on {datetime.date.today().isoformat()}, "
        f"in {minutes:.0f} minutes, on {place}; median of {SIZES.rounds} rounds. Client, nginx, nodes, PostgreSQL and SeaweedFS share two cores: what three "
        "nodes cost here they gain on machines of their own. PostgreSQL syncs every commit to the disk; SeaweedFS does not sync.", "",
        "| work | " + " | ".join(names) + " |", "|---|" + "---|" * len(names),
    ]
    for name in WORKS:
        cells = []
        for server in names:
            if name in ("big_upload", "big_download"):
                value = figures.of(server, name, "mib_per_second")
                cells.append("not measured" if value is None else f"{value:,.0f} MiB/s")
            else:
                value, p99 = figures.of(server, name, "per_second"), figures.of(server, name, "p99_ms")
                cells.append("not measured" if value is None else f"{value:,.0f}/s, p99 {p99:.0f} ms")
        title = report.WORKS[name].replace("one large", f"one {SIZES.big >> 20} MiB")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    lines.append("| memory of a node, peak | " + " | ".join(f"{memory[name]:.0f} MiB" for name in names) + " |")
    engines = [name for name in large if isinstance(large[name], dict)]
    if engines:
        lines += ["", f"A vault of {options.files:,} documents in folders of 1,000, one person's:", "",
                  "| | " + " | ".join(engines) + " |", "|---|" + "---|" * len(engines)]
        rows = [
            ("list of one folder of 1,000, 16 connections", lambda f: f"{f['list_per_second']:,.0f}/s, p99 {f['list_p99_ms']:.0f} ms"),
            ("details of a document, 64 connections", lambda f: f"{f['details_per_second']:,.0f}/s, p99 {f['details_p99_ms']:.0f} ms"),
            (f"a folder of {FULL_SIZE:,}, whole, first time", lambda f: f"{f['full_first_ms']:,.0f} ms"),
            ("the same again", lambda f: f"{f['full_again_ms']:,.0f} ms"),
            *((PAGE_NAMES[name], lambda f, name=name: f"{f[name]:,.1f} ms") for name in PAGES),
            ("first search for one name", lambda f: f"{f['search_first_ms']:,.0f} ms"),
            ("the same again", lambda f: f"{f['search_again_ms']:,.1f} ms"),
            ("a search that every name fits", lambda f: f"{f['search_many_ms']:,.0f} ms"),
            ("start to first answer", lambda f: f"{f['first_answer_ms']:,.0f} ms"),
            ("memory after the start", lambda f: f"{f['memory_mib']:,.0f} MiB"),
        ]
        lines += [f"| {title} | " + " | ".join(cell(large[name]) for name in engines) + " |" for title, cell in rows]
        lines.append(f"| database | {large['database_mib']:,} MiB | {moved['database_mib']:,} MiB |")
        lines += ["", f"A first search over {large['search_names']:,} names, SQLite: {large['search_names_ms']:,.0f} ms."]
        lines += ["", f"Filled over HTTP at {large['filled_per_second']:,.0f} documents a second. Moved by `cloudspace migrate`, verification included, in "
                  f"{moved['seconds']:,.0f} s: {moved['rows']:,} rows, {moved['rows'] / max(moved['seconds'], 1):,.0f} a second."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
