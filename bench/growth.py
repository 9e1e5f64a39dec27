"""Costs by the number of tokens: memory, start, keys that are not cached yet, lists."""

import random
import shutil
import time

import load
import tables
import targets

SIZES = (10_000, 100_000, 1_000_000)
LIMIT = 50


def calls_of(count):
    """Calls of each list that are measured, after a first one."""
    return 40 if count < 1_000_000 else 10


# Queries, by the number of tokens and a random source, so that calls differ.
LISTS = {
    "first page": lambda count, chance: "ordering(-created)",
    "page 100": lambda count, chance: "ordering(-created)",
    "a page in the middle": lambda count, chance: "ordering(-created)",
    "by name": lambda count, chance: "ordering(name)",
    "by expiry": lambda count, chance: "ordering(-expiration_date)",
    "by status": lambda count, chance: "ordering(status)",
    "active": lambda count, chance: "eq(status,active)&ordering(-created)",
    "inactive": lambda count, chance: "eq(status,inactive)&ordering(-created)",
    "expiring": lambda count, chance: "eq(status,expiring)&ordering(-created)",
    "inactive, of an extension": lambda count, chance: "eq(status,inactive)&eq(extension.id,EXT-000-001)&ordering(name)",
    "of an external id": lambda count, chance: f"eq(external_id,ext-{chance.randrange(5000)})",
    "search: one": lambda count, chance: f"search={targets.Tokens.id_of(chance.choice(numbers))}&ordering(-created)",
    "search: 1 in 5000": lambda count, chance: f"search=ext-{chance.randrange(1000, 5000)}&ordering(-created)",
    "search: 1 in 4": lambda count, chance: f"search={chance.choice(targets.WORDS)}&ordering(-created)",
    "search: 1 in 4, active": lambda count, chance: f"search={chance.choice(targets.WORDS)}&eq(status,active)&ordering(-created)",
    "search: two letters, 1 in 2": lambda count, chance: "search=or&ordering(-created)",
    "search: two letters, all": lambda count, chance: "search=to&ordering(-created)",
    "search: two letters, none": lambda count, chance: f"search={chance.choice('abcdefgh')}{chance.choice('qz')}&ordering(-created)",
    "search: 1 in 4, of an extension": lambda count, chance: f"search={chance.choice(targets.WORDS)}&eq(extension.id,EXT-000-001)&ordering(-created)",
    "search: 1 in 4, by status": lambda count, chance: f"search={chance.choice(targets.WORDS)}&ordering(status)",
    "search: two letters, inactive": lambda count, chance: "search=or&eq(status,inactive)&ordering(-created)",
    "of a module that all have": lambda count, chance: "eq(permissions.object.id,MD-0002)&ordering(-created)",
    "of a module, active": lambda count, chance: "eq(permissions.object.id,MD-0002)&eq(status,active)&ordering(-created)",
    "of a creator, active": lambda count, chance: "eq(events.created.by.id,UR-1)&eq(status,active)&ordering(-created)",
    "of the last years": lambda count, chance: f"gt(created,{chance.randrange(2019, 2023)}-01-01T00:00:00Z)&ordering(-created)",
    "that expire before 2050": lambda count, chance: "lt(expiration_date,2050-01-01T00:00:00Z)&ordering(-created)",
    "by extension": lambda count, chance: "ordering(extension.id)",
    "by extension and creation": lambda count, chance: "ordering(extension.id,-created)",
    "by name and creation": lambda count, chance: "ordering(name,-created)",
    "by expiry and name": lambda count, chance: "ordering(-expiration_date,name)",
    "active, of the last years": lambda count, chance: "eq(status,active)&gt(created,2021-01-01T00:00:00Z)&ordering(-created)",
    "like(name,…): 1 in 1400": lambda count, chance: f"like(name,*{chance.randrange(1000, 10000)}*)&ordering(name)",
    "like(name,…): 1 in 140": lambda count, chance: f"like(name,*{chance.randrange(100, 1000)}*)&ordering(name)",
    "like(name,…): 1 in 140, active": lambda count, chance: f"like(name,*{chance.randrange(100, 1000)}*)&eq(status,active)&ordering(-created)",
}
OFFSETS = {"page 100": lambda count: min(5000, count // 2), "a page in the middle": lambda count: count // 2}
# Lists of which random pages are read, and the part of the tokens that each has.
RANDOM_PAGES = {
    "all, by name": ("ordering(name)", 1),
    "all, by expiry": ("ordering(-expiration_date)", 1),
    "all, by status": ("ordering(status)", 1),
    "all, by name and creation": ("ordering(name,-created)", 1),
    "all, by expiry and name": ("ordering(-expiration_date,name)", 1),
    "active": ("eq(status,active)&ordering(-created)", 0.9),
    "not inactive": ("ne(status,inactive)&ordering(-created)", 0.9),
    "search: 1 in 4": (f"search={targets.WORDS[0]}&ordering(-created)", 0.25),
    "of an extension": ("eq(extension.id,EXT-000-001)&ordering(-created)", 0.8),
    "of a module that all have": ("eq(permissions.object.id,MD-0002)&ordering(-created)", 1),
    "active, of a module": ("eq(status,active)&eq(permissions.object.id,MD-0002)&ordering(-created)", 0.9),
    "of two extensions": ("in(extension.id,(EXT-000-001,EXT-000-002))&ordering(-created)", 1),
    "active, of the last years": ("eq(status,active)&gt(created,2021-01-01T00:00:00Z)&ordering(-created)", 0.6),
    "like(name,…): 1 in 4": (f"like(name,*{targets.WORDS[1]}*)&ordering(name)", 0.25),
}
numbers = []


def anywhere_in(name):
    """The name of a list whose random pages are read, which may be in both tables."""
    return f"anywhere in {name}"


def growth(folder):
    for database in ("SQLite", "PostgreSQL"):
        rows, lists = [], {name: [] for name in [*LISTS, *map(anywhere_in, RANDOM_PAGES)]}
        for count in SIZES:
            place = folder / f"{database}-{count}"
            place.mkdir()
            measure(place, database, count, rows, lists)
            shutil.rmtree(place)
        tables.show(
            f"By the number of tokens, {database}",
            ["tokens", "start to ready, ms", "memory at the start, MB", "with every key cached, MB",
             "requests/s, random keys, cold", "requests/s, hot key", "ratio"], rows,
        )  # fmt: skip
        title = f"Lists of {LIMIT} tokens of one account by its number of tokens, {database}: median / p95, ms"
        head = ["", *(f"{count:,}" for count in SIZES)]
        tables.show(title, head, [[name, *cells] for name, cells in lists.items()])


def measure(place, database, count, rows, lists):
    postgres = targets.Postgres(f"growth{count}") if database == "PostgreSQL" else None
    flags = ["--database", postgres.url] if postgres else []
    targets.Latchkey(place, flags=flags).stop()
    tokens = targets.Tokens(place / "data", postgres).fill(count)
    read(place, postgres)
    latchkey = targets.Latchkey(place, flags=flags).sign_in()
    hot = latchkey.show(latchkey.create())
    begin = load.memory_mb(latchkey)
    # All keys are new to it in the first moments; with a thousand they soon are not.
    cold = load.most(latchkey, 2, tokens.script(place / "cold.lua", min(len(tokens.active), 300_000)))
    warm = load.most(hot, 4)
    every = tokens.script(place / "every.lua", len(tokens.active), in_order=True)
    seen = 0
    while seen < 1.2 * len(tokens.active):
        seen += load.most(latchkey, 10, every)["rps"] * 10
    full = load.memory_mb(latchkey)
    rows.append([
        f"{count:,}", f"{latchkey.ready_ms:.0f}", f"{begin:.0f}", f"{full:.0f}", f"{cold['rps']:.0f}", f"{warm['rps']:.0f}",
        f"{cold['rps'] / warm['rps']:.2f}",
    ])  # fmt: skip
    # Until the use of all those keys is written.
    time.sleep(30)
    numbers[:] = tokens.active
    chance = random.Random(2)
    read(place, postgres)
    for name, query in LISTS.items():
        offset = OFFSETS.get(name, lambda count: 0)(count)
        lists[name].append(times(count, lambda: timed(latchkey, query(count, chance), offset)))  # noqa: B023
    for name, (query, part) in RANDOM_PAGES.items():
        anywhere = lambda: int(part * count * chance.uniform(0.05, 0.95))  # noqa: B023, E731
        lists[anywhere_in(name)].append(times(count, lambda: timed(latchkey, query, anywhere())))  # noqa: B023
    latchkey.stop()


def read(place, postgres):
    """Brings the database into the page cache of the operating system."""
    if postgres:
        postgres.run("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        postgres.run("SELECT sum(pg_prewarm(oid, 'read')) FROM pg_class WHERE relkind IN ('r', 'i') AND relname LIKE 'token%'")
        return
    with (place / "data/latchkey.db").open("rb") as file:
        while file.read(1 << 20):
            pass


def times(count, call):
    """Median and p95 of calls, in ms."""
    call()
    calls = calls_of(count)
    found = sorted(call() for _ in range(calls))
    return f"{found[calls // 2]:.1f} / {found[min(calls * 95 // 100, calls - 1)]:.1f}"


def timed(latchkey, query, offset=0):
    begun = time.monotonic()
    answer = latchkey.send("GET", f"/auth/tokens?{query}&limit={LIMIT}&offset={offset}")
    took = (time.monotonic() - begun) * 1000
    total = int(answer.headers["Content-Range"].rpartition("/")[2])
    assert len(answer.json()) == max(0, min(LIMIT, total - offset)), (query, offset)
    return took
