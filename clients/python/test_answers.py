"""How the Python client takes the server's answers, the bad ones too."""

import pytest
import requests
from connect.client import ClientError

from conftest import ALL, client_of, key_of


@pytest.mark.parametrize("path", ["/agreements", "/agreements/", "//agreements", "/agreements?limit=0"])
def test_every_way_to_write_an_address_is_answered_at_once(client, path):
    answer = requests.get(client.endpoint + path, headers={"Authorization": client.api_key}, allow_redirects=False)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Range"].startswith("items 0-")


def test_an_endpoint_that_ends_in_a_slash(client):
    slashed = client_of(f"{client.endpoint}/", client.api_key)
    assert list(slashed.agreements.all()) == list(client.agreements.all())
    assert slashed.response.history == []


def test_the_next_page_is_asked_for_until_the_last(client):
    rows = client.agreements.all().limit(5)
    found = list(rows)
    assert len(found) == rows.count() > 5
    assert rows.content_range.last == len(found) - 1


def refused(client):
    with pytest.raises(ClientError) as error:
        client.agreements.all().first()
    return error.value


def test_401(vendor, new_token):
    token = new_token(ALL)
    keys = [
        f"ApiKey {token['id']}:{'0' * 40}",
        f"ApiKey SU-000-000-000:{token['token']}",
        key_of(token).removeprefix("ApiKey "),
        "ApiKey",
        "",
    ]
    vendor.send("POST", f"/auth/tokens/{token['id']}/deactivate")
    for key in [*keys, key_of(token)]:
        error = refused(client_of(vendor.endpoint, key))
        assert str(error) == "401 Unauthorized: AUTH_001 - API request is unauthorized."


def test_403_names_the_module(vendor, client, new_token):
    modules = {module["name"]: module["id"] for module in client.modules.all()}
    error = refused(client_of(vendor.endpoint, key_of(new_token(modules["Products"]))))
    assert str(error).startswith("403 Forbidden: AUTH_003 - ")
    assert f"Partners ({modules['Partners']})" in str(error)
    assert error.additional_info == {}


def test_404(client):
    for absent in (client.agreements["AGP-000-000-000"], client("no").such["thing"]):
        with pytest.raises(ClientError) as error:
            absent.get()
        assert str(error.value).startswith("404 Not Found: NFND_000 - ")


def test_all_opens_every_collection(client):
    for collection in (client.agreements, client.products, client.assets, client.requests, client("tier").accounts,
                       client("localization").locales, client("localization").translations):  # fmt: skip
        assert collection.all().count() > 0


def test_a_runner_at_its_start(vendor, client, new_token):
    """The log-in check of the runner and of `ccli`, which a key with any module passes."""
    devops = next(module["id"] for module in client.modules.all() if module["name"] == "DevOps")
    answer = requests.get(
        f"{client.endpoint}/accounts?limit=1&offset=0", headers={"Authorization": key_of(new_token(devops))}
    )
    assert answer.status_code == 200
    assert answer.headers["Connect-Version"]
    [account] = answer.json()
    assert account["id"].startswith("VA-") and account["name"]
