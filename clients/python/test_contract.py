"""Whatever is sent, the API answers as its document says, and never with a 5xx: by schemathesis."""

import os
import subprocess

SCHEMATHESIS = os.environ.get("SCHEMATHESIS", "schemathesis")


def run(server, folder, *words):
    done = subprocess.run(
        [
            SCHEMATHESIS, "run", f"{server.endpoint}/openapi.json", *words,
            "--max-examples", "25",
            # The same requests in every run: a red build is about the change, not about luck.
            "--seed", "1", "--generation-database", "none",
            "--continue-on-failure", "--warnings", "off", "--no-color",
        ],  # fmt: skip
        env=server.environment,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-20_000:]


def session(account):
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in account.session.cookies)


def test_contract(server, vendor, tmp_path):
    # As a person: a key would soon be rotated or deleted by the very requests that it is for.
    checks = "not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance"
    run(server, tmp_path, "--header", f"Cookie: {session(vendor)}", "--checks", checks, "--exclude-path", "/auth/logout")
