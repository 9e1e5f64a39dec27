"""What `connect-openapi-client` asks of a collection, each held against the whole list."""

import asyncio
import re
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from connect.client import AsyncConnectClient, ClientError, R

from conftest import ALL


def ids(rows):
    return [row["id"] for row in rows]


def day(row):
    return datetime.fromisoformat(row["created"])


def mentions(row, words):
    """Whether a search for the words finds the row."""
    searched = (row["title"], row["owner"]["name"], row["marketplace"]["name"])
    return any(words.lower() in text.lower() for text in searched)


def first_words(row):
    return " ".join(row["title"].split()[:2])


@pytest.fixture(scope="session")
def some(client):
    """All agreements, and two of them to ask for."""
    rows = list(client.agreements.all())
    # Words and spaces alone: the client puts nothing into quotes.
    plain = [row for row in rows if re.fullmatch(r"\w+( \w+){2,}", row["title"])]
    one = plain[len(plain) // 2]
    other = next(row for row in rows if row["type"] != one["type"] and row["owner"] != one["owner"])
    return SimpleNamespace(rows=rows, one=one, other=other)


# The question, and which rows answer it.
FILTERS = {
    "eq": (lambda q, s: q.filter(id=s.one["id"]), lambda row, s: row["id"] == s.one["id"]),
    "eq with spaces": (lambda q, s: q.filter(title=s.one["title"]), lambda row, s: row["title"] == s.one["title"]),
    "eq in quotes": (
        lambda q, s: q.filter(title=f'"{s.one["title"]}"'),
        lambda row, s: row["title"] == s.one["title"],
    ),
    "in": (
        lambda q, s: q.filter(id__in=(s.one["id"], s.other["id"])),
        lambda row, s: row["id"] in (s.one["id"], s.other["id"]),
    ),
    "out": (lambda q, s: q.filter(id__out=[s.one["id"]]), lambda row, s: row["id"] != s.one["id"]),
    "like": (
        lambda q, s: q.filter(title__like=f"*{s.one['title'][2:-2]}*"),
        lambda row, s: s.one["title"][2:-2] in row["title"],
    ),
    "ilike": (
        lambda q, s: q.filter(title__ilike=f"*{s.one['title'][2:].upper()}"),
        lambda row, s: row["title"].lower().endswith(s.one["title"][2:].lower()),
    ),
    "two properties": (
        lambda q, s: q.filter(type=s.one["type"], active=True),
        lambda row, s: row["type"] == s.one["type"] and row["active"],
    ),
    "R and R": (
        lambda q, s: q.filter(R().owner.id.eq(s.other["owner"]["id"]) & R().type.ne(s.one["type"])),
        lambda row, s: row["owner"]["id"] == s.other["owner"]["id"] and row["type"] != s.one["type"],
    ),
    "R or R": (
        lambda q, s: q.filter(R().id.eq(s.one["id"]) | R().type.eq(s.other["type"])),
        lambda row, s: row["id"] == s.one["id"] or row["type"] == s.other["type"],
    ),
    "(R or R) and R": (
        lambda q, s: q.filter((R(type=s.one["type"]) | R(type=s.other["type"])) & R(active=False)),
        lambda row, s: row["type"] in (s.one["type"], s.other["type"]) and not row["active"],
    ),
    "R and not R": (
        lambda q, s: q.filter(R(active=True) & ~R(type=s.one["type"])),
        lambda row, s: row["active"] and row["type"] != s.one["type"],
    ),
    # The client loses a `not` that stands alone.
    "not R, lost": (lambda q, s: q.filter(~R(type=s.one["type"])), lambda row, s: row["type"] == s.one["type"]),
    "dotted": (
        lambda q, s: q.filter(owner__id=s.one["owner"]["id"]),
        lambda row, s: row["owner"]["id"] == s.one["owner"]["id"],
    ),
    "ge, no zone": (
        lambda q, s: q.filter(created__ge=day(s.one).replace(tzinfo=None)),
        lambda row, s: day(row) >= day(s.one),
    ),
    "ge, bare plus": (
        lambda q, s: q.filter(created__ge=day(s.one).astimezone(timezone.utc)),
        lambda row, s: day(row) >= day(s.one),
    ),
    "lt": (lambda q, s: q.filter(created__lt=day(s.one)), lambda row, s: day(row) < day(s.one)),
    "as written": (lambda q, s: q.filter(f"eq(type,{s.one['type']})"), lambda row, s: row["type"] == s.one["type"]),
    "search": (lambda q, s: q.search(first_words(s.one)), lambda row, s: mentions(row, first_words(s.one))),
}


@pytest.mark.parametrize(("ask", "keep"), FILTERS.values(), ids=FILTERS)
def test_filter(client, some, ask, keep):
    expected = [row["id"] for row in some.rows if keep(row, some)]
    assert 0 < len(expected) < len(some.rows), "nothing to tell apart"
    asked = ask(client.agreements.all(), some)
    assert ids(asked) == expected
    assert ask(client.agreements.all(), some).count() == len(expected)


NOBODY = "AGP-999-999-999"

# The question, and its answer out of all rows.
PAGES = {
    "all": (lambda q, s: ids(q), lambda s: ids(s.rows)),
    "count": (lambda q, s: q.count(), lambda s: len(s.rows)),
    "none": (lambda q, s: ids(q.filter(id=NOBODY)), lambda s: []),
    "count of none": (lambda q, s: q.filter(id=NOBODY).count(), lambda s: 0),
    "pages": (lambda q, s: ids(q.limit(len(s.rows) // 3 - 1)), lambda s: ids(s.rows)),
    "the last page is full": (lambda q, s: ids(q.limit(1).filter(id=s.one["id"])), lambda s: [s.one["id"]]),
    "slice": (lambda q, s: ids(q[1:3]), lambda s: ids(s.rows[1:3])),
    "slice over pages": (lambda q, s: ids(q.limit(2)[1:6]), lambda s: ids(s.rows[1:6])),
    "one by number": (lambda q, s: q[2], lambda s: s.rows[2]),
    "beyond the end": (lambda q, s: q[len(s.rows) + 99], lambda s: None),
    "first": (lambda q, s: q.first(), lambda s: s.rows[0]),
    "first of some": (lambda q, s: q.filter(id=s.other["id"]).first(), lambda s: s.other),
    "first of none": (lambda q, s: q.filter(id=NOBODY).first(), lambda s: None),
    "order": (
        lambda q, s: ids(q.order_by("type", "-created")),
        lambda s: ids(sorted(sorted(s.rows, key=day, reverse=True), key=lambda row: row["type"])),
    ),
    "select, filter and order": (
        lambda q, s: ids(q.select("-stats").filter(type=s.one["type"]).order_by("-created")),
        lambda s: ids(sorted((row for row in s.rows if row["type"] == s.one["type"]), key=day, reverse=True)),
    ),
    "values": (
        lambda q, s: list(q.values_list("id", "owner.name")),
        lambda s: [{"id": row["id"], "owner.name": row["owner"]["name"]} for row in s.rows],
    ),
}


@pytest.mark.parametrize(("ask", "answer"), PAGES.values(), ids=PAGES)
def test_page(client, some, ask, answer):
    assert ask(client.agreements.all(), some) == answer(some)


def test_what_select_leaves_out(client, some):
    row = client.agreements.filter(id=some.one["id"]).select("-stats").first()
    assert row == {name: value for name, value in some.one.items() if name != "stats"}


# The client escapes nothing, and `#` cuts the query off: a fault must never become the whole list.
@pytest.mark.parametrize("title", ["a,b", "a&b", "a#b", "50%"])
def test_a_broken_query_is_refused(client, title):
    with pytest.raises(ClientError) as refused:
        list(client.agreements.filter(title=title))
    assert (refused.value.status_code, refused.value.error_code) == (400, "VAL_001")
    assert "Bad filter query" in str(refused.value)


@pytest.mark.parametrize(
    "ask",
    [
        lambda q: q.filter(colour="red"),
        lambda q: q.filter("range(created,1,2)"),
        lambda q: q.filter("like(title,**)"),
        lambda q: q.order_by("title").order_by("colour"),
        lambda q: q.filter("ordering(created)").order_by("updated"),
        lambda q: q.filter(created__ge="yesterday"),
    ],
    ids=["undeclared", "no operator of RQL", "two stars", "undeclared order", "two orders", "no date"],
)
def test_a_query_that_cannot_be_answered_is_refused(client, ask):
    with pytest.raises(ClientError) as refused:
        list(ask(client.agreements.all()))
    assert (refused.value.status_code, refused.value.error_code) == (400, "VAL_001")


@pytest.mark.parametrize("null", [True, False])
def test_null(client, null):
    rows = list(client.products.all())
    expected = [row["id"] for row in rows if (row.get("version") is None) == null]
    assert 0 < len(expected) < len(rows)
    assert ids(client.products.filter(version__null=null)) == expected


@pytest.mark.parametrize("empty", [True, False])
def test_empty(client, new_token, empty):
    new_token(ALL, external_id="one")
    tokens = client("auth").tokens
    expected = [row["id"] for row in tokens.all() if (row["external_id"] == "") == empty]
    assert ids(tokens.filter(external_id__empty=empty)) == expected


@pytest.mark.parametrize("name", ["ü+1", "two words", "a*b", "10:30@noon", "'a&b'", '"50%"', '"a,b"'])
def test_text_that_needs_escaping(client, new_token, name):
    token = new_token(ALL, name=name.strip("'\""))
    assert ids(client("auth").tokens.filter(name=name)) == [token["id"]]


def test_one_object(client, some):
    assert client.agreements[some.one["id"]].get() == some.one
    assert client.agreements[some.one["id"]].exists()
    assert not client.agreements[NOBODY].exists()


@pytest.mark.parametrize(
    "write",
    [
        lambda agreements, id: agreements.create({"title": "Mine"}),
        lambda agreements, id: agreements[id].update({"title": "Mine"}),
        lambda agreements, id: agreements[id].delete(),
    ],
    ids=["create", "update", "delete"],
)
def test_examples_are_not_written(client, some, write):
    with pytest.raises(ClientError) as refused:
        write(client.agreements, some.one["id"])
    assert refused.value.status_code == 405
    assert str(refused.value).startswith("405 Method Not Allowed: ")


@pytest.mark.parametrize("path", ["products", "assets", "requests", "tier/accounts", "localization/locales",
                                  "localization/translations"])  # fmt: skip
def test_every_collection_has_rows(client, path):
    *spaces, name = path.split("/")
    collection = (client(*spaces) if spaces else client).collection(name)
    rows = list(collection.all())
    assert rows
    assert collection.all().count() == len(rows)
    assert collection[rows[-1]["id"]].get() == rows[-1]
    assert ids(collection.filter(id=rows[-1]["id"])) == [rows[-1]["id"]]


def test_a_dash_in_a_name(client):
    with pytest.raises(ClientError) as refused:
        client.listing_requests.all().first()
    assert client.response.url.split("?")[0].endswith("/public/v1/listing-requests")
    assert refused.value.status_code == 404


def test_the_async_client(client, some):
    async def ask():
        agreements = AsyncConnectClient(client.api_key, endpoint=client.endpoint, max_retries=0).agreements
        found = agreements.filter(type=some.one["type"]).limit(2)
        return (
            [row["id"] async for row in found],
            await agreements.all().count(),
            await agreements[some.one["id"]].get(),
        )

    expected = [row["id"] for row in some.rows if row["type"] == some.one["type"]]
    assert asyncio.run(ask()) == (expected, len(some.rows), some.one)
