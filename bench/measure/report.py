"""Figures held against the budgets, on the terminal and in RESULTS.md."""

import dataclasses
import statistics

WORKS = {
    "small_uploads": "4 KiB uploads, 32 connections",
    "big_upload": "one large upload",
    "big_download": "one large download",
    "big_archive": "a folder of as many bytes, as ZIP",
    "ranges": "1 MiB at random offsets, 1 connection",
    "listing": "list of 1,000, 16 connections",
    "metadata": "metadata of one file, 64 connections",
}


@dataclasses.dataclass(frozen=True)
class Verdict:
    work: str
    budget: str
    ours: str
    holds: bool | None  # None: could not be measured


class Figures:
    """The median over the rounds of one figure of one server."""

    def __init__(self, results):
        self.results = results

    def of(self, server, work, figure):
        values = [r[figure] for r in self.results if r["server"] == server and r["work"] == work and figure in r]
        return statistics.median(values) if values else None

    def ratio(self, work, figure, peer):
        ours, theirs = self.of("cloudspace", work, figure), self.of(peer, work, figure)
        return ours / theirs if ours is not None and theirs else None


def verdicts(results, vault):
    """One verdict per line of the budget table in docs/architecture.md. `vault`: what only the vault was asked."""
    figures = Figures(results)
    lines = []

    def at_least(work, budget, value, goal, text):
        lines.append(Verdict(work, budget, "not measured" if value is None else text(value), None if value is None else value >= goal))

    def at_most(work, budget, value, goal, text):
        lines.append(Verdict(work, budget, "not measured" if value is None else text(value), None if value is None else value <= goal))

    def each_second(value):
        return f"{value:,.0f}/s"

    def milliseconds(value):
        return f"{value:.1f} ms"

    def mebibytes(value):
        return f"{value:.0f} MiB"

    def times(value):
        return f"{value:.2f} ×"

    def ours(work, figure):
        return figures.of("cloudspace", work, figure)

    small, listing, metadata = WORKS["small_uploads"], WORKS["listing"], WORKS["metadata"]
    at_least(small, "≥ 8,000/s", ours("small_uploads", "per_second"), 8000, each_second)
    at_least(small, "≥ 2 × rclone crypt", figures.ratio("small_uploads", "per_second", "rclone"), 2, times)
    at_most(small, "p99 ≤ 15 ms", ours("small_uploads", "p99_ms"), 15, milliseconds)
    at_least(WORKS["big_upload"], "≥ 0.5 × nginx", figures.ratio("big_upload", "mib_per_second", "nginx"), 0.5, times)
    at_least(WORKS["big_download"], "≥ 0.85 × nginx", figures.ratio("big_download", "mib_per_second", "nginx"), 0.85, times)
    plain, zipped = ours("big_download", "mib_per_second"), ours("big_archive", "mib_per_second")
    at_least(WORKS["big_archive"], "≥ 0.5 × our own download", zipped / plain if plain and zipped else None, 0.5, times)
    at_least(WORKS["ranges"], "≥ 0.6 × nginx", figures.ratio("ranges", "per_second", "nginx"), 0.6, times)
    at_least(listing, "≥ 600/s", ours("listing", "per_second"), 600, each_second)
    at_most(listing, "p99 ≤ 60 ms", ours("listing", "p99_ms"), 60, milliseconds)
    at_least(metadata, "≥ 30,000/s", ours("metadata", "per_second"), 30000, each_second)
    at_most(metadata, "p99 ≤ 8 ms", ours("metadata", "p99_ms"), 8, milliseconds)
    at_most("memory, idle", "≤ 40 MiB", vault.get("idle_mib"), 40, mebibytes)
    at_most("memory, peak over all of this", "≤ 80 MiB", vault.get("peak_mib"), 80, mebibytes)
    at_most(f"start to first answer with {vault['files']:,} files" if "files" in vault else "start to first answer, full", "≤ 300 ms", vault.get("first_answer_ms"), 300,
            milliseconds)
    at_least("journal verification", "≥ 300,000 events/s", vault.get("verified_per_second"), 300_000, each_second)
    return lines


def terminal(lines):
    marks = {True: "holds", False: "FALLS SHORT", None: "-"}
    return "\n".join(f"  {line.work:<42} {line.budget:<20} {line.ours:>14}   {marks[line.holds]}" for line in lines)


def markdown(lines, results, vault, machine, versions, cipher, memory, notes):
    figures = Figures(results)
    marks = {True: "yes", False: "**no**", None: "–"}
    text = ["# Results", "", f"Made by `make bench`{notes['arguments']} on {notes['date']}, in {notes['minutes']:.0f} minutes.", ""]
    text += ["| | |", "|---|---|"] + [f"| {name} | {value} |" for name, value in {**machine, **versions}.items()] + [""]
    text += ["Client and servers share the cores. Nothing but the vault syncs before it answers, and nginx neither "
             "encrypts nor authenticates. How it is measured: [README.md](README.md).", ""]
    if notes["left_out"]:
        text += [f"Left out: {notes['left_out']}.", ""]
    text += ["## Against the budgets", "", "| work | budget | measured | holds |", "|---|---|---|---|"]
    text += [f"| {line.work} | {line.budget} | {line.ours} | {marks[line.holds]} |" for line in lines] + [""]

    text += ["## Every server", "",
             f"Median of {notes['rounds']} round{'s' if notes['rounds'] > 1 else ''}, the servers in turns. Large files are "
             f"{notes['big_mib']:,} MiB. \"others\" is the share of the cores that neither client nor server used: above 15 % "
             "a figure is disturbed.", "",
             "| work | server | rate | all rounds | p50 ms | p99 ms | server CPU s | others |", "|---|---|---|---|---|---|---|---|"]
    for work, title in WORKS.items():
        figure, unit = ("mib_per_second", " MiB/s") if work.startswith("big_") else ("per_second", "/s")
        for server in dict.fromkeys(r["server"] for r in results):
            rounds = [r for r in results if r["server"] == server and r["work"] == work]
            if not rounds:
                continue
            every = " ".join(f"{r[figure]:,.0f}" for r in rounds)

            def median(name):
                return figures.of(server, work, name)

            text.append(f"| {title} | {server} | {median(figure):,.0f}{unit} | {every} | {median('p50_ms'):.2f} | "
                        f"{median('p99_ms'):.2f} | {median('server_cpu'):.2f} | {median('others'):.0%} |")
    text += ["", "| memory | idle MiB | peak MiB |", "|---|---|---|"]
    text += [f"| {name} | {idle:.0f} | {peak:.0f} |" for name, (idle, peak) in memory.items()]
    text += ["", "| one core, `openssl speed`, 16 KiB pieces | MiB/s |", "|---|---|"]
    text += [f"| {name} | {speed:,.0f} |" for name, speed in cipher.items()]
    extra = []
    if "seeded_per_second" in vault:
        extra.append(f"Filling the vault: {vault['files']:,} files of 4 KiB over 64 connections at "
                     f"{vault['seeded_per_second']:,.0f}/s; memory after a restart {vault['restarted_mib']:.0f} MiB.")
    if vault.get("events"):
        extra.append(f"Journal verified: {vault['events']:,} events at {vault['verified_per_second']:,.0f}/s, "
                     "start of the program included.")
    return "\n".join(text + [""] + extra).rstrip() + "\n"
