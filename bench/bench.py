"""`cargo xtask bench [SECTION…]`: tables of ratios from alternating rounds of one run.

The load generator shares the machine with what it loads, so CPU a request stands beside requests a second, and every
figure is compared with the yardstick of the same run. Medians of the rounds; the spread is the least and the most.
"""

import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import load
import targets

ROUNDS = 5


def median(rounds, what):
    return statistics.median(round[what] for round in rounds)


def spread(rounds, what, digits=1):
    values = [round[what] for round in rounds]
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def table(title, head, rows):
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")
    sys.stdout.flush()


def alternate(all_targets, rounds=ROUNDS, seconds=5, scripts=None):
    """Rounds of every target in turn, so that what disturbs the machine disturbs all of them."""
    for target in all_targets:
        load.most(target, 2, (scripts or {}).get(target))
    measured = {target: [] for target in all_targets}
    for _ in range(rounds):
        for target in all_targets:
            measured[target].append(load.most(target, seconds, (scripts or {}).get(target)))
    return measured


def decision(folder):
    """The decision over HTTP, everything on, beside what others do."""
    latchkey = targets.Latchkey(folder).sign_in()
    latchkey.show(latchkey.create())
    fast = [targets.bare(folder), latchkey, targets.nginx(folder), targets.envoy(folder)]
    slow = [targets.better_auth(folder), targets.drf(folder)]
    measured = alternate(fast) | alternate(slow, rounds=3)
    yardstick = fast[0]
    base = {what: median(measured[yardstick], what) for what in ("cpu", "rps")}
    ours = median(measured[latchkey], "cpu")
    rows = []
    for target, rounds in measured.items():
        assert not any(round["refused"] for round in rounds), f"{target.name} refused its key"
        cpu, rps = median(rounds, "cpu"), median(rounds, "rps")
        rows.append([
            target.name, spread(rounds, "cpu"), f"{cpu / base['cpu']:.2f}", f"{cpu / ours:.2f}", spread(rounds, "rps", 0),
            f"{rps / base['rps']:.3f}", spread(rounds, "p99", 2),
        ])  # fmt: skip
    table(
        f"Decision over HTTP, wrk, {load.CONNECTIONS} connections",
        ["", "CPU µs/request", "× bare axum", "× Latchkey", "requests/s", "× bare axum", "p99 ms"],
        rows,
    )
    rate = base["rps"] / 2
    steady = {target: [] for target in fast}
    for _ in range(ROUNDS):
        for target in fast:
            steady[target].append(load.steady(target, rate))
    base99 = median(steady[yardstick], "p99")
    table(
        f"Latency at a steady {rate:.0f} requests/s, half of what bare axum can do",
        ["", "p50 ms", "p99 ms", "p99 × bare axum"],
        [[target.name, spread(rounds, "p50", 3), spread(rounds, "p99", 3), f"{median(rounds, 'p99') / base99:.2f}"]
         for target, rounds in steady.items()],
    )  # fmt: skip
    for target in fast + slow:
        target.stop()


def keys(folder):
    """One hot key, ten thousand keys, junk, junk among valid ones, and a writer at work."""
    latchkey = targets.Latchkey(folder)
    latchkey.stop()
    tokens = targets.Tokens(folder / "data").fill(12_000)
    latchkey = targets.Latchkey(folder).sign_in()
    hot = latchkey.show(latchkey.create())
    scripts = {
        "one hot key": None,
        "10,000 keys": tokens.script(folder / "many.lua", 10_000),
        "junk only": tokens.script(folder / "junk.lua", 1, junk=1.0),
        "half junk": tokens.script(folder / "mixed.lua", 10_000, junk=0.5),
    }
    measured = {name: [] for name in [*scripts, "one hot key, while a writer edits"]}
    for script in scripts.values():
        load.most(hot, 2, script)
    for _ in range(ROUNDS):
        for name, script in scripts.items():
            measured[name].append(load.most(hot, 4, script))
        stop, edits = threading.Event(), []
        writer = threading.Thread(target=edit, args=(latchkey, tokens, stop, edits))
        writer.start()
        measured["one hot key, while a writer edits"].append(load.most(hot, 4))
        stop.set()
        writer.join()
    base = measured["one hot key"]
    table(
        "What is asked for",
        ["", "CPU µs/request", "× hot key", "requests/s", "p99 ms", "p99 × hot key"],
        [[name, spread(rounds, "cpu"), f"{median(rounds, 'cpu') / median(base, 'cpu'):.2f}", spread(rounds, "rps", 0),
          spread(rounds, "p99", 2), f"{median(rounds, 'p99') / median(base, 'p99'):.2f}"]
         for name, rounds in measured.items()],
    )  # fmt: skip
    print(f"\nThe writer made {len(edits)} changes in the last round.")
    latchkey.stop()


def edit(latchkey, tokens, stop, edits):
    while not stop.is_set():
        token, _ = tokens.key(tokens.active[len(edits) % 1000])
        action = "deactivate" if len(edits) // 1000 % 2 == 0 else "activate"
        latchkey.send("POST", f"/auth/tokens/{token}/{action}")
        edits.append(token)


def growth(folder):
    """What a million tokens cost: memory, the start, keys that are not in memory yet, and lists."""
    rows, lists = [], []
    for count in (1000, 100_000, 1_000_000):
        place = folder / str(count)
        place.mkdir()
        targets.Latchkey(place).stop()
        tokens = targets.Tokens(place / "data").fill(count)
        latchkey = targets.Latchkey(place).sign_in()
        ready = latchkey.ready_ms
        hot = latchkey.show(latchkey.create())
        script = tokens.script(place / "cold.lua", min(len(tokens.active), 300_000))
        # All keys are new to it in the first moments; with a thousand they soon are not.
        cold = load.most(latchkey, 2, script)
        warm = load.most(hot, 4)
        for _ in range(3):
            load.most(latchkey, 4, script)
        rows.append([
            f"{count:,}", f"{ready:.0f}", f"{load.memory_mb(latchkey.pid):.0f}", f"{cold['rps']:.0f}", f"{warm['rps']:.0f}",
            f"{cold['rps'] / warm['rps']:.2f}",
        ])  # fmt: skip
        for name, query in LISTS.items():
            times = sorted(timed(latchkey, query) for _ in range(10))
            lists.append([f"{count:,}", name, f"{times[5]:.1f}", f"{times[-1]:.1f}"])
        latchkey.stop()
        shutil.rmtree(place)
    table(
        "By the number of tokens (SQLite)",
        ["tokens", "start to ready, ms", "memory at the end, MB", "requests/s, random keys, cold", "requests/s, hot key", "ratio"],
        rows,
    )
    table("Lists of one account (SQLite)", ["tokens", "query", "median ms", "worst of 10, ms"], lists)


LISTS = {
    "first page": "",
    "sorted by name": "?ordering(name)&limit=50",
    "status inactive": "?eq(status,inactive)&limit=50",
    "page 100": "?limit=50&offset=5000",
    "search, many matches": "?search=billing&limit=50",
    "search, few matches": "?search=ext-4711&limit=50",
}


def timed(latchkey, query):
    begun = time.monotonic()
    latchkey.send("GET", f"/auth/tokens{query}")
    return (time.monotonic() - begun) * 1000


SECTIONS = {"decision": decision, "keys": keys, "growth": growth}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(SECTIONS)
    unknown = [name for name in chosen if name not in SECTIONS]
    if unknown:
        sys.exit(f"there is no section {unknown[0]}; the sections are {', '.join(SECTIONS)}")
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix="latchkey-bench-") as place:
            SECTIONS[name](Path(place))
