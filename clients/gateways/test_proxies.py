"""What each proxy lets through, with the files of `deploy/`."""

import concurrent.futures
import datetime
import json
import time

import pytest
from conftest import ALL, INTEGRATIONS, PARTNERS, PROXIES, Answer, Proxy

TOLD = ["x-token-id", "x-token-name", "x-account-id", "x-token-modules", "x-token-external-id", "x-token-extension"]


def received(answer):
    """What the API was asked, with its headers by name in lower case and every value that they had."""
    assert answer.status == 200, answer
    request = json.loads(answer.body)
    headers = {}
    for name, value in request["headers"]:
        headers.setdefault(name.lower(), []).append(value)
    return request["path"], headers


def refused(api, answer, status, code):
    assert answer.status == status, answer
    assert json.loads(answer.body)["error_code"] == code
    assert "application/json" in answer.header("content-type")
    assert not api.seen, api.seen
    return " ".join(json.loads(answer.body)["errors"])


@pytest.fixture(autouse=True)
def nothing_seen_yet(api):
    api.seen.clear()


def test_a_key_with_the_module_passes_and_the_api_learns_whose_it_is(proxy, partner):
    path, headers = received(proxy.send("/agreements/AGP-1?limit=1&a=%2F..%2F", partner["key"]))
    assert path == "/agreements/AGP-1?limit=1&a=%2F..%2F"
    owner = partner["owner"]["id"]
    told = [partner["id"], "A gateway's", owner, PARTNERS, "customer 7", "custom"]
    assert [headers[name] for name in TOLD] == [[value] for value in told]
    assert "authorization" not in headers


def test_methods_and_bodies_pass(proxy, partner, api):
    for method in ["POST", "PUT", "DELETE"]:
        assert proxy.send("/agreements", partner["key"], ("Content-Length", "0"), method=method).status == 200
    assert [request["method"] for request in api.seen] == ["POST", "PUT", "DELETE"]


def test_a_body_of_several_megabytes_passes(proxy, partner, api):
    _, headers = received(proxy.send("/agreements", partner["key"], method="POST", body=b"x" * 5_000_000))
    assert headers["content-length"] == ["5000000"]


def upgrade(proxy, protocol, key, target="/agreements"):
    """Asks for another protocol and says a line in it; what comes back."""
    lines = [f"GET {target} HTTP/1.1", "Host: api.example.com", "Connection: Upgrade", f"Upgrade: {protocol}"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    lines += [f"Authorization: {key}"] if key else []
    with proxy.connect() as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        raw = b""
        while b"\r\n\r\n" not in raw and (part := connection.recv(65536)):
            raw += part
        answer = Answer(raw)
        if answer.status == 101:
            connection.sendall(b"hello\n")
            while not answer.body.endswith(b"hello\n"):
                answer.body += connection.recv(100)
        return answer


def test_a_websocket_passes_with_a_key_and_not_without(proxy, partner, api):
    assert upgrade(proxy, "websocket", partner["key"]).status == 101
    api.seen.clear()
    assert upgrade(proxy, "websocket", None).status == 401
    assert not api.seen


def test_no_other_protocol_passes(proxy, partner, api):
    """With h2c a client could go on with requests that nobody checks."""
    assert upgrade(proxy, "h2c", partner["key"]).status != 101
    assert "h2c" not in [value for request in api.seen for _, value in request["headers"]]


def test_without_a_good_key_nobody_passes(proxy, api, partner):
    for key in [None, "x", "Bearer x", partner["key"][:-1], partner["key"].replace("SU-", "SU-0")]:
        answer = proxy.send("/agreements", key)
        assert refused(api, answer, 401, "AUTH_001") == "API request is unauthorized."
        assert answer.header("www-authenticate") == "ApiKey"


def test_a_missing_module_is_named(proxy, api, partner):
    answer = proxy.send("/requests", partner["key"])
    error = refused(api, answer, 403, "AUTH_003")
    assert partner["id"] in error and "/permissions" in error
    assert "insufficient_scope" in answer.header("www-authenticate")


def test_a_disabled_key_is_refused_at_the_next_request(proxy, api, latchkey):
    token = latchkey.create(PARTNERS)
    assert proxy.send("/agreements", token["key"]).status == 200
    api.seen.clear()
    latchkey.send("POST", f"/auth/tokens/{token['id']}/deactivate")
    refused(api, proxy.send("/agreements", token["key"]), 401, "AUTH_001")


def test_calls_beyond_the_limit_are_told_when_to_come_back(proxy, api, latchkey):
    token = latchkey.create(PARTNERS, calls_per_minute=2)
    first = proxy.send("/agreements", token["key"])
    assert first.status == 200
    # Traefik has no way to tell a client something beside the API's answer.
    if proxy.name != "traefik":
        assert first.header("ratelimit") == '"minute";r=1'
        assert first.header("ratelimit-policy") == '"minute";q=2;w=60'
    assert proxy.send("/agreements", token["key"]).status == 200
    api.seen.clear()
    answer = proxy.send("/agreements", token["key"])
    refused(api, answer, 429, "THR_001")
    assert 0 < int(answer.header("retry-after")) <= 30
    assert answer.header("ratelimit").startswith('"minute";r=0;t=')


def test_a_key_that_ends_soon_is_told_so(proxy, latchkey):
    end = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(days=3)
    token = latchkey.create(PARTNERS, expiration_date=end.isoformat())
    answers = [proxy.send("/requests", token["key"])]
    if proxy.name != "traefik":
        answers.append(proxy.send("/agreements", token["key"]))
    for answer in answers:
        assert answer.header("x-token-expires") == end.isoformat()


@pytest.mark.parametrize("spelling", ["X-Token-Id", "x-token-id", "X_Token_Id", "X-TOKEN-ID"])
def test_nobody_can_say_who_they_are(proxy, partner, spelling):
    lies = [(spelling.replace("Id", what).replace("ID", what.upper()).replace("id", what.lower()), "lie")
            for what in ["Id", "Name", "Modules", "Assertion"]]
    lies += [(spelling.replace("Token", "Account").replace("TOKEN", "ACCOUNT").replace("token", "account"), "lie")]
    _, headers = received(proxy.send("/agreements", partner["key"], *lies, *lies))
    assert [headers[name] for name in TOLD][0] == [partner["id"]]
    assert "lie" not in {value for values in headers.values() for value in values}, headers


@pytest.mark.parametrize("spelling", ["X-{}_Id", "X_{}-Id", "X-{}.Id", "X.{}.Id"])
def test_no_other_spelling_of_a_name_arrives(proxy, partner, spelling):
    """Many an application reads them all as the same name."""
    lies = [(spelling.format(what), "lie") for what in ["Token", "Account"]]
    _, headers = received(proxy.send("/agreements", partner["key"], *lies))
    assert "lie" not in {value for values in headers.values() for value in values}, headers


@pytest.mark.parametrize("name", TOLD)
def test_nobody_can_have_a_name_removed(proxy, partner, name):
    """What Connection names belongs to one hop, and some proxies remove it after they have set it."""
    _, headers = received(proxy.send("/agreements", partner["key"], ("Connection", f"close, {name}")))
    assert headers[name], headers


@pytest.mark.parametrize("name", ["X-Original-URI", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri"])
def test_the_api_hears_of_no_other_path(proxy, partner, name):
    _, headers = received(proxy.send("/agreements", partner["key"], (name, "/lie")))
    assert ["/lie"] not in headers.values(), headers


@pytest.mark.parametrize("name", ["X-Original-URI", "X-Forwarded-Uri", "X-Rewrite-Url"])
def test_nobody_can_say_what_they_ask_for(proxy, api, partner, name):
    lies = [(name, "/agreements"), ("X-Original-Method", "GET"), ("X-Forwarded-Method", "GET")]
    assert proxy.send("/requests", partner["key"], *lies).status in (400, 403)
    assert not api.seen


def test_two_keys_are_none(proxy, api, partner, latchkey):
    other = latchkey.create(ALL)
    answer = proxy.send("/agreements", partner["key"], ("Authorization", other["key"]))
    assert answer.status in (400, 401), answer
    assert not api.seen


def test_nobody_can_say_where_they_are(proxy, api, latchkey):
    here = latchkey.create(PARTNERS, allowed_addresses=["127.0.0.2"])
    assert proxy.send("/agreements", here["key"]).status == 200
    api.seen.clear()
    elsewhere = latchkey.create(PARTNERS, allowed_addresses=["203.0.113.0/24"])
    lies = [("X-Forwarded-For", "203.0.113.9"), ("X-Real-IP", "203.0.113.9"), ("Forwarded", "for=203.0.113.9")]
    for lie in [[], *([lie] for lie in lies), lies]:
        answer = proxy.send("/agreements", elsewhere["key"], *lie)
        error = refused(api, answer, 403, "AUTH_006")
        assert error == "This key may not be used from 127.0.0.2."


def test_a_client_in_the_network_of_the_proxies_does_not_choose_its_address(proxy, latchkey):
    elsewhere = latchkey.create(PARTNERS, allowed_addresses=["203.0.113.0/24"])
    for value in ["203.0.113.5", "203.0.113.5, 127.0.0.1"]:
        said = [("X-Forwarded-For", value), ("X-Real-IP", "203.0.113.5"), ("Forwarded", "for=203.0.113.5")]
        assert proxy.send("/agreements", elsewhere["key"], *said, source="127.0.0.1").status == 403



PATHS = """
/../auth/tokens /agreements/../auth/tokens /agreements/./../auth/tokens /agreements/..;/auth/tokens
/agreements/%2e%2e/auth/tokens /agreements/%2E%2e/auth/tokens /agreements/.%2e/auth/tokens
/agreements%2f..%2fauth%2ftokens /agreements%2F..%2Fauth/tokens /agreements/..%2fauth/tokens
/agreements\\..\\auth\\tokens /agreements%5c..%5cauth%5ctokens /agreements/%5C../auth/tokens
/agreements/%252e%252e/auth/tokens /agreements%252f..%252fauth /%2561uth/tokens /auth%2ftokens /%61uth/tokens
//auth/tokens /agreements//../auth/tokens //agreements/../auth/tokens /agreements/;/../auth/tokens
/agreements;/../auth/tokens /auth;x=1/tokens /auth/tokens;/agreements /agreements%3b/../auth
/agreements%00/../auth/tokens /auth/tokens%00/agreements /agreements%c0%ae%c0%ae/auth /agreements/%c0%af../auth
/agreementsX /Agreements /agreements%20 /agreements. /agreements.json /agreements%0d%0a /agreements%7f
/agreements/%2e%2E/auth/tokens /agreements/%c3%A9 /agreements/%C3%A9/%c3%a9 /auth%c3%A9/../agreements
/agreements#/../auth /auth/tokens?/agreements /auth/tokens#/agreements http://x/auth/tokens /. /..
""".split() + ["/" + "a" * 5000, "/agreements/" + "../" * 40 + "auth/tokens"]


@pytest.mark.parametrize("target", PATHS, ids=lambda target: target[:40])
def test_no_spelling_of_a_path_leads_past_the_module(proxy, api, partner, target):
    """Either nothing arrives, or exactly a path of the module arrives, whatever the API makes of it."""
    answer = proxy.send(target, partner["key"])
    if answer.status == 200:
        path, _ = received(answer)
        path = path.partition("?")[0]
        assert path == "/agreements" or path.startswith("/agreements/"), path
        assert not any(trick in path.lower() for trick in ["..", "%2e", "%2f", "%5c", "\\", ";", "%3b", "//", "%25", "%00"]), path
    else:
        assert 400 <= answer.status < 500 or answer.status in (301, 308), answer
        assert not api.seen, api.seen


def test_an_encoded_letter_is_a_letter(proxy, partner):
    answer = proxy.send("/%61greements", partner["key"])
    assert answer.status == 200


def test_codes_are_of_one_case(proxy, api, partner):
    for target in ["/agreements/caf%C3%A9", "/agreements/caf%c3%a9"]:
        path, _ = received(proxy.send(target, partner["key"]))
        # Traefik makes them all of the upper case, for itself, for Latchkey and for the API.
        assert path == ("/agreements/caf%C3%A9" if proxy.name == "traefik" else target)
    api.seen.clear()
    for target in ["/agreements/caf%c3%A9", "/agreements/%C3%A9/caf%c3%a9"]:
        answer = proxy.send(target, partner["key"])
        if proxy.name == "traefik":
            assert received(answer)[0] == target.replace("%c3", "%C3").replace("%a9", "%A9")
        else:
            assert "mixes upper and lower case" in refused(api, answer, 400, "VAL_001")


def test_without_latchkey_nobody_passes(proxy, api, partner, latchkey):
    latchkey.stop()
    try:
        answer = proxy.send("/agreements", partner["key"])
        assert answer.status >= 500, answer
        assert not api.seen
    finally:
        latchkey.start()
    assert proxy.send("/agreements", partner["key"]).status == 200


def test_a_call_is_remembered_with_its_program_and_address(proxy, latchkey):
    token = latchkey.create(INTEGRATIONS, PARTNERS)
    assert proxy.send("/agreements", token["key"]).status == 200
    for _ in range(50):
        used = latchkey.send("GET", f"/auth/tokens/{token['id']}").json()["last_used"]
        if used:
            break
        time.sleep(0.2)
    assert (used["address"], used["program"]) == ("127.0.0.2", "tests/1")


def test_no_request_is_refused_after_a_pause_longer_than_connections_live(tmp_path, latchkey, api, partner):
    """Each proxy keeps idle connections to Latchkey, which closes them after 130 seconds, just when a burst may begin."""
    proxies = [Proxy(name, tmp_path / name, latchkey, api) for name in PROXIES]
    try:
        for pause in [0, 61, 135]:
            time.sleep(pause)
            with concurrent.futures.ThreadPoolExecutor(32) as pool:
                calls = [(proxy, pool.submit(proxy.send, "/agreements", partner["key"])) for proxy in proxies * 16]
            statuses = [(proxy.name, call.result().status) for proxy, call in calls]
            assert {status for _, status in statuses} == {200}, statuses
    finally:
        for proxy in proxies:
            proxy.stop()
