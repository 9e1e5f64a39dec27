"""How long a key lives on after the 200 of its `deactivate`: in the same process, and in another one under load."""

import http.client
import threading
import time

import load
import tables
import targets

KEYS = 200


def revocation(folder):
    postgres = targets.Postgres("revocation")
    flags = ["--database", postgres.url]
    console = targets.Latchkey(folder, flags=flags).sign_in()
    other = targets.Latchkey(folder, flags=flags)
    other.show(console.create())
    rows = []
    for name, asked, crowd in (
        ("the same process", console, None),
        ("another process", other, None),
        ("another process, under all the load that goes", other, other),
    ):
        times = revoked(console, asked, crowd)
        at = lambda part: f"{times[int(len(times) * part)] * 1000:.1f}"  # noqa: E731
        rows.append([name, len(times), at(0.5), at(0.99), f"{times[-1] * 1000:.1f}"])
    tables.show("From the 200 of deactivate to the first refusal", ["", "keys", "p50 ms", "p99 ms", "worst ms"], rows)
    for latchkey in (other, console):
        latchkey.stop()


def revoked(console, asked, crowd):
    """Seconds of each key, least first: nothing when already the next request is refused."""
    keys = [console.create() for _ in range(KEYS)]
    stop = threading.Event()
    loader = threading.Thread(target=keep_loading, args=(crowd, stop))
    if crowd:
        loader.start()
        time.sleep(1)
    connection = http.client.HTTPConnection(asked.base.split("//")[1])
    times = []
    for token in keys:
        key = f"ApiKey {token['id']}:{token['token']}"
        assert status(connection, key) == 200
        console.send("POST", f"/auth/tokens/{token['id']}/deactivate")
        begun = time.monotonic()
        late = 0.0
        while status(connection, key) == 200:
            late = time.monotonic() - begun
        times.append(late)
    stop.set()
    if crowd:
        loader.join()
    return sorted(times)


def status(connection, key):
    headers = dict(line.split(": ", 1) for line in targets.ASKED) | {"Authorization": key}
    connection.request("GET", "/gateway/check", headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def keep_loading(target, stop):
    while not stop.is_set():
        load.most(target, 2)
