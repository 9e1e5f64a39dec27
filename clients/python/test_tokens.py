"""Token management, as scripts do it with the Python client."""

from datetime import datetime, timedelta, timezone

import pytest
from connect.client import ClientError

from conftest import ALL, client_of, key_of

SOON = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=2)
LATER = SOON + timedelta(days=200)


def moment(text):
    return datetime.fromisoformat(text)


def ids(rows):
    return [row["id"] for row in rows]


@pytest.fixture
def tokens(client):
    return client("auth").tokens


@pytest.fixture(scope="module")
def partners(client):
    return next(module["id"] for module in client.modules.all() if module["name"] == "Partners")


def opens(client, key):
    """Whether a key opens the agreements: no when it is refused as a key."""
    try:
        return client_of(client.endpoint, key).agreements.all().count() > 0
    except ClientError as error:
        assert error.status_code == 401, str(error)
        return False


def test_create(client, tokens, vendor):
    made = tokens.create(
        payload={
            "name": "From a script",
            "external_id": "script-1",
            "description": "Made by the Python client",
            "extension": {"name": "custom"},
            "permissions": [{"object": {"id": ALL}}],
            "expiration_date": LATER.isoformat(),
        }
    )
    assert client.response.status_code == 201
    assert opens(client, key_of(made))

    kept = tokens[made["id"]].get()
    assert kept["name"] == "From a script"
    assert kept["external_id"] == "script-1"
    assert kept["description"] == "Made by the Python client"
    assert kept["extension"]["name"] == "custom"
    assert kept["status"] == "active"
    assert moment(kept["expiration_date"]) == LATER
    assert kept["owner"]["id"] == client.accounts.all().first()["id"]
    # Made by the key's own token, as its user.
    assert kept["events"]["created"]["by"]["id"] in client.api_key
    assert not kept.get("token") and not kept.get("handle")

    assert tokens[made["id"]].delete() is None
    assert client.response.status_code == 204
    assert not opens(client, key_of(made))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"extension": {"name": "custom"}}, "name"),
        ({"name": "No extension"}, "extension"),
        ({"name": "Unknown", "extension": {"name": "fax"}}, "extension"),
        ({"name": "n" * 129, "extension": {"name": "custom"}}, "name"),
    ],
)
def test_what_cannot_be_created(tokens, body, field):
    with pytest.raises(ClientError) as refused:
        tokens.create(payload=body)
    assert (refused.value.status_code, refused.value.error_code) == (400, "VAL_001")
    assert field in str(refused.value)


def test_an_extension_is_named_by_its_id_too(client, tokens):
    extension = next(row for row in client.extensions.all() if row["name"] == "reports")
    made = tokens.create(
        payload={"name": "Reports", "extension": {"id": extension["id"]}, "permissions": [{"object": {"id": ALL}}]}
    )
    assert tokens[made["id"]].get()["extension"]["name"] == "reports"
    tokens[made["id"]].delete()


def test_update(tokens, new_token):
    id = new_token(ALL, description="Before")["id"]
    changed = tokens[id].update(payload={"name": "After", "external_id": "x-1", "description": None})
    assert (changed["name"], changed["external_id"], changed["description"]) == ("After", "x-1", None)
    assert tokens[id].get() == changed


def test_deactivate_and_activate(client, tokens, new_token):
    token = new_token(ALL)
    assert opens(client, key_of(token))
    assert tokens[token["id"]]("deactivate").post()["status"] == "inactive"
    assert not opens(client, key_of(token))
    assert tokens[token["id"]]("activate").post()["status"] == "active"
    assert opens(client, key_of(token))


def test_renew_keeps_the_old_secret(client, tokens, new_token):
    token = new_token(ALL, expiration_date=SOON.isoformat())
    renewed = tokens[token["id"]]("renew").post(payload={"expiration_date": LATER.isoformat()})
    assert client.response.status_code == 200
    assert renewed["status"] == "revitalised"
    assert moment(renewed["expiration_date"]) == LATER
    assert moment(renewed["renewed_expiration_date"]) == LATER
    assert moment(renewed["previous_expiration_date"]) == SOON
    assert renewed["renewed_token"] != token["token"]
    assert opens(client, key_of(renewed, "renewed_token"))
    assert opens(client, key_of(token))


def test_renew_without_a_body(client, tokens, new_token):
    token = new_token(ALL)
    renewed = tokens[token["id"]]("renew").post()
    assert renewed["renewed_expiration_date"] is None
    assert opens(client, key_of(renewed, "renewed_token"))
    assert opens(client, key_of(token))


def test_rotate_ends_the_old_secret(client, tokens, new_token):
    token = new_token(ALL)
    rotated = tokens[token["id"]]("rotate").post()
    assert client.response.status_code == 200
    assert rotated["token"] != token["token"]
    assert rotated["status"] == "active"
    assert opens(client, key_of(rotated))
    assert not opens(client, key_of(token))


def test_rotate_with_an_expiration(client, tokens, new_token):
    token = new_token(ALL)
    rotated = tokens[token["id"]]("rotate").post(payload={"expiration_date": LATER.isoformat()})
    assert moment(rotated["expiration_date"]) == LATER
    assert not opens(client, key_of(token))


def test_rotate_with_an_overlap(client, tokens, new_token):
    token = new_token(ALL)
    rotated = tokens[token["id"]]("rotate").post(payload={"overlap": 3600})
    assert opens(client, key_of(rotated))
    assert opens(client, key_of(token))


def test_a_key_rotates_itself(client, new_token):
    token = new_token(ALL)
    own = client_of(client.endpoint, key_of(token))
    rotated = own("auth").tokens[token["id"]]("rotate").post()
    assert opens(client, key_of(rotated))
    assert not opens(client, key_of(token))


def test_permissions_act_at_once(client, tokens, new_token, partners):
    token = new_token(partners)
    own = client_of(client.endpoint, key_of(token))
    permissions = tokens[token["id"]].permissions
    other = next(module["id"] for module in client.modules.all() if module["name"] == "Products")

    def granted():
        return {permission["object"]["id"] for permission in permissions.all()}

    assert own.agreements.all().count() > 0
    assert granted() == {partners}
    assert permissions.all().count() == 1

    permissions.create(payload={"object": {"id": other}})
    assert client.response.status_code == 201
    assert granted() == {partners, other}

    assert permissions.bulk_delete([{"object": {"id": partners}}]) is None
    assert granted() == {other}
    with pytest.raises(ClientError) as refused:
        own.agreements.all().count()
    assert refused.value.status_code == 403

    permissions.bulk_create([{"object": {"id": partners}}])
    assert own.agreements.all().count() > 0
    # By the permissions' own ids, too.
    permissions.bulk_delete([{"id": permission["id"]} for permission in permissions.all()])
    assert granted() == set()


def test_delete_is_final(client, tokens, new_token):
    token = new_token(ALL)
    assert tokens[token["id"]].delete() is None
    assert not opens(client, key_of(token))
    assert token["id"] not in ids(tokens.all())
    assert token["id"] in ids(tokens.filter(status="deleted"))
    with pytest.raises(ClientError) as refused:
        tokens[token["id"]]("activate").post()
    assert refused.value.status_code in (404, 409)


def test_a_key_without_integrations_manages_nothing(client, new_token, partners):
    own = client_of(client.endpoint, key_of(new_token(partners)))
    with pytest.raises(ClientError) as refused:
        own("auth").tokens.all().count()
    assert str(refused.value).startswith("403 Forbidden: AUTH_003 - ")
    assert "Integrations (MD-0007)" in str(refused.value)


@pytest.fixture(scope="module")
def various(vendor, client, partners):
    """Tokens that differ in all that tokens are filtered by; the last is the one to ask for."""
    made = [
        vendor.create(ALL, name="Alpha one", external_id="a-1", expiration_date=SOON.isoformat()),
        vendor.create(partners, extension="reports", name="Beta two", external_id="b-2"),
        vendor.create(extension="zapier", name="Gamma three"),
    ]
    # By a key, where the others are a person's.
    body = {
        "name": "Delta four",
        "external_id": "d-4",
        "extension": {"name": "reports"},
        "permissions": [{"object": {"id": partners}}],
        "expiration_date": LATER.isoformat(),
    }
    made.append(client("auth").tokens.create(payload=body))
    client("auth").tokens[made[1]["id"]]("deactivate").post()
    yield made[-1]["id"]
    for token in made:
        vendor.send("DELETE", f"/auth/tokens/{token['id']}")


def value(row, path):
    for name in path.split("."):
        row = row and row.get(name)
    return row


@pytest.mark.parametrize("path", ["id", "name", "external_id", "status", "extension.id", "extension.name",
                                  "expiration_date", "events.created.at", "events.created.by.id",
                                  "events.created.by.name"])  # fmt: skip
def test_filter(tokens, various, path):
    rows = list(tokens.all())
    wanted = value(tokens[various].get(), path)
    for operator, keep in (("eq", lambda row: value(row, path) == wanted), ("ne", lambda row: value(row, path) != wanted)):
        expected = [row["id"] for row in rows if keep(row)]
        assert expected
        assert ids(tokens.filter(f'{operator}({path},"{wanted}")')) == expected


@pytest.mark.parametrize("status", ["active", "inactive", "expiring", "expired", "revitalised", "pending"])
def test_filter_by_status(tokens, various, status):
    assert ids(tokens.filter(status=status)) == [row["id"] for row in tokens.all() if row["status"] == status]


@pytest.mark.parametrize("path", ["expiration_date", "events.created.at"])
@pytest.mark.parametrize("operator", ["ge", "gt", "le", "lt"])
def test_filter_by_time(tokens, various, path, operator):
    wanted = moment(value(tokens[various].get(), path))
    keep = {"ge": "__ge__", "gt": "__gt__", "le": "__le__", "lt": "__lt__"}[operator]
    dated = [row for row in tokens.all() if value(row, path)]
    expected = [row["id"] for row in dated if getattr(moment(value(row, path)), keep)(wanted)]
    assert ids(tokens.filter(**{f"{path.replace('.', '__')}__{operator}": wanted})) == expected


def test_filter_by_null(tokens, various):
    rows = list(tokens.all())
    for null in (True, False):
        for name in ("external_id", "expiration_date"):
            expected = [row["id"] for row in rows if (row[name] is None) == null]
            assert 0 < len(expected) < len(rows)
            assert ids(tokens.filter(**{f"{name}__null": null})) == expected


def test_filter_by_permission(tokens, various):
    permission = tokens[various].get()["permissions"][0]

    def holders(keep):
        return [row["id"] for row in tokens.all() if any(map(keep, row["permissions"]))]

    of_module = holders(lambda held: held["object"]["id"] == permission["object"]["id"])
    assert 1 < len(of_module) < tokens.all().count()
    assert ids(tokens.filter(permissions__object__id=permission["object"]["id"])) == of_module
    by_id = holders(lambda held: held["id"] == permission["id"])
    assert by_id == [various]
    assert ids(tokens.filter(permissions__id=permission["id"])) == by_id


@pytest.mark.parametrize("path", ["id", "name", "status", "extension.id", "events.created.at", "expiration_date"])
def test_order(tokens, various, path):
    # Where nothing stands in the order is the database's business.
    asked = tokens.filter(**{f"{path.replace('.', '__')}__null": False})
    rows = list(asked)
    for sign, reverse in (("", False), ("-", True)):
        found = [value(row, path) for row in asked.order_by(f"{sign}{path}")]
        assert found == sorted((value(row, path) for row in rows), reverse=reverse)
        # Page by page it is the same order: ties are broken always alike.
        assert ids(asked.order_by(f"{sign}{path}").limit(2)) == ids(asked.order_by(f"{sign}{path}"))


def test_order_by_two(tokens, various):
    rows = sorted(sorted(tokens.all(), key=lambda row: row["name"], reverse=True), key=lambda row: row["status"])
    names = [(row["status"], row["name"]) for row in rows]
    assert [(row["status"], row["name"]) for row in tokens.all().order_by("status", "-name")] == names


def test_search(tokens, various):
    assert ids(tokens.all().search("delta fou")) == [various]
    assert ids(tokens.all().search("d-4")) == [various]
