"""Clients that are generated from the API document: they compile, and list, create and disable tokens."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "python"))
from server import Server  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("latchkey"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def document(server, tmp_path_factory):
    file = tmp_path_factory.mktemp("document") / "openapi.json"
    with urllib.request.urlopen(f"{server.endpoint}/openapi.json") as answer:
        file.write_bytes(answer.read())
    return file


@pytest.fixture(scope="module")
def key(server):
    """A key that manages tokens, as the first admin makes it."""

    def post(path, body, headers=()):
        request = urllib.request.Request(server.endpoint + path, json.dumps(body).encode(), dict(headers))
        request.add_header("Content-Type", "application/json")
        return urllib.request.urlopen(request)

    cookie = post("/auth/login", server.admin).headers["set-cookie"].split(";")[0]
    new = {"name": "Generated", "extension": {"name": "custom"}, "permissions": [{"object": {"id": "MD-0000"}}]}
    token = json.load(post("/auth/tokens", new, [("Cookie", cookie)]))
    return f"{token['id']}:{token['token']}"


def run(*words, **how):
    done = subprocess.run(words, capture_output=True, text=True, **how)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_python(server, document, key, tmp_path, monkeypatch):
    # Lines of JSON are text to it.
    (tmp_path / "config.yml").write_text(
        "post_hooks: []\ncontent_type_overrides:\n  application/x-ndjson: text/plain\n"
    )
    generator = Path(sys.executable).with_name("openapi-python-client")
    words = ["generate", "--path", document, "--meta", "none", "--output-path", tmp_path / "latchkey_client"]
    said = run(generator, *words, "--config", tmp_path / "config.yml")
    assert "warning" not in said.lower(), said
    run(sys.executable, "-m", "compileall", "-q", tmp_path / "latchkey_client")

    monkeypatch.syspath_prepend(tmp_path)
    from latchkey_client import AuthenticatedClient
    from latchkey_client.api.examples import list_agreement
    from latchkey_client.api.tokens import create_token, deactivate_token, get_token, list_tokens
    from latchkey_client.models import ExtensionRef, NewTokenBody, ObjectRefModuleId, PermissionGrant

    client = AuthenticatedClient(server.endpoint, token=key, prefix="ApiKey", raise_on_unexpected_status=True)
    with client as client:
        body = NewTokenBody(
            name="\u041f\u0440\u0438\u0432\u0435\u0442 \u4f60\u597d",
            extension=ExtensionRef(name="custom"),
            permissions=[PermissionGrant(object_=ObjectRefModuleId(id="MD-0002"))],
        )
        created = create_token.sync(client=client, body=body)
        assert created.status.value == "active"
        found = list_tokens.sync(client=client, rql="and(eq(status,active),like(name,\u041f*))&ordering(-created)", limit=5)
        assert [token.id for token in found] == [created.id]
        assert deactivate_token.sync(created.id, client=client).status.value == "inactive"
        assert get_token.sync(created.id, client=client).status.value == "inactive"
        assert list_tokens.sync(client=client, status="inactive")[0].id == created.id
        assert list_agreement.sync(client=client, limit=1)[0].id.startswith("AG")


def test_typescript(server, document, key, tmp_path):
    programs = HERE / "node_modules/.bin"
    run(programs / "openapi-typescript", document, "-o", tmp_path / "schema.d.ts")
    (tmp_path / "client.ts").write_text((HERE / "client.ts").read_text())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(HERE / "node_modules")
    options = ["--strict", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext", "--types", "node"]
    run(programs / "tsc", *options, "client.ts", cwd=tmp_path)
    environment = os.environ | {"ENDPOINT": server.endpoint, "KEY": key}
    assert run("node", "client.js", cwd=tmp_path, env=environment) == "disabled\n"
