"""Latchkey, a small API, and each of the proxies between them, set up by the very files of `deploy/`.

Only addresses are replaced, and what makes a proxy a child of the tests (its folder, its logs).
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
BINARY = Path(os.environ.get("LATCHKEY_BIN", ROOT / "target/release/latchkey")).resolve()
ADMIN = {"email": "admin@example.com", "password": "correct horse battery staple 42"}
PROGRAMS = Path(sys.executable).parent
PARTNERS, INTEGRATIONS, INTROSPECTION, ALL = "MD-0002", "MD-0007", "MD-9001", "MD-0000"
PROXIES = ["nginx", "caddy", "traefik", "envoy"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Latchkey:
    """The release binary with a data folder of its own. Proxies on 127.0.0.1 are trusted."""

    def __init__(self, folder, flags=()):
        self.folder, self.port, self.flags = folder, free_port(), flags
        self.start()
        self.session = requests.Session()
        self.session.trust_env = False
        self.send("POST", "/auth/login", json=ADMIN)

    def start(self):
        self.child = subprocess.Popen(
            [BINARY, "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", self.folder]
            + ["--trusted-proxies", "127.0.0.1", *self.flags],
            env=os.environ | {"LATCHKEY_ADMIN_EMAIL": ADMIN["email"], "LATCHKEY_ADMIN_PASSWORD": ADMIN["password"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.child.stdout.readline().startswith("Latchkey listens on ")
        threading.Thread(target=self.child.stdout.read, daemon=True).start()

    def stop(self):
        self.child.terminate()
        self.child.wait(timeout=20)

    def send(self, method, path, **how):
        answer = self.session.request(method, f"http://127.0.0.1:{self.port}/public/v1{path}", **how)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def create(self, *modules, **rest):
        permissions = [{"object": {"id": module}} for module in modules]
        body = {"name": "A gateway's", "extension": {"name": "custom"}, "permissions": permissions, **rest}
        token = self.send("POST", "/auth/tokens", json=body).json()
        token["key"] = f"ApiKey {token['id']}:{token['token']}"
        return token


class Api:
    """The API behind the proxy: it tells what it was asked, and remembers."""

    def __init__(self):
        seen = self.seen = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                if self.headers.get("upgrade") == "websocket":
                    return self.echo()
                self.rfile.read(int(self.headers.get("content-length") or 0))
                seen.append({"method": self.command, "path": self.path, "headers": self.headers.items()})
                body = json.dumps(seen[-1]).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def echo(self):
                """Switches to a protocol that says each line again."""
                seen.append({"method": self.command, "path": self.path, "headers": self.headers.items()})
                self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
                while line := self.rfile.readline():
                    self.wfile.write(line)
                self.close_connection = True

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if len(lines[0].split()) > 1 else 0
        self.headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]

    def header(self, name):
        return ", ".join(value for known, value in self.headers if known == name)

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body!r}"


class Proxy:
    """One of the proxies, and a client that sends just the bytes that it is told to."""

    without_key = 401

    def __init__(self, name, folder, latchkey, api, keeps_authorization=False):
        self.name, self.port, self.folder = name, free_port(), folder
        self.addresses = {8080: latchkey.port, 9000: api.port, 8000: self.port}
        shutil.copytree(ROOT / "deploy" / name, folder, dirs_exist_ok=True)
        for file in folder.iterdir():
            text = self.addressed(file.read_text())
            if keeps_authorization:
                # As the files say of an API that takes keys in a header of its own.
                text = re.sub(r'(?m)^ *(proxy_set_header Authorization "";|request_header -Authorization|Authorization: "")\n', "", text)
                text = text.replace("\t\trequest_header -Authorization\n", "").replace("[authorization, x-api-key]", "[x-api-key]")
            file.write_text(text)
        with (folder / "log").open("w") as log:
            self.child = subprocess.Popen(getattr(self, name)(), cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        self.wait()

    def addressed(self, text):
        for old, new in self.addresses.items():
            for place in ["127.0.0.1:{}", "http://:{}", "port_value: {} "]:
                text = text.replace(place.format(old), place.format(new))
        return text

    def nginx(self):
        (self.folder / "nginx.conf").write_text(
            "daemon off; master_process off; pid nginx.pid; error_log stderr; events {}\n"
            "http { access_log off; client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;\n"
            "uwsgi_temp_path tmp; scgi_temp_path tmp; include latchkey.conf; }\n"
        )
        return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.folder, "-c", "nginx.conf"]

    def caddy(self):
        return [PROGRAMS / "caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"]

    def traefik(self):
        return [PROGRAMS / "traefik", "--configFile=traefik.yml"]

    def envoy(self):
        return [PROGRAMS / "envoy", "-c", "envoy.yaml", "--use-dynamic-base-id", "--concurrency", "1", "-l", "error"]

    def wait(self):
        until = time.monotonic() + 20
        while time.monotonic() < until:
            assert self.child.poll() is None, (self.folder / "log").read_text()
            try:
                # Traefik answers 404 until it has read its routes.
                if self.send("/v2", key=None).status == self.without_key:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{self.name} does not answer: {(self.folder / 'log').read_text()}")

    def connect(self, source="127.0.0.2"):
        """Connects from `source`: 127.0.0.1 is where the trusted proxies are."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=(source, 0))

    def send(self, target, key, *headers, method="GET", source="127.0.0.2", body=b"", host="api.example.com"):
        """Sends a request on a connection of its own."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", "User-Agent: tests/1"]
        lines += [f"Authorization: {key}"] if key else []
        lines += [f"Content-Length: {len(body)}"] if body else []
        lines += [f"{name}: {value}" for name, value in headers]
        with self.connect(source) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            raw = b""
            while part := connection.recv(65536):
                raw += part
        return Answer(raw)

    def stop(self):
        self.child.terminate()
        self.child.wait(timeout=20)


@pytest.fixture(scope="session")
def latchkey(tmp_path_factory):
    latchkey = Latchkey(tmp_path_factory.mktemp("latchkey"))
    yield latchkey
    latchkey.stop()


@pytest.fixture(scope="session")
def api():
    return Api()


@pytest.fixture(scope="session", params=PROXIES)
def proxy(request, tmp_path_factory, latchkey, api):
    proxy = Proxy(request.param, tmp_path_factory.mktemp(request.param), latchkey, api)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="session")
def partner(latchkey):
    """A token that holds Partners, which opens /agreements."""
    return latchkey.create(PARTNERS, external_id="customer 7")
