"""The console behind TLS, by the files `console.*` of `deploy/`."""

import datetime
import http.client
import json
import shutil
import socket
import ssl
import subprocess
import time

import pytest
from conftest import ADMIN, PROGRAMS, ROOT, Latchkey, free_port
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "keys.example.com"


def certificate(folder):
    """Makes a certificate for HOST, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (folder / f"{HOST}.crt").write_bytes(made.public_bytes(pem))
    (folder / f"{HOST}.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


class Console:
    """A proxy with TLS, and a browser's requests through it."""

    def __init__(self, name, folder, latchkey, port):
        self.port, self.folder = port, folder
        certificate(folder)
        file = {"nginx": "console.conf", "caddy": "console.Caddyfile"}[name]
        text = (ROOT / "deploy" / name / file).read_text()
        for old, new in [
            ("127.0.0.1:8080", f"127.0.0.1:{latchkey.port}"),
            ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
            ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
            (f"\n{HOST} {{", f"\nhttps://{HOST}:{port} {{\n\tbind 127.0.0.1"),
            ("\tadmin off", "\tadmin off\n\tauto_https disable_redirects"),
            (f"/etc/{name}", str(folder)),
        ]:
            text = text.replace(old, new)
        (folder / file).write_text(text)
        self.child = subprocess.Popen(getattr(self, name)(), cwd=folder)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)

    def nginx(self):
        (self.folder / "nginx.conf").write_text(
            "daemon off; master_process off; pid nginx.pid; error_log stderr; events {}\n"
            "http { access_log off; client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;\n"
            "uwsgi_temp_path tmp; scgi_temp_path tmp; include console.conf; }\n"
        )
        return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.folder, "-c", "nginx.conf"]

    def caddy(self):
        return [PROGRAMS / "caddy", "run", "--config", "console.Caddyfile", "--adapter", "caddyfile"]

    def send(self, method, path, body=None, **headers):
        context = ssl.create_default_context(cafile=self.folder / f"{HOST}.crt")
        connection = http.client.HTTPSConnection(HOST, self.port, timeout=10)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sock = context.wrap_socket(plain, server_hostname=HOST)
        # An older browser: no Sec-Fetch-Site. Newer ones send it and Origin.
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers |= {"Origin": f"https://{HOST}:{self.port}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        answer.text = answer.read()
        connection.close()
        return answer


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def console(request, tmp_path_factory):
    port = free_port()
    latchkey = Latchkey(tmp_path_factory.mktemp("data"), ["--public-url", f"https://{HOST}:{port}"])
    console = Console(request.param, tmp_path_factory.mktemp("console"), latchkey, port)
    yield console
    console.child.terminate()
    console.child.wait(timeout=20)
    latchkey.stop()


def test_a_user_signs_in_and_saves_a_token_whose_tag_the_proxy_has_made_weak(console):
    answer = console.send("POST", "/public/v1/auth/login", ADMIN)
    assert answer.status == 200, answer.text
    cookie = answer.headers["set-cookie"].split(";")[0]
    assert cookie.startswith("__Host-latchkey=")
    new = {"name": "Billing", "description": "x" * 200, "extension": {"name": "custom"}}
    token = json.loads(console.send("POST", "/public/v1/auth/tokens", new, Cookie=cookie).text)
    path = f"/public/v1/auth/tokens/{token['id']}"
    read = console.send("GET", path, Cookie=cookie, Accept_Encoding="gzip")
    assert read.headers["content-encoding"] == "gzip"
    tag = read.headers["etag"]
    assert console.send("PUT", path, {"name": "Invoices"}, Cookie=cookie, If_Match=tag).status == 200
    assert console.send("PUT", path, {"name": "Orders"}, Cookie=cookie, If_Match=tag).status == 412


def test_the_page_is_there_and_the_endpoints_for_proxies_are_not(console):
    page = console.send("GET", "/")
    assert page.status == 200 and b"<title>Latchkey" in page.text
    assert "max-age" in page.headers["strict-transport-security"]
    assert console.send("GET", "/gateway/check").status == 404


def test_another_site_is_refused(console):
    context = ssl.create_default_context(cafile=console.folder / f"{HOST}.crt")
    with context.wrap_socket(socket.create_connection(("127.0.0.1", console.port)), server_hostname=HOST) as connection:
        body = json.dumps(ADMIN)
        head = f"POST /public/v1/auth/login HTTP/1.1\r\nHost: {HOST}:{console.port}\r\nOrigin: https://evil.example\r\n"
        head += f"Content-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall((head + body).encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 403")
