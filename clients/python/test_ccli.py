"""`ccli`, judged by what it prints: it ends with 0 after most failures."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from conftest import ALL, client_of

CCLI = Path(sys.executable).with_name("ccli")
ID = re.compile(r"^│ ([A-Z]+-[\d-]+) ", re.MULTILINE)


class Ccli:
    """The program with a configuration of its own."""

    def __init__(self, folder, endpoint):
        self.folder = folder
        self.endpoint = endpoint

    def __call__(self, *words, typed="", code=0):
        done = subprocess.run(
            [CCLI, "-c", self.folder, *words],
            # As wide as its widest table, so that no word is cut.
            env=os.environ | {"HOME": str(self.folder), "COLUMNS": "240", "PYTHONUTF8": "1"},
            cwd=self.folder,
            input=typed,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def add(self, key, endpoint=None):
        return self("account", "add", key, "--endpoint", endpoint or self.endpoint)

    @property
    def accounts(self):
        file = self.folder / "config.json"
        return json.loads(file.read_text())["accounts"] if file.exists() else []


@pytest.fixture
def ccli(tmp_path, server):
    return Ccli(tmp_path, server.endpoint)


@pytest.fixture(scope="module", params=["vendor", "provider"])
def account(request, tmp_path_factory, server):
    """`ccli` with an account of either kind, and the Python client with the same key."""
    key = request.getfixturevalue(request.param).key(ALL)
    ccli = Ccli(tmp_path_factory.mktemp(request.param), server.endpoint)
    ccli.add(key)
    return ccli, client_of(server.endpoint, key)


def ids(rows):
    return [row["id"] for row in rows]


def listed(printed):
    """The first column of a table."""
    return ID.findall(printed)


def in_sight(product, active):
    """What `product list` shows: a vendor its own, a provider what is offered to it."""
    visibility = product["visibility"]
    if active.startswith("VA-"):
        return visibility["owner"] and product["version"] is None
    return visibility["listing"] or visibility["syndication"]


def test_accounts(ccli, vendor, provider):
    keys = [vendor.key(ALL), provider.key(ALL)]
    known = [client_of(ccli.endpoint, key).accounts.all().first() for key in keys]
    for key, account in zip(keys, known):
        assert f"New account added: {account['id']} - {account['name']}" in ccli.add(key)
    assert ccli.accounts == [
        {"api_key": key, "endpoint": ccli.endpoint, "id": account["id"], "name": account["name"]}
        for key, account in zip(keys, known)
    ]

    def active():
        printed = ccli("account", "list")
        assert listed(printed) == ids(known)
        return [line.split()[1] for line in printed.splitlines() if "✓" in line]

    assert active() == [known[0]["id"]]
    assert f"Current active account is: {known[1]['id']}" in ccli("account", "activate", known[1]["id"])
    assert active() == [known[1]["id"]]
    assert f"Account removed: {known[1]['id']}" in ccli("account", "remove", known[1]["id"])


def test_an_account_with_a_key_that_is_wrong(ccli):
    printed = ccli.add(f"ApiKey SU-000-000-000:{'0' * 40}")
    assert printed.strip() == "Unauthorized: the provided api key is invalid."
    assert ccli.accounts == []


def test_an_account_with_a_key_of_one_module(ccli, client, vendor):
    devops = next(module["id"] for module in client.modules.all() if module["name"] == "DevOps")
    assert "New account added: VA-" in ccli.add(vendor.key(devops))


def test_an_account_at_an_endpoint_that_is_wrong(ccli, vendor):
    printed = ccli.add(vendor.key(ALL), f"{ccli.endpoint}/nothing")
    assert "Unexpected error: 404 Not Found: NFND_000 - " in printed
    assert ccli.accounts == []


def test_an_account_at_an_endpoint_that_ends_in_a_slash(ccli, vendor):
    assert "New account added: VA-" in ccli.add(vendor.key(ALL), f"{ccli.endpoint}/")
    assert listed(ccli("-y", "product", "list"))


def test_products(account):
    ccli, client = account
    products = list(client.products.all())
    expected = [row for row in products if in_sight(row, ccli.accounts[0]["id"])]
    assert 0 < len(expected) < len(products)

    printed = ccli("-y", "product", "list")
    assert f"Current active account: {ccli.accounts[0]['id']} - {ccli.accounts[0]['name']}" in printed
    assert listed(printed) == ids(expected)
    assert all(row["name"] in printed for row in expected)


def test_products_by_query(account):
    ccli, client = account
    products = list(client.products.all())
    word = products[0]["name"].split()[0]
    expected = [row["id"] for row in products if word in row["name"]]
    assert 0 < len(expected) < len(products)
    assert listed(ccli("-y", "product", "list", "-q", f"like(name,*{word}*)")) == expected


def test_products_page_by_page(account):
    ccli, client = account
    expected = ids(row for row in client.products.all() if in_sight(row, ccli.accounts[0]["id"]))
    assert len(expected) > 2
    printed = ccli("-p", "2", "product", "list", typed="c\n" * len(expected))
    assert printed.count("Press 'c' to continue") == (len(expected) - 1) // 2
    assert listed(printed) == expected


def test_products_without_the_module(ccli, client, vendor):
    modules = {module["name"]: module["id"] for module in client.modules.all()}
    ccli.add(vendor.key(modules["Partners"]))
    last = ccli("product", "list", code=1).strip().splitlines()[-1]
    assert last.startswith("connect.client.exceptions.ClientError: 403 Forbidden: AUTH_003 - ")
    assert f"Products ({modules['Products']})" in last


def test_products_with_a_disabled_key(ccli, vendor):
    token = vendor.create(ALL)
    ccli.add(f"ApiKey {token['id']}:{token['token']}")
    vendor.send("POST", f"/auth/tokens/{token['id']}/deactivate")
    last = ccli("product", "list", code=1).strip().splitlines()[-1]
    assert last.endswith("401 Unauthorized: AUTH_001 - API request is unauthorized.")


def test_locales(account):
    ccli, client = account
    locales = list(client("localization").locales.all())
    printed = ccli("-y", "locale", "list")
    lines = [line for line in printed.splitlines() if any(f" {row['name']} " in line for row in locales)]
    assert len(lines) == len(locales)
    for line, row in zip(lines, locales):
        assert row["id"] in line and row["name"] in line
        assert ("✓" in line) == row["auto_translation"]
        assert f" {row['stats']['translations'] or '-'} " in line


def test_translations(account):
    ccli, client = account
    translations = list(client("localization").translations.all())
    printed = ccli("-y", "translation", "list")
    assert listed(printed) == ids(translations)
    lines = [line for line in printed.splitlines() if ID.search(line)]
    for line, row in zip(lines, translations):
        for text in (row["context"]["instance_id"], row["context"]["type"], row["context"]["name"],
                     row["locale"]["name"], row["auto"]["status"], row["status"]):  # fmt: skip
            assert text in line
        own = row["owner"]["id"] == ccli.accounts[0]["id"]
        assert line.count("✓") == row["primary"] + own


def test_customers(account, tmp_path):
    ccli, client = account
    customers = list(client("tier").accounts.all())
    printed = ccli("customer", "export", "-p", tmp_path)
    assert "have been successfully exported to" in printed
    [file] = tmp_path.glob("**/*.xlsx")
    sheet = load_workbook(file)["Customers"]
    exported = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in exported] == ids(customers)
    assert [row[9] for row in exported] == [row["name"] for row in customers]


def test_customers_without_the_module(ccli, client, vendor, tmp_path):
    partners = next(module["id"] for module in client.modules.all() if module["name"] == "Partners")
    ccli.add(vendor.key(partners))
    printed = ccli("customer", "export", "-p", tmp_path)
    assert "403 - Forbidden: please check your credentials." in printed
