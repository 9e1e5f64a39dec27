"""What the Zapier app sends: a handle for a key, and the key for the account's name."""

import pytest
import requests

from conftest import ALL, key_of


@pytest.fixture
def zapier(vendor):
    token = vendor.create(extension="zapier", name="For Zapier")
    yield token
    vendor.send("DELETE", f"/auth/tokens/{token['id']}")


def exchange(endpoint, partner, handle):
    return requests.post(f"{endpoint}/auth/tokens", json={"handle": handle}, headers={"Authorization": partner})


@pytest.mark.parametrize("partner", ["vendor", "provider"])
def test_a_handle_becomes_a_key(request, vendor, zapier, partner):
    answer = exchange(vendor.endpoint, request.getfixturevalue(partner).key(ALL), zapier["handle"])
    assert answer.ok, answer.text
    assert answer.json()["id"] == zapier["id"]

    key = key_of(answer.json())
    accounts = requests.get(f"{vendor.endpoint}/accounts", headers={"Authorization": key}).json()
    assert accounts[0]["id"].startswith("VA-")
    assert accounts[0]["name"]
    assert accounts[0]["type"] == "vendor"


def test_a_handle_that_is_none(vendor, zapier):
    partner = vendor.key(ALL)
    for handle in ("0" * 40, "", "no handle", zapier["handle"][:-1], zapier["token"]):
        answer = exchange(vendor.endpoint, partner, handle)
        assert answer.status_code == 400, handle
        assert answer.json()["errors"]


def test_a_handle_of_a_disabled_token(vendor, zapier):
    vendor.send("POST", f"/auth/tokens/{zapier['id']}/deactivate")
    assert exchange(vendor.endpoint, vendor.key(ALL), zapier["handle"]).status_code == 400


def test_a_handle_alone_is_not_enough(vendor, zapier):
    assert exchange(vendor.endpoint, "ApiKey SU-000-000-000:0", zapier["handle"]).status_code == 401
