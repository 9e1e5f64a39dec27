"""An account of either kind, and keys for the clients."""

import pytest
import requests
from connect.client import ConnectClient
from server import Server

ALL = "MD-0000"


class Account:
    """An account as its admin sees it in the console, and clients with keys of it."""

    def __init__(self, server, person):
        self.endpoint = server.endpoint
        self.session = requests.Session()
        self.session.trust_env = False
        self.send("POST", "/auth/login", json=person)

    def send(self, method, path, **how):
        answer = self.session.request(method, self.endpoint + path, **how)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def create(self, *modules, extension="custom", **rest):
        """A new token, with its secret and its handle. No modules: those that the extension fixes."""
        body = {"name": "A client's", "extension": {"name": extension}, **rest}
        if modules:
            body["permissions"] = [{"object": {"id": module}} for module in modules]
        return self.send("POST", "/auth/tokens", json=body).json()

    def key(self, *modules):
        return key_of(self.create(*modules))

    def client(self, *modules):
        return client_of(self.endpoint, self.key(*modules))


def key_of(token, secret="token"):
    return f"ApiKey {token['id']}:{token[secret]}"


def client_of(endpoint, key):
    # Its own three retries of a 5xx would look like a hang.
    return ConnectClient(key, endpoint=endpoint, max_retries=0)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("latchkey"))
    yield server
    server.stop()


@pytest.fixture
def own_server(tmp_path_factory):
    """One that the other tests do not use, for those that change everything that they can reach."""
    server = Server(tmp_path_factory.mktemp("latchkey"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def vendor(server):
    """The account that a first start makes."""
    return Account(server, server.admin)


@pytest.fixture(scope="session")
def provider(server):
    """The example account of the other kind, which starts without users."""
    accounts = dict(line.split("\t", 1) for line in server.command("account", "list").splitlines())
    account = next(id for id in accounts if id.startswith("PA-"))
    person = {"email": "provider@example.com", "password": "correct horse battery staple 43"}
    server.command(
        "user", "add", "--account", account, "--email", person["email"], "--name", "Provider", "--role", "admin",
        LATCHKEY_USER_PASSWORD=person["password"],
    )  # fmt: skip
    return Account(server, person)


@pytest.fixture(scope="session")
def client(vendor):
    """The Python client with a key that opens everything."""
    return vendor.client(ALL)


@pytest.fixture
def new_token(vendor):
    """Makes tokens that are gone after the test: an account may have so many of a kind only."""
    made = []

    def create(*modules, **rest):
        made.append(vendor.create(*modules, **rest))
        return made[-1]

    yield create
    for token in made:
        vendor.session.delete(f"{vendor.endpoint}/auth/tokens/{token['id']}")
