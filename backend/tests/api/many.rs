//! Lists of an account with thousands of tokens, on both databases: other plans and kept counts, the same answers.

use std::{cmp::Ordering, collections::BTreeSet};

use axum::http::{Method, StatusCode};
use latchkey::catalogue::Catalogue;
use latchkey_shared::{Timestamp, TokenId};
use rstest::rstest;
use sea_orm::{
    ConnectionTrait as _, DatabaseBackend, DatabaseConnection, IsolationLevel, Statement, TransactionTrait as _,
};
use serde_json::{Value, json};

use crate::harness::{
    ALL, CUSTOM, Client, Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite, ZAPIER, new_token,
};

/// Above what the store still has SQLite sort, also of those that have an end.
const ROWS: i64 = 14_000;
const DAY: i64 = 86_400;

/// A token as it is put into the database, by hand: to create so many by the API takes minutes.
#[derive(Debug, Clone)]
struct Row {
    number: i64,
    id: String,
    name: String,
    extension_id: &'static str,
    state: &'static str,
    ends: Option<i64>,
    has_previous: bool,
    created: i64,
    creator: &'static str,
    modules: &'static [&'static str],
}

fn row(number: i64, now: i64) -> Row {
    Row {
        number,
        id: format!("SU-{:03}-{:03}-{:03}", number / 15, number % 15 * 66, number % 1000),
        // Up to four share theirs.
        name: format!("N{:05} of {}", number * 7919 % ROWS / 4 * 4, ["Billing", "stock"][usize::from(number % 3 == 0)]),
        extension_id: if number % 4 == 0 { ZAPIER } else { CUSTOM },
        state: match number {
            number if number % 50 == 1 => "deleted",
            number if number % 10 == 0 => "inactive",
            _ => "active",
        },
        ends: (number % 5 != 0).then_some(now + (number % 60 - 5) * DAY),
        has_previous: number % 100 == 7,
        created: now - number * 31 % 5000 * 700,
        creator: if number % 11 == 0 { "Ben" } else { "Ada" },
        modules: match number {
            number if number % 300 == 4 => &["MD-0003"],
            number if number % 7 == 0 => &["MD-0001", "MD-0002"],
            _ => &["MD-0002"],
        },
    }
}

impl Row {
    fn status(&self, now: i64) -> &'static str {
        match (self.state, self.ends) {
            ("deleted", _) => "deleted",
            (_, Some(ends)) if ends <= now => "expired",
            ("inactive", _) => "inactive",
            _ if self.has_previous => "revitalised",
            (_, Some(ends)) if ends <= now + 14 * DAY => "expiring",
            _ => "active",
        }
    }

    fn extension_name(&self) -> &'static str {
        ["Zeta", "custom", "x"][usize::try_from(self.number % 3).unwrap()]
    }

    fn description(&self) -> Option<String> {
        (self.number % 13 == 0).then(|| format!("Part of day {}", self.number % 30))
    }

    fn words(&self) -> String {
        let description = self.description().unwrap_or_default();
        format!("{}\n{}\next-{}\n{description}", self.name, self.id, self.number % 700).to_lowercase()
    }

    fn values(&self, database: Database, account_id: &str) -> String {
        let bytes = |hex: &str| match database {
            Sqlite => format!("X'{hex}'"),
            Postgres => format!("decode('{hex}', 'hex')"),
        };
        let Self { number, id, name, extension_id, state, created, creator, .. } = self;
        let ends = self.ends.map_or("NULL".to_owned(), |ends| ends.to_string());
        let description = self.description().map_or("NULL".to_owned(), |text| format!("'{text}'"));
        let previous = if self.has_previous { bytes("01") } else { "NULL".to_owned() };
        let extension_name = self.extension_name();
        let (digest, handle, words) = (bytes("00"), bytes(&format!("{number:016x}")), self.words());
        format!(
            "('{id}', '{account_id}', '{name}', 'ext-{}', {description}, '{extension_id}', '{extension_name}', '{state}', {ends}, {digest}, {previous}, \
             {handle}, 1, 1, '{words}', 1, {created}, 'UR-{creator}', '{creator}', {created}, 'UR-1', 'A')",
            number % 700,
        )
    }
}

async fn fill(server: &Server, database: Database) -> Vec<Row> {
    let now = server.clock.now().unix();
    let account = server.app.store.first_account().await.unwrap().unwrap();
    let rows: Vec<Row> = (0..ROWS).map(|number| row(number, now)).collect();
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    for part in rows.chunks(500) {
        let values: Vec<String> = part.iter().map(|row| row.values(database, &account.id)).collect();
        let insert = format!(
            "INSERT INTO tokens (id, account_id, name, external_id, description, extension_id, extension_name, state, \
             expires_at, digest, previous_digest, handle_digest, key_version, secret_version, search, revision, created_at, \
             created_by_id, created_by_name, updated_at, updated_by_id, updated_by_name) VALUES {}",
            values.join(", ")
        );
        connection.execute_unprepared(&insert).await.unwrap();
        let permissions: Vec<String> = part
            .iter()
            .flat_map(|row| row.modules.iter().map(|module| format!("('{}', '{module}')", row.id)))
            .collect();
        let insert = format!("INSERT INTO token_permissions (token_id, module_id) VALUES {}", permissions.join(", "));
        connection.execute_unprepared(&insert).await.unwrap();
    }
    connection.close().await.unwrap();
    rows
}

/// The ids of a page, and how many rows all pages have.
async fn page(client: &Client<'_>, query: &str) -> (Vec<String>, usize) {
    let answer = client.get(&format!("/auth/tokens?{query}")).await;
    let total = answer.header("content-range").rsplit('/').next().unwrap().parse().unwrap_or_default();
    let rows = answer.expect(StatusCode::OK);
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    (rows.as_array().unwrap().iter().map(id).collect(), total)
}

/// Pages of a list, wherever they begin, are those of `sorted`.
async fn expect_pages(client: &Client<'_>, asked: &str, sorted: &[&Row], limit: usize, offsets: &[usize]) {
    for offset in offsets {
        let query = format!("{asked}&limit={limit}&offset={offset}");
        let expected: Vec<String> = sorted.iter().skip(*offset).take(limit).map(|row| row.id.clone()).collect();
        assert_eq!(page(client, &query).await, (expected, sorted.len()), "{query}");
    }
}

/// Null before every value, as the API has it.
fn by(key: &str, now: i64, a: &Row, b: &Row) -> Ordering {
    match key {
        "name" => a.name.cmp(&b.name),
        "created" => a.created.cmp(&b.created),
        "expiration_date" => a.ends.cmp(&b.ends),
        "extension.id" => a.extension_id.cmp(b.extension_id),
        "extension.name" => a.extension_name().cmp(b.extension_name()),
        "status" => a.status(now).cmp(b.status(now)),
        _ => a.id.cmp(&b.id),
    }
}

/// Rows by some keys, with a minus in front from the last to the first, as a list shall have them.
fn in_order<'a>(rows: impl Iterator<Item = &'a Row>, keys: &str, now: i64) -> Vec<&'a Row> {
    let turned = |key: &str, order: Ordering| if key.starts_with('-') { order.reverse() } else { order };
    let last = keys.rsplit(',').next().unwrap();
    let mut sorted: Vec<&Row> = rows.collect();
    sorted.sort_by(|a, b| {
        let orders = keys.split(',').map(|key| turned(key, by(key.trim_start_matches('-'), now, a, b)));
        orders.fold(Ordering::Equal, Ordering::then).then_with(|| turned(last, a.id.cmp(&b.id)))
    });
    sorted
}

#[rstest]
#[tokio::test]
async fn totals_and_pages_are_those_of_plain_evaluation(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let rows = fill(&server, database).await;
    let now = server.clock.now().unix();
    let alive = |row: &&Row| row.state != "deleted";
    type Wanted<'a> = Box<dyn Fn(&&Row) -> bool + 'a>;
    let mut filters: Vec<(String, Wanted<'_>)> = vec![
        (String::new(), Box::new(alive)),
        (format!("eq(extension.id,{ZAPIER})"), Box::new(move |row| alive(row) && row.extension_id == ZAPIER)),
        ("in(status,(active,deleted))".into(), Box::new(move |row| ["active", "deleted"].contains(&row.status(now)))),
        ("ne(status,inactive)".into(), Box::new(move |row| alive(row) && row.status(now) != "inactive")),
        (
            format!("ne(status,expired)&in(extension.id,({ZAPIER},{CUSTOM}))"),
            Box::new(move |row| alive(row) && row.status(now) != "expired"),
        ),
        ("not(eq(status,active))".into(), Box::new(move |row| alive(row) && row.status(now) != "active")),
        ("search=billing".into(), Box::new(move |row| alive(row) && row.words().contains("billing"))),
        ("search=EXT-69".into(), Box::new(move |row| alive(row) && row.words().contains("ext-69"))),
        ("search=99".into(), Box::new(move |row| alive(row) && row.words().contains("99"))),
        ("search=bI".into(), Box::new(move |row| alive(row) && row.words().contains("bi"))),
        // What all have.
        ("search=s".into(), Box::new(alive)),
        ("search=SU-".into(), Box::new(alive)),
        ("search=n".into(), Box::new(alive)),
        ("search=u&eq(status,inactive)".into(), Box::new(move |row| row.status(now) == "inactive")),
        ("search=7".into(), Box::new(move |row| alive(row) && row.words().contains('7'))),
        (
            "search=69&eq(status,active)".into(),
            Box::new(move |row| row.status(now) == "active" && row.words().contains("69")),
        ),
        ("like(name,*0%20of%20Bill*)".into(), Box::new(move |row| alive(row) && row.name.contains("0 of Bill"))),
        ("ilike(name,*2%20OF%20st*)".into(), Box::new(move |row| alive(row) && row.name.contains("2 of st"))),
        (
            "like(external_id,ext-6*)".into(),
            Box::new(move |row| alive(row) && format!("ext-{}", row.number % 700).starts_with("ext-6")),
        ),
        ("like(name,*99*)".into(), Box::new(move |row| alive(row) && row.name.contains("99"))),
        // What more have than are sorted.
        ("like(name,*%20of%20*)".into(), Box::new(alive)),
        ("like(id,*-33*)".into(), Box::new(move |row| alive(row) && row.id.contains("-33"))),
        (
            "like(name,*8%20of%20stock)&in(status,(active,deleted))".into(),
            Box::new(move |row| ["active", "deleted"].contains(&row.status(now)) && row.name.ends_with("8 of stock")),
        ),
        (
            "ilike(external_id,*EXT-69*)&eq(permissions.object.id,MD-0001)".into(),
            Box::new(move |row| alive(row) && row.modules.contains(&"MD-0001") && row.words().contains("ext-69")),
        ),
        (
            "like(description,*of%20d*)".into(),
            Box::new(move |row| alive(row) && row.description().is_some_and(|text| text.contains("of d"))),
        ),
        (
            "eq(description,Part%20of%20day%203)".into(),
            Box::new(move |row| alive(row) && row.description().is_some_and(|text| text == "Part of day 3")),
        ),
        (
            "search=billing&eq(status,inactive)".into(),
            Box::new(move |row| row.status(now) == "inactive" && row.words().contains("billing")),
        ),
        (
            "search=ext-1&eq(status,deleted)".into(),
            Box::new(move |row| row.status(now) == "deleted" && row.words().contains("ext-1")),
        ),
    ];
    for module in ["MD-0001", "MD-0002", "MD-0003"] {
        filters.push((
            format!("eq(permissions.object.id,{module})"),
            Box::new(move |row| alive(row) && row.modules.contains(&module)),
        ));
        filters.push((
            format!("eq(permissions.object.id,{module})&in(status,(active,expired))"),
            Box::new(move |row| ["active", "expired"].contains(&row.status(now)) && row.modules.contains(&module)),
        ));
    }
    for creator in ["Ada", "Ben"] {
        filters.push((
            format!("eq(events.created.by.name,{creator})&ne(status,inactive)"),
            Box::new(move |row| alive(row) && row.status(now) != "inactive" && row.creator == creator),
        ));
        filters.push((
            format!("eq(status,active)&eq(events.created.by.id,UR-{creator})"),
            Box::new(move |row| row.status(now) == "active" && row.creator == creator),
        ));
    }
    for words in ["billing", "bi", "st"] {
        filters.push((
            format!("search={words}&eq(extension.id,{ZAPIER})"),
            Box::new(move |row| alive(row) && row.extension_id == ZAPIER && row.words().contains(words)),
        ));
        for status in ["active", "inactive", "expiring", "expired", "revitalised"] {
            filters.push((
                format!("search={words}&eq(status,{status})"),
                Box::new(move |row| row.status(now) == status && row.words().contains(words)),
            ));
            filters.push((
                format!("search={words}&eq(status,{status})&eq(extension.id,{CUSTOM})"),
                Box::new(move |row| {
                    row.status(now) == status && row.extension_id == CUSTOM && row.words().contains(words)
                }),
            ));
        }
    }
    filters.push((
        "search=billing&eq(permissions.object.id,MD-0001)".into(),
        Box::new(move |row| alive(row) && row.modules.contains(&"MD-0001") && row.words().contains("billing")),
    ));
    for (from, to) in [(-30 * DAY, -9 * DAY), (-20 * DAY + 5000, -20 * DAY + 90_000), (-15 * DAY - 7, 3 * DAY)] {
        let (from, to) = (now + from, now + to);
        let moment = |unix| Timestamp::from_unix(unix).to_string().replace("+00:00", "Z");
        filters.push((
            format!("gt(created,{})&le(created,{})", moment(from), moment(to)),
            Box::new(move |row| alive(row) && row.created > from && row.created <= to),
        ));
        filters.push((format!("ge(created,{})", moment(from)), Box::new(move |row| alive(row) && row.created >= from)));
        filters.push((format!("lt(created,{})", moment(to)), Box::new(move |row| alive(row) && row.created < to)));
        // Ends lie on the other side of now.
        let (after, by) = (2 * now - to, 2 * now - from);
        filters.push((
            format!("gt(expiration_date,{})&le(expiration_date,{})", moment(after), moment(by)),
            Box::new(move |row| alive(row) && row.ends.is_some_and(|ends| ends > after && ends <= by)),
        ));
        filters.push((
            format!("lt(expiration_date,{})", moment(by)),
            Box::new(move |row| alive(row) && row.ends.is_some_and(|ends| ends < by)),
        ));
    }
    for status in ["active", "inactive", "expiring", "expired", "revitalised", "deleted"] {
        filters.push((format!("eq(status,{status})"), Box::new(move |row| row.status(now) == status)));
        filters.push((
            format!("eq(status,{status})&eq(extension.id,{CUSTOM})"),
            Box::new(move |row| row.status(now) == status && row.extension_id == CUSTOM),
        ));
    }
    let orders = [
        "name",
        "-name",
        "created",
        "-created",
        "expiration_date",
        "-expiration_date",
        "-status",
        "status",
        "id",
        "-id",
        "extension.id",
    ];
    for (number, (filter, wanted)) in filters.iter().enumerate() {
        let found: Vec<&Row> = rows.iter().filter(wanted).collect();
        assert!(found.len() > 5, "{filter} finds {}", found.len());
        // Before a total can be remembered.
        assert_eq!(page(&admin, &format!("{filter}&limit=0")).await, (vec![], found.len()), "{filter}");
        // All orders in turn, five with each filter: with all of them, it takes minutes.
        for key in orders.into_iter().cycle().skip(number * 5).take(5) {
            let sorted = in_order(found.iter().copied(), key, now);
            let offsets = [0, found.len() / 2, found.len() - 3];
            expect_pages(&admin, &format!("{filter}&ordering({key})"), &sorted, 7, &offsets).await;
        }
        let behind = format!("{filter}&limit=7&offset={}", found.len() + 3);
        assert_eq!(page(&admin, &behind).await, (vec![], found.len()), "{behind}");
    }
}

/// From page to page, in both directions and across pages, as nobody jumps: the pages are those of the whole list, also after
/// a change that the words know nothing of.
#[rstest]
#[tokio::test]
async fn reading_on_gives_the_pages_of_the_whole_list(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let mut rows = fill(&server, database).await;
    let now = server.clock.now().unix();
    type Wanted<'a> = &'a dyn Fn(&&Row) -> bool;
    let pages = async |rows: &[Row], now: i64, offsets: &[usize]| {
        let alive = |row: &&Row| row.state != "deleted";
        let lists: [(&str, Wanted<'_>); 4] = [
            ("", &alive),
            ("eq(status,active)", &|row| row.status(now) == "active"),
            ("search=billing", &|row| alive(row) && row.words().contains("billing")),
            ("eq(permissions.object.id,MD-0002)", &|row| alive(row) && row.modules.contains(&"MD-0002")),
        ];
        for (filter, wanted) in lists {
            for key in ["name", "-created", "extension.id", "-expiration_date", "status"] {
                let sorted = in_order(rows.iter().filter(wanted), key, now);
                expect_pages(&admin, &format!("{filter}&ordering({key})"), &sorted, 50, offsets).await;
            }
        }
    };
    pages(&rows, now, &[1500, 1550, 1600, 1575, 1500, 1450, 3000, 3050, 1550]).await;
    // Beyond the middle of the list, hands in the database, and a token that is no longer what it was.
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    for number in [100, 5102, 9003] {
        let id = rows[number].id.clone();
        let refuse = format!("DELETE FROM token_permissions WHERE token_id = '{id}'");
        connection.execute_unprepared(&refuse).await.unwrap();
        rows[number].modules = &[];
        pages(&rows, now, &[1550]).await;
        let (created, ends) = (rows[number].created + 40 * DAY, now + 300 * DAY);
        let alter = format!("UPDATE tokens SET created_at = {created}, expires_at = {ends} WHERE id = '{id}'");
        connection.execute_unprepared(&alter).await.unwrap();
        (rows[number].created, rows[number].ends) = (created, Some(ends));
        pages(&rows, now, &[1550]).await;
    }
    // Nothing changes but the clock, which makes something else of some of the first in some order.
    for (number, ends) in [(4, now + 10), (1200, now + 14 * DAY + 10), (2402, now + 14 * DAY + 20)] {
        let alter = format!("UPDATE tokens SET expires_at = {ends} WHERE id = '{}'", rows[number].id);
        connection.execute_unprepared(&alter).await.unwrap();
        rows[number].ends = Some(ends);
    }
    for seconds in [0, 5, 10, 15, 20] {
        server.clock.advance(seconds);
        let now = server.clock.now().unix();
        pages(&rows, now, &[1500, 1550, 1600]).await;
    }
    let now = server.clock.now().unix();
    connection.close().await.unwrap();
    pages(&rows, now, &[5000, 5050, 5100, 5049, 7000, 6950]).await;
}

/// To and fro, far from every page that was read before, while milestones are left on the ways and behind them; then after a
/// change by hand, and after the clock has made something else of a token.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn jumping_gives_the_pages_of_the_whole_list(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let mut rows = fill(&server, database).await;
    let now = server.clock.now().unix();
    let early = now - 4900 * 700;
    let since = format!("gt(created,{})", Timestamp::from_unix(early));
    let since_and_not_expired = format!("{since}&ne(status,expired)");
    type Wanted<'a> = &'a dyn Fn(&&Row, i64) -> bool;
    let alive = |row: &&Row| row.state != "deleted";
    let lists: [(&str, Wanted<'_>); 5] = [
        ("", &|row, _| alive(row)),
        ("ne(status,inactive)", &|row, now| alive(row) && row.status(now) != "inactive"),
        ("like(name,*of*)", &|row, _| alive(row)),
        (&since, &|row, _| alive(row) && row.created > early),
        (&since_and_not_expired, &|row, now| alive(row) && row.created > early && row.status(now) != "expired"),
    ];
    let jump = async |rows: &[Row], now: i64, offsets: &[usize]| {
        for (filter, wanted) in lists {
            for key in [
                "name",
                "-name",
                "created",
                "-created",
                "-extension.id",
                "expiration_date",
                "-expiration_date",
                "name,-created",
                "-created,name,-id",
                "-expiration_date,name",
            ] {
                let sorted = in_order(rows.iter().filter(|row| wanted(row, now)), key, now);
                expect_pages(&admin, &format!("{filter}&ordering({key})"), &sorted, 20, offsets).await;
            }
        }
    };
    jump(&rows, now, &[3000, 7500, 1000, 9990, 5555, 2345, 2600, 11_759, 8000]).await;
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    let (id, name) = (rows[6000].id.clone(), "A first of all".to_owned());
    connection.execute_unprepared(&format!("UPDATE tokens SET name = '{name}' WHERE id = '{id}'")).await.unwrap();
    rows[6000].name = name;
    jump(&rows, now, &[5555, 4321]).await;
    assert_eq!(rows[6032].status(now), "active");
    let (id, ends) = (rows[6032].id.clone(), now + 10);
    connection.execute_unprepared(&format!("UPDATE tokens SET expires_at = {ends} WHERE id = '{id}'")).await.unwrap();
    rows[6032].ends = Some(ends);
    connection.close().await.unwrap();
    for seconds in [0, 9, 1, 100, 700] {
        server.clock.advance(seconds);
        jump(&rows, server.clock.now().unix(), &[5555, 4321]).await;
    }
}

/// What is read as several lists is one to whoever reads it, also across their ends.
#[rstest]
#[tokio::test]
async fn several_keys_order_a_list(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let rows = fill(&server, database).await;
    let now = server.clock.now().unix();
    let alive = |row: &&Row| row.state != "deleted";
    let custom = format!("eq(extension.id,{CUSTOM})");
    let since = format!("gt(created,{})", Timestamp::from_unix(now - 4900 * 700));
    type Wanted<'a> = &'a dyn Fn(&&Row) -> bool;
    let lists: [(&str, Wanted<'_>); 7] = [
        ("", &alive),
        ("ne(status,active)", &|row| alive(row) && row.status(now) != "active"),
        ("in(status,(active,deleted,inactive))", &|row| ["active", "deleted", "inactive"].contains(&row.status(now))),
        (&custom, &|row| alive(row) && row.extension_id == CUSTOM),
        (&since, &|row| alive(row) && row.created > now - 4900 * 700),
        ("search=of", &alive),
        ("search=billing", &|row| alive(row) && row.words().contains("billing")),
    ];
    for (filter, wanted) in lists {
        for keys in [
            "extension.id,-created",
            "-extension.id,name",
            "extension.name,-extension.id,-name",
            "status,-name",
            "-status,extension.id,created",
            "-created,-name",
            "expiration_date,name",
            "-expiration_date,created,-name",
            "name,-created",
            "-name,id",
            "created,id",
            "id,-name",
            "status,-status",
            "extension.id,extension.id,name",
        ] {
            let sorted = in_order(rows.iter().filter(wanted), keys, now);
            let first = sorted.iter().position(|row| row.extension_id != sorted[0].extension_id).unwrap_or(1234);
            assert_eq!(page(&admin, &format!("{filter}&ordering({keys})&limit=0")).await, (vec![], sorted.len()));
            let end = sorted.len();
            let offsets = [0, first.saturating_sub(5), end / 2, end - 3, end, end + 3];
            expect_pages(&admin, &format!("{filter}&ordering({keys})"), &sorted, 10, &offsets).await;
        }
    }
}

/// So many that they are a list of their own, among others that share theirs with a few.
#[rstest]
#[tokio::test]
async fn many_share_a_name(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let mut rows = fill(&server, database).await;
    let now = server.clock.now().unix();
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    let name = "N06001 of many";
    for part in rows.chunks_mut(100) {
        let rename = |row: &mut Row| {
            row.name = name.to_owned();
            format!("'{}'", row.id)
        };
        let ids: Vec<String> = part.iter_mut().filter(|row| row.number % 8 != 0).map(rename).collect();
        let update = format!("UPDATE tokens SET name = '{name}' WHERE id IN ({})", ids.join(", "));
        connection.execute_unprepared(&update).await.unwrap();
    }
    connection.close().await.unwrap();
    let alive = |row: &&Row| row.state != "deleted";
    type Wanted<'a> = &'a dyn Fn(&&Row) -> bool;
    let lists: [(&str, Wanted<'_>); 3] = [
        ("", &alive),
        ("like(name,*of*)", &alive),
        // Few enough to be sorted.
        ("ne(status,active)", &|row| alive(row) && row.status(now) != "active"),
    ];
    for (filter, wanted) in lists {
        // What is known of the order by name is no help for the others where all are sorted.
        for keys in
            ["name", "-name", "name,-created", "-name,extension.id,created", "name,-id", "-name,expiration_date"]
        {
            let sorted = in_order(rows.iter().filter(wanted), keys, now);
            let first = sorted.iter().position(|row| row.name == name).unwrap();
            let last = sorted.iter().rposition(|row| row.name == name).unwrap();
            let offsets =
                [0, first - 9, first - 3, first, first + 1, (first + last) / 2, last - 3, last, last + 1, last + 500];
            expect_pages(&admin, &format!("{filter}&ordering({keys})"), &sorted, 10, &offsets).await;
        }
    }
}

/// So many that they are not found out before each page.
#[rstest]
#[tokio::test]
async fn many_tokens_have_two_secrets(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let mut rows = fill(&server, database).await;
    let now = server.clock.now().unix();
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    let renew = "UPDATE tokens SET previous_digest = digest WHERE external_id LIKE '%2' OR external_id LIKE '%6'";
    connection.execute_unprepared(renew).await.unwrap();
    connection.close().await.unwrap();
    for row in rows.iter_mut().filter(|row| [2, 6].contains(&(row.number % 10))) {
        row.has_previous = true;
    }
    for statuses in [&["revitalised", "active", "expiring"][..], &["active", "inactive"], &["revitalised"]] {
        let sorted = |key| in_order(rows.iter().filter(|row| statuses.contains(&row.status(now))), key, now);
        let filter = format!("in(status,({}))", statuses.join(","));
        for key in ["name", "-created", "name,-created"] {
            let sorted = sorted(key);
            let end = sorted.len();
            let offsets = [0, 300, 1500, end / 2, end - 300, end - 3];
            expect_pages(&admin, &format!("{filter}&ordering({key})"), &sorted, 10, &offsets).await;
        }
        let since = now - 4000 * 700;
        let young = format!("{filter}&gt(created,{})&limit=0", Timestamp::from_unix(since));
        let wanted = sorted("name").iter().filter(|row| row.created > since).count();
        assert_eq!(page(&admin, &young).await, (vec![], wanted), "{young}");
    }
}

#[rstest]
#[tokio::test]
async fn counts_and_words_follow_every_change(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let stranger = server.stranger().await;
    stranger.post("/auth/tokens", new_token("Wanderer", &[])).await.expect(StatusCode::CREATED);
    let token =
        admin.post("/auth/tokens", new_token("Say \"hi\" 100%_x", &[PARTNERS])).await.expect(StatusCode::CREATED);
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let totals = async || {
        let mut totals = Vec::new();
        for query in ["", "eq(status,active)", "eq(status,inactive)", "eq(status,deleted)"] {
            totals.push(page(&admin, query).await.1);
        }
        totals
    };
    let found = async |words: &str| page(&admin, &format!("search={words}")).await.1;
    assert_eq!(totals().await, [1, 1, 0, 0]);
    for (words, expected) in [
        ("y%20%22hi%22", 1),
        ("SAY%20%22", 1),
        ("i%22", 1),
        ("%22", 1),
        ("%25", 1),
        ("_", 1),
        ("*", 0),
        ("100%25", 1),
        ("0%25_x", 1),
        ("0__x", 0),
        ("wanderer", 0),
        ("say%20%22hi%22%20OR%20x", 0),
        ("say*", 0),
    ] {
        assert_eq!(found(words).await, expected, "{words}");
    }
    let permission = token["permissions"][0]["id"].as_str().unwrap();
    assert!(permission.starts_with("TP-"), "{permission}");
    for (id, expected) in [(permission, 1), ("TP-000-000-000-0002", 0), ("TP-", 0), ("TP-1", 0), ("SU", 0)] {
        assert_eq!(page(&admin, &format!("eq(permissions.id,{id})")).await.1, expected, "{id}");
        assert_eq!(page(&admin, &format!("eq(permissions.id,{id})&eq(status,inactive)")).await.1, 0, "{id}");
        assert_eq!(page(&admin, &format!("ne(permissions.id,{id})")).await.1, 1 - expected, "{id}");
    }
    assert_eq!(page(&admin, &format!("eq(permissions.id,{}9)", &permission[..18])).await.1, 0);
    admin.act(&format!("{path}/deactivate")).await.expect(StatusCode::OK);
    assert_eq!(totals().await, [1, 0, 1, 0]);
    admin.json(Method::PUT, &path, json!({ "name": "Überweisung" })).await.expect(StatusCode::OK);
    assert_eq!((found("y%20%22hi").await, found("%C3%BCBERW").await), (0, 1));
    assert_eq!((found("hi").await, found("%22").await), (0, 0));
    assert_eq!((found("%C3%9CB").await, found("%C3%BC").await), (1, 1));
    admin.send(Method::DELETE, &path, axum::body::Body::empty()).await;
    assert_eq!(totals().await, [0, 0, 0, 1]);
    for words in ["%C3%BCberw", "%C3%BCb", "%C3%BC"] {
        assert_eq!(found(words).await, 0, "{words}");
    }
    for words in ["%C3%BCberw", "%C3%BC"] {
        assert_eq!(page(&admin, &format!("search={words}&eq(status,deleted)")).await.1, 1, "{words}");
    }
    assert_eq!(page(&stranger, "search=wanderer").await.1, 1);
}

#[rstest]
#[tokio::test]
async fn the_total_of_a_common_word_follows_every_change(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let rows = fill(&server, database).await;
    let common = rows.iter().filter(|row| row.state != "deleted").count();
    let found = async || page(&admin, "search=%20OF%20&limit=1").await.1;
    assert_eq!((found().await, found().await), (common, common));
    // What is remembered of a pattern does not outlive a change either.
    let like = async || {
        let pattern = "ilike(name,*among%20u*)";
        let with_status = page(&admin, &format!("{pattern}&eq(status,active)")).await.1;
        assert_eq!(page(&admin, &format!("{pattern}&limit=0")).await.1, with_status);
        assert_eq!(page(&admin, &format!("{pattern}&offset=5")).await, (Vec::new(), with_status));
        page(&admin, pattern).await.1
    };
    assert_eq!((like().await, like().await), (0, 0));
    let token = admin.post("/auth/tokens", new_token("One of us", &[])).await.expect(StatusCode::CREATED);
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    assert_eq!((found().await, found().await), (common + 1, common + 1));
    admin.json(Method::PUT, &path, json!({ "name": "None among us" })).await.expect(StatusCode::OK);
    assert_eq!((found().await, like().await, like().await), (common, 1, 1));
    admin.json(Method::PUT, &path, json!({ "description": "part of it" })).await.expect(StatusCode::OK);
    assert_eq!(found().await, common + 1);
    admin.send(Method::DELETE, &path, axum::body::Body::empty()).await;
    assert_eq!((found().await, found().await, like().await), (common, common, 0));
    // A hand in the database.
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    let gone = rows.iter().find(|row| row.state == "active").unwrap();
    connection.execute_unprepared(&format!("DELETE FROM tokens WHERE id = '{}'", gone.id)).await.unwrap();
    connection.close().await.unwrap();
    assert_eq!(found().await, common - 1);
}

/// However many keys are asked for at once, and in how many statements.
#[rstest]
#[tokio::test]
async fn tokens_are_read_for_checks_by_their_ids(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let rows = fill(&server, database).await;
    for wanted in [0, 1, 8, 9, 33, 257] {
        let ids = || rows.iter().rev().take(wanted).map(|row| row.id.as_str());
        let tokens: Vec<TokenId> = ids().chain(["SU-999-999-999"]).map(|id| id.parse().unwrap()).collect();
        let read = server.app.store.tokens_for_check(&tokens).await.unwrap();
        let (read, wanted): (BTreeSet<_>, BTreeSet<_>) =
            (read.iter().map(|row| row.id.as_str()).collect(), ids().collect());
        assert_eq!(read, wanted);
    }
}

/// What searches have counted, and what a hand may have put there.
const WORD_TOTALS: &str = "SELECT account_id, extension_id, words, COALESCE(total, -1), COALESCE(inactive, -1) \
    FROM token_word_totals";

const COUNTED_WORDS: &str = "SELECT account_id, extension_id, words, \
        CASE WHEN total IS NULL THEN -1 ELSE (SELECT COUNT(*) FROM tokens WHERE search LIKE '%' || words || '%' \
            AND token_word_totals.extension_id IN ('', tokens.extension_id) AND state <> 'deleted' \
            AND tokens.account_id = token_word_totals.account_id) END, \
        CASE WHEN inactive IS NULL THEN -1 ELSE (SELECT COUNT(*) FROM tokens WHERE search LIKE '%' || words || '%' \
            AND token_word_totals.extension_id IN ('', tokens.extension_id) AND state = 'inactive' \
            AND tokens.account_id = token_word_totals.account_id) END \
    FROM token_word_totals";

/// Rows of either query that the other does not have.
async fn differing(connection: &DatabaseConnection, kept: &str, counted: &str) -> i64 {
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM ({kept} EXCEPT {counted}) AS more) \
         + (SELECT COUNT(*) FROM ({counted} EXCEPT {kept}) AS less)"
    );
    number(connection, &sql).await
}

async fn number(connection: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    connection.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// Common words are counted for the first time while tokens change: what is kept is right, and does not grow without end.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn totals_of_words_are_kept_while_tokens_change(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let rows = fill(&server, database).await;
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    let others = format!(
        "WITH RECURSIVE numbers AS (SELECT 1 AS number UNION ALL SELECT number + 1 FROM numbers WHERE number < 150) \
         INSERT INTO token_word_totals SELECT '{}', '', 'nothing like ' || number, 0, 0, number FROM numbers",
        server.app.store.first_account().await.unwrap().unwrap().id
    );
    connection.execute_unprepared(&others).await.unwrap();
    let change = async |number: usize| {
        let alive: Vec<_> = rows.iter().filter(|row| row.state == "active").skip(number * 20).take(10).collect();
        for row in alive {
            let path = format!("/auth/tokens/{}", row.id);
            admin.act(&format!("{path}/deactivate")).await.expect(StatusCode::OK);
            admin.json(Method::PUT, &path, json!({ "name": "Nothing" })).await.expect(StatusCode::OK);
        }
    };
    let search = async |words: &str| {
        for filter in ["", "&eq(status,active)", &format!("&eq(extension.id,{CUSTOM})")] {
            for _ in 0..4 {
                page(&admin, &format!("search={words}{filter}&limit=1")).await;
            }
        }
    };
    let changes = futures_util::future::join_all((0..4).map(change));
    futures_util::future::join(changes, futures_util::future::join_all(["%20of", "of%20", "of", "f"].map(search)))
        .await;
    // And now nothing disturbs.
    search("%20of%20").await;
    assert_eq!(differing(&connection, WORD_TOTALS, COUNTED_WORDS).await, 0);
    // Of all, and of the extension that so many have.
    let kept = "SELECT COUNT(*) FROM token_word_totals WHERE words = ' of ' AND total > 10000";
    assert_eq!(number(&connection, kept).await, 2);
    let of_all = "SELECT COUNT(*) FROM token_word_totals WHERE extension_id = ''";
    assert!(number(&connection, of_all).await <= 100);
    // An extension that nobody has is not worth a row.
    search("billing&eq(extension.id,EXT-999-999)").await;
    assert_eq!(number(&connection, "SELECT COUNT(*) FROM token_word_totals WHERE extension_id LIKE '%999%'").await, 0);
    if matches!(database, Postgres) {
        // A transaction that does not see what is kept must not change tokens without it.
        let hand = connection.begin_with_config(Some(IsolationLevel::RepeatableRead), None).await.unwrap();
        hand.execute_unprepared("SELECT count(*) FROM tokens").await.unwrap();
        search("su-").await;
        search("%20of").await;
        search("ext-").await;
        let taken_away = "UPDATE tokens SET state = 'deleted' WHERE state = 'inactive'";
        if hand.execute_unprepared(taken_away).await.is_ok() {
            hand.commit().await.unwrap();
        }
        assert_eq!(differing(&connection, WORD_TOTALS, COUNTED_WORDS).await, 0);
    }
    connection.close().await.unwrap();
}

/// What many names have is counted before anybody searches for it, and stays right.
#[rstest]
#[tokio::test]
async fn common_words_are_counted_ahead(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let rows = fill(&server, database).await;
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    // From now on one extension has more than a few, but not all.
    let few: Vec<_> = rows.iter().filter(|row| row.extension_id == ZAPIER && row.number % 3 > 0).collect();
    for part in few.chunks(500) {
        let ids: Vec<_> = part.iter().map(|row| format!("'{}'", row.id)).collect();
        let change = format!("UPDATE tokens SET extension_id = '{CUSTOM}' WHERE id IN ({})", ids.join(", "));
        connection.execute_unprepared(&change).await.unwrap();
    }
    server.app.store.count_common_words().await.unwrap();
    let counted = "SELECT COUNT(*) FROM token_word_totals WHERE total > 10000 AND inactive > 0";
    for extension in ["", CUSTOM] {
        let words = format!("{counted} AND extension_id = '{extension}' AND words IN ('of', 'ex', 'ext')");
        assert_eq!(number(&connection, &words).await, 3, "{extension}");
    }
    // The others are found without a total.
    let others = "SELECT COUNT(*) FROM token_word_totals WHERE words NOT IN ('of', 'ex', 'ext')";
    assert_eq!(number(&connection, others).await, 0);
    let newest = "SELECT MAX(sequence) FROM token_word_totals";
    let all = number(&connection, newest).await;
    for query in ["search=of", "search=Ext", &format!("search=of&eq(extension.id,{CUSTOM})")] {
        page(&admin, &format!("{query}&limit=1")).await;
    }
    let row = rows.iter().find(|row| row.state == "active").unwrap();
    admin.act(&format!("/auth/tokens/{}/deactivate", row.id)).await.expect(StatusCode::OK);
    server.app.store.count_common_words().await.unwrap();
    assert_eq!(number(&connection, newest).await, all, "something was counted again");
    assert_eq!(differing(&connection, WORD_TOTALS, COUNTED_WORDS).await, 0);
    connection.close().await.unwrap();
}

/// A page whose total is counted before tokens change, and which is read after: nothing of it is remembered for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_the_middle_of_a_change_misleads_nobody() {
    let server = Server::start(Postgres).await;
    let admin = server.admin().await;
    fill(&server, Postgres).await;
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    let ids = async || {
        let names = "SELECT id FROM tokens WHERE state <> 'deleted' ORDER BY name DESC, id DESC";
        let rows = connection.query_all_raw(Statement::from_string(DatabaseBackend::Postgres, names)).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect::<Vec<String>>()
    };
    let before = ids().await;
    let hand = connection.begin().await.unwrap();
    hand.execute_unprepared("LOCK TABLE token_changes IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let waits = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = 'token_changes'::regclass";
    let list = |offset: usize| format!("ordering(-name)&limit=10&offset={offset}");
    let change = async {
        while number(&connection, waits).await == 0 {}
        let last: Vec<String> = before.iter().rev().take(5).map(|id| format!("'{id}'")).collect();
        let delete = format!("UPDATE tokens SET state = 'deleted' WHERE id IN ({})", last.join(", "));
        hand.execute_unprepared(&delete).await.unwrap();
        hand.commit().await.unwrap();
    };
    let first = list(8000);
    futures_util::future::join(page(&admin, &first), change).await;
    let after = ids().await;
    for offset in [8010, 8020, 7990] {
        assert_eq!(page(&admin, &list(offset)).await, (after[offset..offset + 10].to_vec(), after.len()), "{offset}");
    }
    connection.close().await.unwrap();
}

/// Letters that become two, or another one, in lower case.
#[rstest]
#[tokio::test]
async fn half_a_word_finds_the_whole_one(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    for name in ["Ka\u{130} 1", "\u{130}", "ΟΔΟΣΑ", "οδός", "Straße", "\u{1f511}\u{1f511}"] {
        admin.post("/auth/tokens", new_token(name, &[])).await.expect(StatusCode::CREATED);
    }
    for (words, expected) in [
        ("a\u{130}", 1),
        ("A\u{130}", 1),
        ("\u{130}", 2),
        ("\u{130}\u{130}", 0),
        ("Ka\u{130}", 1),
        ("ΟΔΟΣ", 1),
        ("δοσα", 1),
        ("οδός", 1),
        ("ΟΔΌΣ", 1),
        ("ός", 1),
        ("Σ", 2),
        ("ß", 1),
        ("SS", 0),
        ("\u{1f511}", 1),
        ("\u{1f511}\u{1f511}", 1),
        ("\u{1f511}\u{1f511}\u{1f511}", 0),
    ] {
        let encoded: String = words.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(page(&admin, &format!("search={encoded}")).await.1, expected, "{words}");
    }
    for long in [1000, 7000] {
        assert_eq!(page(&admin, &format!("search={}", "a".repeat(long))).await.1, 0);
    }
}

/// What PostgreSQL's index of parts finds is what a look at every name finds.
#[tokio::test]
async fn patterns_find_every_name_that_has_them() {
    let server = Server::start(Postgres).await;
    let admin = server.admin().await;
    fill(&server, Postgres).await;
    let names = [
        "Ka\u{130}BC",
        "KaiBC",
        "KAIBC",
        "ka\u{131}bc",
        "\u{212a}aibc",
        "ΟΔΟΣAIBC",
        "100%_aibc\\x",
        "-aibc-",
        "éaibcé",
    ];
    for name in names {
        admin.post("/auth/tokens", new_token(name, &[])).await.expect(StatusCode::CREATED);
    }
    for (filter, expected) in [
        ("ilike(name,*aibc*)", 7),
        ("like(name,*aibc*)", 4),
        ("ilike(name,k*ibc)", 2),
        ("like(name,*%CE%A3AI*)", 1),
        ("like(name,*%CE%94%CE%9F%CE%A3A*)", 1),
        ("like(name,'*%25_aibc%5Cx')", 1),
        ("like(name,*-aibc-*)", 1),
        ("like(name,*---*)", 0),
        ("like(name,*---*bc-*)", 0),
        ("like(name,%C3%A9aibc*)", 1),
    ] {
        assert_eq!(page(&admin, &format!("{filter}&ordering(-created)")).await.1, expected, "{filter}");
    }
}

/// Creating under a limit, editing, disabling and deleting, all at once: nobody waits in a circle, and the counts that
/// triggers keep are those of the tokens.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn counts_stay_right_when_many_change_at_once(#[values(Sqlite, Postgres)] database: Database) {
    let mut catalogue = Catalogue::built_in().unwrap();
    catalogue.extensions[0].constraints.account.tokens = Some(1000);
    let server = Server::start_with(database, &[], catalogue).await;
    let admin = server.admin().await;
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    // None so far.
    let totals = format!(
        "INSERT INTO token_word_totals SELECT id, extension_id, words, 0, 0, 1 FROM accounts, \
         (SELECT '' AS extension_id UNION ALL SELECT '{CUSTOM}') AS extensions, \
         (SELECT 'of 3' AS words UNION ALL SELECT 'again' UNION ALL SELECT 'su-') AS words"
    );
    connection.execute_unprepared(&totals).await.unwrap();
    let work = async |number: usize| {
        for round in 0..8 {
            let modules = [ALL, PARTNERS, INTEGRATIONS, "MD-0003"];
            let token = admin.create(&format!("Of {number} in {round}"), &[modules[number % 4]]).await;
            let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
            let change = json!({
                "name": format!("Of {number} again"), "expiration_date": format!("204{round}-01-01T00:00:00Z"),
                "permissions": [{ "object": { "id": modules[1 + round % 3] } }],
            });
            admin.json(Method::PUT, &path, change).await.expect(StatusCode::OK);
            admin.act(&format!("{path}/deactivate")).await.expect(StatusCode::OK);
            if round % 3 == 0 {
                assert!(admin.send(Method::DELETE, &path, axum::body::Body::empty()).await.status.is_success());
            }
        }
    };
    // A hand that changes all of them at once, which only PostgreSQL does beside others.
    let by_hand = async || {
        for _ in 0..if matches!(database, Postgres) { 20 } else { 0 } {
            connection.execute_unprepared("UPDATE tokens SET updated_by_name = 'Hand'").await.unwrap();
        }
    };
    futures_util::future::join(futures_util::future::join_all((0..8).map(work)), by_hand()).await;
    assert_eq!(page(&admin, "limit=0").await.1, 40);
    let groups = "SELECT account_id, property, value, active, inactive, deleted FROM token_groups \
        WHERE active + inactive + deleted > 0";
    let counted = "SELECT account_id, property, value, SUM(CASE state WHEN 'active' THEN 1 ELSE 0 END), \
        SUM(CASE state WHEN 'inactive' THEN 1 ELSE 0 END), SUM(CASE state WHEN 'deleted' THEN 1 ELSE 0 END) \
        FROM token_groups_of GROUP BY account_id, property, value";
    assert_eq!(differing(&connection, groups, counted).await, 0);
    let steps = "SELECT account_id, kind, step, tokens FROM token_steps WHERE tokens > 0";
    let counted = "SELECT account_id, kind, step, COUNT(*) FROM token_steps_of GROUP BY account_id, kind, step";
    assert_eq!(differing(&connection, steps, counted).await, 0);
    assert_eq!(differing(&connection, WORD_TOTALS, COUNTED_WORDS).await, 0);
    connection.close().await.unwrap();
}
