"""Whatever is sent, the API answers as its document says, and never with a 5xx: by schemathesis."""

import json
import os
import subprocess
from pathlib import Path

from conftest import ALL, Account, client_of, key_of
from narrow import narrowed

SCHEMATHESIS = os.environ.get("SCHEMATHESIS", "schemathesis")
DOCUMENTS = {"document": "/openapi.json", "modules": "/modules", "extensions": "/extensions"}
HOOKS = Path(__file__).with_name("contract_hooks.py")


def run(server, folder, account, *words, **environment):
    """Runs schemathesis with the served document, narrowed: see `narrow.py`."""
    read = {name: account.send("GET", path).json() for name, path in DOCUMENTS.items()}
    document = folder / "openapi.json"
    document.write_text(json.dumps(narrowed(**read)))
    done = subprocess.run(
        [
            SCHEMATHESIS, "run", str(document), "--url", server.endpoint, *words,
            "--max-examples", "25",
            # The same requests in every run: a red build is about the change, not about luck.
            "--seed", "1", "--generation-database", "none",
            "--continue-on-failure", "--warnings", "off", "--no-color",
        ],  # fmt: skip
        env=server.environment | {"SCHEMATHESIS_HOOKS": str(HOOKS)} | environment,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-20_000:]


def session(account):
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in account.session.cookies)


def test_as_a_person(own_server, tmp_path):
    account = Account(own_server, own_server.admin)
    # A person's session is not in the document as a key is: the checks that take credentials away do not know it.
    checks = "not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance"
    words = ["--header", f"Cookie: {session(account)}", "--checks", checks, "--exclude-path", "/auth/logout"]
    # A stream of events does not end.
    words += ["--exclude-path", "/auth/events/live"]
    spared = [account.send("GET", "/auth/context").json()["user"]["id"]]
    spared += [session["id"] for session in account.send("GET", "/auth/sessions").json()]
    run(own_server, tmp_path, account, *words, CONTRACT_SPARED=" ".join(spared))


def test_with_a_key(own_server, tmp_path):
    account = Account(own_server, own_server.admin)
    token, zapier = account.create(ALL), account.create(extension="zapier")
    client = client_of(account.endpoint, key_of(token))
    environment = {
        "CONTRACT_SPARED": f"{token['id']} {zapier['id']}",
        "CONTRACT_HANDLE": zapier["handle"],
    }
    # Not the stateful phase, which takes any text of an answer for a valid filter; it runs as a person, above.
    words = ["--checks", "all", "--phases", "examples,coverage,fuzzing"]
    # It would end the key of this run.
    words += ["--exclude-path", "/auth/tokens/self/rotate"]
    run(own_server, tmp_path, account, "--header", f"Authorization: {key_of(token)}", *words, **environment)
    assert client("auth").tokens[token["id"]].get()["status"] == "active", "its own key was spared"
