"""Catalogues of `deploy/examples/` behind each proxy: hosts, methods, forms of the key, public paths, preflight."""

import base64
import json
import time

import jwt
import pytest
from conftest import PROXIES, ROOT, Latchkey, Proxy
from test_proxies import received, refused, upgrade

ORDERS, READ, EXPORTS = "MD-0101", "MD-0102", "MD-0103"
PAGE = ("Origin", "https://app.example.com")


def started(name, tmp_path_factory):
    latchkey = Latchkey(tmp_path_factory.mktemp(name), ["--catalogue", ROOT / "deploy/examples" / f"{name}.toml"])
    return latchkey


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    latchkey = started("orders", tmp_path_factory)
    yield latchkey
    latchkey.stop()


@pytest.fixture(scope="module")
def two_apis(tmp_path_factory):
    latchkey = started("two-apis", tmp_path_factory)
    yield latchkey
    latchkey.stop()


@pytest.fixture(scope="module", params=PROXIES)
def proxy(request, tmp_path_factory, orders, api):
    proxy = Proxy(request.param, tmp_path_factory.mktemp(request.param), orders, api)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module", params=PROXIES)
def second(request, tmp_path_factory, two_apis, api):
    """A proxy that leaves Authorization to the API."""
    proxy = Proxy(request.param, tmp_path_factory.mktemp(request.param), two_apis, api, keeps_authorization=True)
    yield proxy
    proxy.stop()


@pytest.fixture(autouse=True)
def nothing_seen_yet(api):
    api.seen.clear()


def create(latchkey, *modules, extension="partner", **rest):
    token = latchkey.create(*modules, extension={"name": extension}, **rest)
    token["pair"] = token["key"].removeprefix("ApiKey ")
    return token


def basic(token):
    return f"Basic {base64.b64encode(token['pair'].encode()).decode()}"


def test_every_form_of_the_key_passes_and_does_not_arrive(proxy, orders):
    token = create(orders, ORDERS)
    shown = [("Authorization", f"Bearer {token['pair']}"), ("Authorization", basic(token)), ("X-API-Key", token["pair"])]
    for header in shown:
        path, headers = received(proxy.send("/v2/orders", None, header))
        assert (path, headers["x-token-id"]) == ("/v2/orders", [token["id"]])
        assert token["token"] not in json.dumps(headers), headers
        assert not {"authorization", "x-api-key"} & set(headers)


@pytest.mark.parametrize("spelling", ["X_API_Key", "X-API_Key", "X_API-Key", "X-API.Key", "X.API.Key"])
def test_a_key_in_another_spelling_of_the_header_is_none_and_does_not_arrive(proxy, api, orders, spelling):
    token = create(orders, ORDERS)
    assert proxy.send("/v2/orders", None, (spelling, token["pair"])).status in (400, 401)
    assert not api.seen
    _, headers = received(proxy.send("/v2/orders", f"Bearer {token['pair']}", (spelling, "lie")))
    assert "lie" not in {value for values in headers.values() for value in values}, headers


def test_two_keys_in_two_forms_are_refused(proxy, api, orders):
    token = create(orders, ORDERS)
    answer = proxy.send("/v2/orders", f"Bearer {token['pair']}", ("X-API-Key", token["pair"]))
    refused(api, answer, 401, "AUTH_001")
    assert "Bearer" in answer.header("www-authenticate") and "x-api-key" in answer.header("www-authenticate")


def test_a_rule_with_a_method_opens_no_other(proxy, api, orders):
    reads = ("X-API-Key", create(orders, READ)["pair"])
    for method in ["GET", "HEAD"]:
        assert proxy.send("/v2/orders/7", None, reads, method=method).status == 200
    api.seen.clear()
    for method in ["POST", "PUT", "DELETE"]:
        answer = proxy.send("/v2/orders/7", None, reads, ("Content-Length", "0"), method=method)
        assert "Orders (MD-0101)" in refused(api, answer, 403, "AUTH_003")


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_the_api_hears_of_no_other_method(proxy, orders, name):
    reads = ("X-API-Key", create(orders, READ)["pair"])
    _, headers = received(proxy.send("/v2/orders", None, reads, (name, "DELETE")))
    assert "DELETE" not in {value for values in headers.values() for value in values}, headers


def test_a_public_path_needs_no_key_and_nobody_can_say_who_they_are(proxy, api, orders):
    for target in ["/v2/health", "/v2/docs/a"]:
        path, headers = received(proxy.send(target, None, ("X-Token-Id", "lie"), ("X-Account-Id", "lie")))
        assert path == target
        assert "lie" not in {value for values in headers.values() for value in values}, headers
    api.seen.clear()
    refused(api, proxy.send("/v2/health", None, ("Content-Length", "0"), method="POST"), 401, "AUTH_001")
    assert proxy.send("/v2/docs/../orders", None).status in (400, 401)
    assert not api.seen


def test_the_api_can_tell_what_came_through_the_proxy(proxy, orders):
    token = create(orders, ORDERS, READ, external_id="tenant-7")
    lie = ("X-Token-Assertion", "lie")
    _, headers = received(proxy.send("/v2/orders", None, ("X-API-Key", token["pair"]), lie))
    [assertion] = headers["x-token-assertion"]
    keys = jwt.PyJWKClient(f"http://127.0.0.1:{orders.port}/.well-known/jwks.json")
    key = keys.get_signing_key_from_jwt(assertion).key
    claims = jwt.decode(assertion, key, algorithms=["EdDSA"], audience="orders", issuer="latchkey")
    assert claims["exp"] - claims.pop("iat") == 60 and claims.pop("exp") > time.time()
    assert claims == {
        "iss": "latchkey",
        "sub": token["id"],
        "aud": "orders",
        "account": headers["x-account-id"][0],
        "external_id": "tenant-7",
        "extension": "partner",
        "modules": [ORDERS, READ],
        "host": "api.example.com",
    }
    forged = assertion.rsplit(".", 1)[0] + "." + "A" * 86
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(forged, key, algorithms=["EdDSA"], audience="orders")
    _, headers = received(proxy.send("/v2/health", None, lie))
    assert headers.get("x-token-assertion", [""]) == [""]


class Open(Proxy):
    """A proxy before an API in observe mode."""

    without_key = 200


@pytest.fixture(scope="module")
def observing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("observe")
    text = (ROOT / "deploy/examples/orders.toml").read_text()
    (folder / "observe.toml").write_text(text.replace('name = "orders"\n', 'name = "orders"\nmode = "observe"\n'))
    latchkey = Latchkey(folder / "data", ["--catalogue", folder / "observe.toml"])
    yield latchkey
    latchkey.stop()


@pytest.mark.parametrize("kind", PROXIES)
def test_an_api_in_observe_mode_lets_everything_pass(tmp_path_factory, api, observing, kind):
    token = create(observing, READ)
    proxy = Open(kind, tmp_path_factory.mktemp(kind), observing, api)
    try:
        _, headers = received(proxy.send(f"/v2/orders/{kind}", None, ("X-Token-Id", "lie")))
        assert headers.get("x-token-id", [""]) == [""]
        shown = ("X-API-Key", token["pair"])
        _, headers = received(proxy.send(f"/v2/orders/{kind}", None, shown, ("Content-Length", "0"), method="POST"))
        assert headers["x-token-id"] == [token["id"]]
    finally:
        proxy.stop()
    until = time.time() + 10
    while True:
        rows = observing.send("GET", "/auth/observed?limit=1000").json()
        rows = [row for row in rows if row["path"] == f"/v2/orders/{kind}"]
        told = {(row["reason"], row["method"], row["calls"]) for row in rows}
        if told == {("missing", "GET", 1), ("module", "POST", 1)}:
            break
        assert time.time() < until, rows
        time.sleep(0.2)


def test_a_preflight_passes_and_a_page_can_read_its_refusal(proxy, api):
    asks = ("Access-Control-Request-Method", "POST")
    assert proxy.send("/v2/orders", None, PAGE, asks, method="OPTIONS").status == 200
    api.seen.clear()
    refused(api, proxy.send("/v2/orders", None, asks, method="OPTIONS"), 401, "AUTH_001")
    answer = proxy.send("/v2/orders", None, PAGE)
    refused(api, answer, 401, "AUTH_001")
    assert answer.header("access-control-allow-origin") == PAGE[1]
    assert "WWW-Authenticate" in answer.header("access-control-expose-headers")
    stranger = proxy.send("/v2/orders", None, ("Origin", "https://evil.example"))
    assert stranger.status == 401 and not stranger.header("access-control-allow-origin")


def test_another_host_or_base_path_is_no_api(proxy, api, orders):
    key = f"Bearer {create(orders, ORDERS)['pair']}"
    assert "No API of the catalogue" in refused(api, proxy.send("/v1/orders", key), 404, "NFND_000")
    assert "No API of the catalogue" in refused(api, proxy.send("/v2/orders", key, host="other.example"), 404, "NFND_000")
    lies = [("X-Forwarded-Host", "api.example.com"), ("X-Original-Host", "api.example.com")]
    assert proxy.send("/v2/orders", key, *lies, host="other.example").status in (400, 404)
    assert not api.seen


def test_a_websocket_passes_with_a_bearer_and_not_without(proxy, api, orders):
    key = f"Bearer {create(orders, ORDERS)['pair']}"
    assert upgrade(proxy, "websocket", key, target="/v2/orders").status == 101
    api.seen.clear()
    assert upgrade(proxy, "websocket", None, target="/v2/orders").status == 401
    assert not api.seen


def test_each_host_has_its_api(second, api, two_apis):
    token = create(two_apis, "MD-0201", "MD-0301", extension="custom")
    shop, billing = "shop.example.com", "billing.example.com"
    assert received(second.send("/products", token["key"], host=shop))[1]["x-token-id"] == [token["id"]]
    own = ("X-API-Key", token["pair"])
    assert received(second.send("/api/customers/7/invoices", None, own, host=billing))[0] == "/api/customers/7/invoices"
    assert received(second.send("/api/invoices", None, own, host="billing.internal"))[0] == "/api/invoices"
    api.seen.clear()
    refused(api, second.send("/products", None, own, host=shop), 401, "AUTH_001")
    refused(api, second.send("/api/customers/7", None, own, host=billing), 403, "AUTH_003")
    refused(api, second.send("/products", None, own, host=billing), 404, "NFND_000")


def test_authorization_of_the_api_passes_untouched_unless_it_is_a_key(second, api, two_apis):
    jwt = "Bearer eyJhbGciOiJub25lIn0.e30."
    own = ("X-API-Key", create(two_apis, "MD-0301", extension="custom")["pair"])
    _, headers = received(second.send("/api/invoices", jwt, own, host="billing.example.com"))
    assert headers["authorization"] == [jwt] and "x-api-key" not in headers and headers["x-token-id"][0]
    # A user of the API, who has no key.
    _, headers = received(second.send("/api/invoices", jwt, ("X-Token-Id", "lie"), host="billing.example.com"))
    assert headers["authorization"] == [jwt] and not any(headers.get("x-token-id", []))
    # A key that the API would be given, by mistake, is refused; also beside one where it belongs.
    api.seen.clear()
    for sent in [(own[1],), (f"ApiKey {own[1]}",), (f"Bearer {own[1]}", own)]:
        refused(api, second.send("/api/invoices", *sent, host="billing.example.com"), 401, "AUTH_001")
