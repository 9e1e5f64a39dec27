"""What the check adds behind each proxy of `deploy/`: the same proxy, with and without it, in front of the same API."""

import re
import shutil
import sys
from types import SimpleNamespace

import load
import tables
import targets

sys.path.insert(0, str(targets.ROOT / "clients/gateways"))
import conftest  # noqa: E402

RATE = 1000


class Unchecked(conftest.Proxy):
    """The same configuration without what asks Latchkey."""

    without_key = 200
    check = {
        "nginx": r"auth_request /latchkey;",
        "caddy": r"forward_auth .*?\n\t\t}\n",
        "traefik": r"(?<=\[forget, )latchkey, ",
        "envoy": r"- name: envoy.filters.http.ext_authz.*?(?=- name: envoy.filters.http.router)",
    }
    taken_out = 0

    def addressed(self, text):
        text, times = re.subn(self.check[self.name], "", super().addressed(text), flags=re.DOTALL)
        self.taken_out += times
        return text


class Through:
    """The API as it is reached through a proxy; `others` are the processes that take part."""

    def __init__(self, proxy, key, others):
        self.name, self.proxy, self.pids = proxy.name, proxy, [proxy.child.pid, *others]
        self.url, self.headers = f"http://127.0.0.1:{proxy.port}/agreements/AGP-1?limit=10", [f"Authorization: {key}"]


def api(folder):
    """Answers everything with a few bytes, so that it does not get in the way."""
    port = targets.free_port()
    (folder / "api.conf").write_text(
        f"""daemon off; pid api.pid; error_log stderr; events {{ worker_connections 1024; }}
        http {{ access_log off; keepalive_requests 100000000; client_body_temp_path t; proxy_temp_path t;
        fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
        server {{ listen 127.0.0.1:{port}; return 200 "[]"; }} }}"""
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    return targets.Target("api", [program, "-p", folder, "-c", "api.conf"], folder, f"http://127.0.0.1:{port}/").wait()


def proxies(folder):
    latchkey = targets.Latchkey(folder).sign_in()
    # Envoy names the machine's own address for 127.0.0.1.
    latchkey.show(latchkey.create(["10.0.0.0/8", "0.0.0.0/0"]))
    upstream = api(folder)
    ports = [SimpleNamespace(port=int(target.rsplit(":", 1)[1].strip("/"))) for target in (latchkey.base, upstream.url)]
    rows = []
    for name in conftest.PROXIES:
        pair = []
        for kind, others in ((Unchecked, []), (conftest.Proxy, latchkey.pids)):
            place = folder / f"{name}-{kind.__name__}"
            proxy = kind(name, place, *ports)
            assert kind is conftest.Proxy or proxy.taken_out == 1, f"{name}: the check was not found"
            pair.append(Through(proxy, latchkey.key, others))
        rows.append([name, *compared(*pair)])
        for target in pair:
            target.proxy.stop()
    tables.show(
        f"What the check adds behind a proxy: CPU of proxy and Latchkey at {load.CONNECTIONS} connections, latency at "
        f"{RATE} requests/s",
        ["", "CPU µs/request without", "with", "requests/s without", "with", "p50 ms without", "with", "p99 ms without", "with"],
        rows,
    )
    latchkey.stop()
    upstream.stop()


def compared(without, checked):
    most, steady = tables.alternate([without, checked], rounds=3, seconds=4), {without: [], checked: []}
    for _ in range(3):
        for target, rounds in steady.items():
            rounds.append(load.steady(target, RATE))
    for rounds in most.values():
        assert not any(round["refused"] for round in rounds), f"{without.name} refused its key"
    cells = []
    for measured, what, digits in ((most, "cpu", 1), (most, "rps", 0), (steady, "p50", 2), (steady, "p99", 2)):
        cells += [tables.spread(measured[target], what, digits) for target in (without, checked)]
    return cells
