"""What is measured: Latchkey, and what stands beside it in the same run."""

import hashlib
import hmac
import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import requests

HERE = Path(__file__).parent
ROOT = HERE.parent
PROGRAMS = Path(sys.executable).parent
LATCHKEY = Path(os.environ["LATCHKEY_BIN"]).resolve()
BARE = Path(os.environ["BENCH_BARE"]).resolve()
ADMIN = {"email": "admin@example.com", "password": "correct horse battery staple 42"}
PARTNERS = "MD-0002"
WORDS = ("billing", "reports", "stock", "orders")
ASKED = ["X-Forwarded-Method: GET", "X-Forwarded-Uri: /agreements/AGP-1?limit=10"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Target:
    """A process that answers at `url`, asked with `headers`."""

    def __init__(self, name, command, folder, url=None, headers=(), environment=None):
        self.name, self.folder, self.url, self.headers = name, folder, url, list(headers)
        self.log = (folder / f"{name.split()[0]}.log").open("w")
        self.child = subprocess.Popen(
            command, cwd=folder, env=os.environ | (environment or {}), stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        self.pids = [self.child.pid]

    def line(self):
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended: {Path(self.log.name).read_text()[-2000:]}")
        threading.Thread(target=self.child.stdout.read, daemon=True).start()
        return line

    def wait(self):
        for _ in range(400):
            try:
                if requests.get(self.url, headers=dict(header.split(": ", 1) for header in self.headers)).ok:
                    return self
            except requests.RequestException:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} does not answer: {Path(self.log.name).read_text()[-2000:]}")

    def stop(self):
        self.child.terminate()
        self.child.wait(timeout=30)


class Latchkey(Target):
    def __init__(self, folder, data=None, flags=(), environment=None):
        data = data or folder / "data"
        given = {"LATCHKEY_ADMIN_EMAIL": ADMIN["email"], "LATCHKEY_ADMIN_PASSWORD": ADMIN["password"], "RUST_LOG": "warn"}
        command = [LATCHKEY, "serve", "--listen", "127.0.0.1:0", "--data-dir", data, "--trusted-proxies", "127.0.0.1"]
        command += ["--metrics-listen", "127.0.0.1:0", *flags]
        begun = time.monotonic()
        super().__init__("Latchkey", command, folder, environment=given | (environment or {}))
        self.base = self.line().split()[-1]
        self.ready_ms = (time.monotonic() - begun) * 1000
        self.url = f"{self.base}/gateway/check"
        self.session = requests.Session()

    def sign_in(self):
        assert self.session.post(f"{self.base}/public/v1/auth/login", json=ADMIN).ok
        return self

    def send(self, method, path, **how):
        answer = self.session.request(method, f"{self.base}/public/v1{path}", **how)
        assert answer.ok, answer.text
        return answer

    def create(self, addresses=("127.0.0.1", "10.0.0.0/8")):
        """A token with everything on: permissions, an end, an address rule."""
        return self.send("POST", "/auth/tokens", json={
            "name": "Benchmark", "extension": {"name": "custom"}, "permissions": [{"object": {"id": PARTNERS}}],
            "expiration_date": "2040-01-01T00:00:00Z", "allowed_addresses": addresses,
        }).json()  # fmt: skip

    def show(self, token):
        self.key = f"ApiKey {token['id']}:{token['token']}"
        self.headers = [f"Authorization: {self.key}", *ASKED]
        return self


def bare(folder):
    target = Target("bare axum", [BARE], folder, headers=["Authorization: ApiKey x", *ASKED])
    target.url = target.line().split()[-1] + "/gateway/check"
    return target


def nginx(folder):
    port, key = free_port(), "ApiKey SU-160-984-311:070707070707070707070707070707076bcdae30"
    (folder / "map.conf").write_text(
        f"""daemon off; worker_processes 2; pid map.pid; error_log stderr; events {{ worker_connections 1024; }}
        http {{ access_log off; keepalive_requests 100000000; map_hash_bucket_size 256; client_body_temp_path t;
        proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
        map $http_authorization $known {{ default 0; "{key}" 1; }}
        server {{ listen 127.0.0.1:{port}; location /verify {{ if ($known = 0) {{ return 401; }}
        add_header X-Token-Id SU-160-984-311; return 200; }} }} }}"""
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    url = f"http://127.0.0.1:{port}/verify"
    return Target("nginx map", [program, "-p", folder, "-c", "map.conf"], folder, url, [f"Authorization: {key}"]).wait()


def envoy(folder):
    port, key = free_port(), "070707070707070707070707070707076bcdae30"
    kind = "type.googleapis.com/envoy.extensions.filters"
    filters = [
        {"name": "envoy.filters.http.api_key_auth", "typed_config": {
            "@type": f"{kind}.http.api_key_auth.v3.ApiKeyAuth",
            "credentials": [{"key": key, "client": "benchmark"}], "key_sources": [{"header": "X-Api-Key"}]}},
        {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{kind}.http.router.v3.Router"}},
    ]  # fmt: skip
    manager = {
        "@type": f"{kind}.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "b",
        "http_filters": filters,
        "route_config": {"virtual_hosts": [{"name": "b", "domains": ["*"], "routes": [
            {"match": {"prefix": "/"}, "direct_response": {"status": 200}}]}]},
    }  # fmt: skip
    listener = {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}],
    }
    (folder / "envoy.json").write_text(json.dumps({"static_resources": {"listeners": [listener]}}))
    command = [PROGRAMS / "envoy", "-c", "envoy.json", "--use-dynamic-base-id", "--concurrency", "2", "-l", "error"]
    url = f"http://127.0.0.1:{port}/verify"
    return Target("Envoy api_key_auth", command, folder, url, [f"X-Api-Key: {key}"]).wait()


def better_auth(folder):
    script = HERE / "peers/better-auth/server.mjs"
    target = Target("better-auth", ["node", script, folder / "better-auth.db"], folder)
    target.url, key = target.line().split()
    target.headers = [f"Authorization: ApiKey {key}"]
    return target.wait()


def drf(folder):
    environment = {"BENCH_DATABASE": str(folder / "drf.db")}
    app, python = HERE / "peers/drf", PROGRAMS / "python"
    key = subprocess.run([python, app / "app.py"], env=os.environ | environment, capture_output=True, text=True, check=True)
    port = free_port()
    command = [PROGRAMS / "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2"]
    command += ["--no-ws", "--log-level", "error", "--working-dir", app, "app:application"]
    headers = [f"Authorization: Api-Key {key.stdout.strip()}"]
    return Target("drf-api-key", command, folder, f"http://127.0.0.1:{port}/verify", headers, environment).wait()


COLUMNS = (
    "id account_id name external_id description extension_id extension_name state expires_at digest handle_digest sealed "
    "key_version secret_version search revision created_at created_by_id created_by_name updated_at updated_by_id "
    "updated_by_name"
).split()


class Postgres:
    """A database of its own on the server that `cargo xtask bench` has started."""

    def __init__(self, name):
        server = os.environ["BENCH_POSTGRES"]
        self.url = f"{server.rsplit('/', 1)[0]}/{name}"
        self.run(f"CREATE DATABASE {name}", server)

    def run(self, sql, url=None, lines=()):
        """Runs a statement; `lines` are what a COPY reads. Returns what it prints."""
        command = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql, url or self.url]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            for line in lines:
                child.stdin.write(line)
            child.stdin.close()
            printed = child.stdout.read()
        assert child.returncode == 0, sql
        return printed.strip()


class Tokens:
    """Many tokens, written into a database that a server has made: to create a million by the API would take hours."""

    def __init__(self, data, postgres=None):
        self.postgres = postgres
        pepper = subprocess.run([LATCHKEY, "pepper", "--data-dir", data], capture_output=True, text=True, check=True)
        self.pepper, self.data = bytes.fromhex(pepper.stdout.strip()), data
        self.random = random.Random(1)

    @staticmethod
    def id_of(number):
        return f"SU-{number // 10**6:03}-{number // 1000 % 1000:03}-{number % 1000:03}"

    def key(self, number):
        """The id and the secret of a token; the same for the same number."""
        token = self.id_of(number)
        digits = hashlib.md5(token.encode()).hexdigest()
        return token, f"{digits}{zlib.crc32(f'{token}:{digits}'.encode()):08x}"

    def digest(self, token, secret):
        mac = hmac.new(self.pepper, digestmod=hashlib.sha256)
        for part in [b"latchkey secret v1", token.encode(), secret.encode()]:
            mac.update(len(part).to_bytes(8, "big") + part)
        return mac.digest()

    @staticmethod
    def has_expired(number):
        return number % 3 != 0 and number % 35 == 1

    def rows(self, account, numbers):
        for number in numbers:
            token, secret = self.key(number)
            name = f"Token {number} of {WORDS[number % 4]}"
            state = "active" if number % 10 else "inactive"
            # A third never ends; of the others one in 35 has expired, and the rest ends on some day of ten years.
            day = number // 7 % 3650 * 86400
            end = (1300000000 if self.has_expired(number) else 1830297600) + day if number % 3 else None
            extension = ("EXT-000-002", "reports") if number % 5 == 2 else ("EXT-000-001", "custom")
            made = 1600000000 + number * 7 % 200000000
            yield (token, account, name, f"ext-{number % 5000}", None, *extension, state, end,
                   self.digest(token, secret), number.to_bytes(32, "big"), None, 1, 1,
                   f"{name}\n{token}\next-{number % 5000}\n".lower(), 1, made, "UR-1", "Admin", made, "UR-1", "Admin")  # fmt: skip

    def fill(self, count):
        numbers = self.random.sample(range(10**9), count)
        if self.postgres:
            self.fill_postgres(numbers)
        else:
            self.fill_sqlite(numbers)
        self.active = [number for number in numbers if number % 10 and not self.has_expired(number)]
        return self

    def fill_sqlite(self, numbers):
        database = sqlite3.connect(self.data / "latchkey.db")
        database.execute("PRAGMA synchronous=OFF")
        (account,) = database.execute("SELECT id FROM accounts ORDER BY created_at LIMIT 1").fetchone()
        marks = ",".join("?" * len(COLUMNS))
        database.executemany(f"INSERT INTO tokens ({','.join(COLUMNS)}) VALUES ({marks})", self.rows(account, numbers))
        permissions = ((self.key(number)[0], PARTNERS) for number in numbers)
        database.executemany("INSERT INTO token_permissions (token_id, module_id) VALUES (?,?)", permissions)
        database.commit()
        database.close()

    def fill_postgres(self, numbers):
        database = self.postgres
        account = database.run("SELECT id FROM accounts ORDER BY created_at LIMIT 1")
        text = lambda value: "\\N" if value is None else f"\\\\x{value.hex()}" if isinstance(value, bytes) else str(value)  # noqa: E731
        rows = ("\t".join(map(text, row)).replace("\n", "\\n") + "\n" for row in self.rows(account, numbers))
        permissions = (f"{self.key(number)[0]}\t{PARTNERS}\n" for number in numbers)
        database.run(f"COPY tokens ({','.join(COLUMNS)}) FROM STDIN", lines=rows)
        database.run("COPY token_permissions (token_id, module_id) FROM STDIN", lines=permissions)
        # As autovacuum does within a minute.
        database.run("VACUUM ANALYZE")

    def script(self, path, count, junk=0.0, in_order=False):
        """For wrk: requests with keys of `count` tokens, drawn at random or one after the other, and a part of junk."""
        keys = [":".join(self.key(number)) for number in self.random.sample(self.active, count)]
        asked = "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in (line.split(": ", 1) for line in ASKED))
        path.with_suffix(".txt").write_text("\n".join(keys))
        path.write_text(
            f"local keys, last = {{}}, 0\nfor key in io.lines('{path.with_suffix('.txt')}') do keys[#keys + 1] = key end\n"
            f"{asked}math.randomseed(os.time())\n"
            "request = function()\n"
            f"  if math.random() < {junk} then\n"
            '    wrk.headers["Authorization"] = "ApiKey SU-160-984-311:" .. string.format("%040x", math.random(1, 2^31))\n'
            f"  else last = {'last % #keys + 1' if in_order else 'math.random(#keys)'}\n"
            '    wrk.headers["Authorization"] = "ApiKey " .. keys[last] end\n'
            "  return wrk.format()\nend\n"
        )
        return path
