"""The release server at work."""

import os
import subprocess
import threading
from pathlib import Path

BINARY = Path(os.environ.get("LATCHKEY_BIN", Path(__file__).parents[2] / "target/release/latchkey")).resolve()


class Server:
    """The release binary with a data folder of its own, on a free port."""

    admin = {"email": "admin@example.com", "password": "correct horse battery staple 42"}

    def __init__(self, folder):
        self.folder = folder
        # A proxy would swallow what goes to this machine.
        self.environment = os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        self.child = subprocess.Popen(
            [BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", folder],
            env=self.environment
            | {"LATCHKEY_ADMIN_EMAIL": self.admin["email"], "LATCHKEY_ADMIN_PASSWORD": self.admin["password"]},
            stdout=subprocess.PIPE,
            text=True,
        )
        greeting = self.child.stdout.readline()
        assert greeting.startswith("Latchkey listens on "), greeting
        self.endpoint = greeting.removeprefix("Latchkey listens on ").strip() + "/public/v1"
        # A full pipe would stop the server.
        threading.Thread(target=self.child.stdout.read, daemon=True).start()

    def command(self, *words, **environment):
        done = subprocess.run(
            [BINARY, *words, "--data-dir", self.folder],
            env=self.environment | environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self):
        self.child.terminate()
        self.child.wait(timeout=20)
