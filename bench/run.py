#!/usr/bin/env python3
"""Measures CloudSpace Vault beside its peers in one run and writes bench/RESULTS.md.

    make bench                          # some 6 minutes, never more than 12
    make bench ARGS=--quick             # 3 minutes at most, smaller sizes: for a first look
    python3 bench/run.py --servers nginx,rclone --no-write

Needs `make build` and what scripts/install bench installs; `make bench` sees to both. Everything is made in bench/work
and removed at the end; ports are free ones of 127.0.0.1. A run that was interrupted leaves nothing the next one trips
over. See bench/README.md.
"""

import argparse
import contextlib
import datetime
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from measure import machine, report, servers, vault_only, work  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round, smaller sizes, at most 3 minutes")
    parser.add_argument("--servers", default="nginx,rclone,cloudspace", help="which to measure (default: all)")
    parser.add_argument("--only", default="", help="comma separated: " + ", ".join(report.WORKS) + ", start")
    parser.add_argument("--program", default=os.path.join(ROOT, ".build/release/cloudspace"), help="the vault's program")
    parser.add_argument("--minutes", type=float, help="the run's own limit (default 12, with --quick 3)")
    parser.add_argument("--no-write", action="store_true", help="leave bench/RESULTS.md as it is")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a budget does not hold")
    options = parser.parse_args()
    options.minutes = options.minutes or (3 if options.quick else 12)
    options.servers = options.servers.split(",")
    options.only = set(filter(None, options.only.split(",")))
    return options


@contextlib.contextmanager
def work_directory():
    """bench/work, empty, held by one run at a time and removed at the end."""
    path = os.path.join(HERE, "work")
    os.makedirs(path, exist_ok=True)
    with open(path + ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("Another run of bench is going on.")
        machine.sessions_file = path + ".sessions"
        machine.end_leftovers()
        shutil.rmtree(path)
        os.makedirs(path)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
            for left in (machine.sessions_file, path + ".lock"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(left)


def chosen_servers(options, directory):
    """The servers asked for and there; says aloud which are not."""
    found, missing = [], []
    for name in options.servers:
        if name == "nginx" and os.path.exists(servers.Nginx.program):
            found.append(servers.Nginx(os.path.join(directory, name)))
        elif name == "rclone" and (program := rclone_program()):
            found.append(servers.Rclone(os.path.join(directory, name), program))
        elif name == "cloudspace" and os.access(options.program, os.X_OK):
            found.append(servers.CloudSpace(os.path.join(directory, name), os.path.abspath(options.program)))
        else:
            missing.append(f"{name} (not installed)")
            print(f"{name} is not here and is left out; scripts/install bench and make build make it")
    return found, missing


def rclone_program():
    local = os.path.join(ROOT, ".build/venv/bin/rclone")
    return local if os.path.exists(local) else shutil.which("rclone")


def measure(bench, running, only, turns):
    """Every piece of work, the servers in turns, the order moved by one each round."""
    steps = [(name, title) for name, title in report.WORKS.items() if not only or name in only]
    if not only or only & {"listing", "metadata", "start"}:
        for server in running:
            bench.fill_list(server)
    needs_big = {"big_download": "big_upload", "ranges": "big_upload"}  # big_archive makes its own folder
    for name, title in steps:
        print(title)
        for turn in range(turns):
            shift = turn % len(running)
            for server in running[shift:] + running[:shift]:
                bench.check_time(5)
                if name in needs_big and only and needs_big[name] not in only:
                    server.make_box("big")
                    bench.load(server, [server.upload("big", f"big-{turn}.bin", turn * 4097, bench.sizes.big)])
                    server.learn("big")
                getattr(bench, name)(server, turn)


def measure_vault(bench, server, vault):
    """What only the vault is asked; it is stopped at the end."""
    print(f"Filling the vault with {bench.sizes.seeded:,} files")
    count, rate = bench.seed(server)
    vault["files"], vault["seeded_per_second"] = count + len(server.ids), rate
    print(f"  {count:,} files at {rate:,.0f}/s")
    vault["peak_mib"] = machine.peak_mib(server.process.pid)
    bench.check_time(5)
    vault["first_answer_ms"] = vault_only.first_answer_ms(server, bench.sizes.starts)
    vault["restarted_mib"] = machine.resident_mib(server.process.pid)
    print(f"  start to first answer {vault['first_answer_ms']:.0f} ms, memory then {vault['restarted_mib']:.0f} MiB")
    server.stop()
    vault["events"], vault["verified_per_second"] = vault_only.journal_verification(server)
    print(f"  journal verified: {vault['events']:,} events at {vault['verified_per_second']:,.0f}/s")


def main():
    options = arguments()
    sizes = work.QUICK if options.quick else work.FULL
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    vault, memory, left_out = {}, {}, []
    with work_directory() as directory, contextlib.ExitStack() as cleanup:
        running, left_out = chosen_servers(options, directory)
        if not running:
            sys.exit("Nothing to measure.")
        bench = work.Bench(directory, sizes, options.minutes)
        bench.prepare()
        versions = {server.name: server.version() for server in running}
        for server in running:
            cleanup.callback(server.stop)
            server.start()
            bench.verify(server)
        time.sleep(1)
        idle = {server.name: machine.resident_mib(server.process.pid) for server in running}
        cipher = {"AES-256-GCM": vault_only.openssl_speed("aes-256-gcm"), "SHA-256": vault_only.openssl_speed("sha256")}
        ours = next((server for server in running if server.name == "cloudspace"), None)
        try:
            measure(bench, running, options.only, sizes.rounds)
            for server in running:
                memory[server.name] = (idle[server.name], machine.peak_mib(server.process.pid))
            if ours:
                vault["idle_mib"], vault["peak_mib"] = idle[ours.name], memory[ours.name][1]
                if not options.only or "start" in options.only:
                    measure_vault(bench, ours, vault)
                    memory[ours.name] = (idle[ours.name], vault["peak_mib"])
        except work.OutOfTime:
            left_out.append(f"what did not fit into {options.minutes:g} minutes")
            print("The time is over; what is missing is not measured.")
        place = machine.filesystem(directory)

    lines = report.verdicts(bench.results, vault)
    notes = {
        "date": datetime.date.today().isoformat(), "minutes": (time.monotonic() - began) / 60, "rounds": sizes.rounds,
        "big_mib": sizes.big >> 20, "left_out": "; ".join(left_out),
        "arguments": " ARGS=--quick" if options.quick else "",
    }
    about = {**machine.describe(), "filesystem": place, "revision": revision()}
    text = report.markdown(lines, bench.results, vault, about, versions, cipher, memory, notes)
    if ours:
        print("\nAgainst the budgets\n" + report.terminal(lines))
    if not options.no_write:
        path = os.path.join(HERE, "RESULTS.md")
        with open(path, encoding="utf-8") as results:  # the engines' part is bench/engines.py's
            _, mark, engines = results.read().partition("<!-- engines -->")
        with open(path, "w", encoding="utf-8") as results:
            results.write(f"{text.rstrip()}\n\n{mark}{engines}" if mark else text)
        print("\nWritten: bench/RESULTS.md")
    with contextlib.suppress(OSError), open(os.path.join(ROOT, ".build/bench.json"), "w") as raw:
        json.dump({"results": bench.results, "vault": vault, "versions": versions, "notes": notes}, raw, indent=1)
    if options.strict and any(line.holds is not True for line in lines):
        sys.exit(1)


def revision():
    answer = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return answer.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
