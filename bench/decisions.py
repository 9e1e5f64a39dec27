"""The decision over HTTP: beside what others do, and with all kinds of keys."""

import threading
import time

import load
import tables
import targets

STEADY = 2000
# Where the scheduler puts three busy threads on two cores decides how slow the slowest hundredth is, anew in each round:
# many short rounds say more than few long ones.
ROUNDS, SECONDS = 15, 3
PAIRS = 30


def decision(folder):
    """The decision over HTTP, everything on, beside what others do."""
    latchkey = targets.Latchkey(folder).sign_in()
    latchkey.show(latchkey.create())
    fast = [targets.bare(folder), latchkey, targets.nginx(folder), targets.envoy(folder)]
    slow = [targets.better_auth(folder), targets.drf(folder)]
    measured = tables.alternate(fast, ROUNDS, SECONDS) | tables.alternate(slow, rounds=3)
    yardstick = fast[0]
    base = {what: tables.median(measured[yardstick], what) for what in ("cpu", "rps", "p99")}
    ours = tables.median(measured[latchkey], "cpu")
    rows = []
    for target, rounds in measured.items():
        assert not any(round["refused"] for round in rounds), f"{target.name} refused its key"
        cpu, rps = tables.median(rounds, "cpu"), tables.median(rounds, "rps")
        rows.append([
            target.name, tables.spread(rounds, "cpu"), f"{cpu / base['cpu']:.2f}", f"{cpu / ours:.2f}", tables.spread(rounds, "rps", 0),
            f"{rps / base['rps']:.3f}", tables.spread(rounds, "p99", 2), f"{tables.median(rounds, 'p99') / base['p99']:.2f}",
        ])  # fmt: skip
    tables.show(
        f"Decision over HTTP, wrk, {load.CONNECTIONS} connections",
        ["", "CPU µs/request", "× bare axum", "× Latchkey", "requests/s", "× bare axum", "p99 ms", "× bare axum"],
        rows,
    )
    pairs = tables.alternate([yardstick, latchkey], PAIRS, SECONDS)
    tables.show(
        f"Beside bare axum alone, each of {PAIRS} rounds held against the one next to it",
        ["", "bare axum", "Latchkey", "×, of medians", "×, median of rounds"],
        [[what, tables.spread(pairs[yardstick], what, 2), tables.spread(pairs[latchkey], what, 2),
          f"{tables.median(pairs[latchkey], what) / tables.median(pairs[yardstick], what):.2f}",
          tables.spread([{what: ours[what] / bare[what]} for bare, ours in zip(pairs[yardstick], pairs[latchkey])], what, 2)]
         for what in ("cpu", "p50", "p99")],
    )  # fmt: skip
    rate = base["rps"] / 2
    steady = {target: [] for target in fast}
    for _ in range(ROUNDS):
        for target in fast:
            steady[target].append(load.steady(target, rate, SECONDS))
    base99 = tables.median(steady[yardstick], "p99")
    tables.show(
        f"Latency at a steady {rate:.0f} requests/s, half of what bare axum can do",
        ["", "p50 ms", "p99 ms", "p99 × bare axum"],
        [[target.name, tables.spread(rounds, "p50", 3), tables.spread(rounds, "p99", 3), f"{tables.median(rounds, 'p99') / base99:.2f}"]
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
    for _ in range(tables.ROUNDS):
        for name, script in scripts.items():
            measured[name].append(load.most(hot, 4, script))
        stop, edits = threading.Event(), []
        writer = threading.Thread(target=edit, args=(latchkey, tokens, stop, edits))
        writer.start()
        measured["one hot key, while a writer edits"].append(load.most(hot, 4))
        stop.set()
        writer.join()
    base = measured["one hot key"]
    tables.show(
        "What is asked for",
        ["", "CPU µs/request", "× hot key", "requests/s", "p99 ms", "p99 × hot key"],
        [[name, tables.spread(rounds, "cpu"), f"{tables.median(rounds, 'cpu') / tables.median(base, 'cpu'):.2f}", tables.spread(rounds, "rps", 0),
          tables.spread(rounds, "p99", 2), f"{tables.median(rounds, 'p99') / tables.median(base, 'p99'):.2f}"]
         for name, rounds in measured.items()],
    )  # fmt: skip
    print(f"\nThe writer made {len(edits)} changes in the last round.")
    beside(hot, scripts)
    latchkey.stop()


def beside(hot, scripts):
    """What a client with a valid key feels of all the others: a small steady load beside a large one."""
    others = {"nothing": "none", "as much as goes of the same key": None, "as much as goes of junk": scripts["junk only"]}
    measured = {name: [] for name in others}
    for _ in range(tables.ROUNDS):
        for name, script in others.items():
            crowd = threading.Thread(target=load.most, args=(hot, 7, script))
            if script != "none":
                crowd.start()
                time.sleep(1)
            measured[name].append(load.steady(hot, STEADY))
            if script != "none":
                crowd.join()
    tables.show(
        f"{STEADY} requests/s of a valid key, while others send",
        ["", "p50 ms", "p99 ms"],
        [[name, tables.spread(rounds, "p50", 2), tables.spread(rounds, "p99", 2)] for name, rounds in measured.items()],
    )


def edit(latchkey, tokens, stop, edits):
    while not stop.is_set():
        token, _ = tokens.key(tokens.active[len(edits) % 1000])
        action = "deactivate" if len(edits) // 1000 % 2 == 0 else "activate"
        latchkey.send("POST", f"/auth/tokens/{token}/{action}")
        edits.append(token)
