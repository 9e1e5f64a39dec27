//! Whatever filter and order a client asks for, the database gives the rows that a plain evaluation over the same
//! rows gives, on SQLite and on PostgreSQL.

use axum::http::{Method, StatusCode};
use latchkey::{
    gatekeeper::usage,
    rql::{self, Comparison, Filter, Kind, Pattern, PatternPart, Value},
    tokens::list::PROPERTIES,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::{prelude::*, sample::select, strategy::ValueTree as _, test_runner::TestRunner};
use rstest::rstest;
use serde_json::{Value as Json, json};

use crate::harness::{Database, INTEGRATIONS, PARTNERS, Postgres, Server, Sqlite, new_token};

const ROWS: usize = 40;
const FILTERS: usize = 400;

/// Texts that are near each other, with what SQL and RQL treat specially, and letters beyond ASCII.
fn text() -> impl Strategy<Value = String> {
    "[aAbB1éÉ%_* .-]{1,5}"
}

async fn make_rows(server: &Server, runner: &mut TestRunner) {
    let admin = server.admin().await;
    let optional = || prop_oneof![Just(None), text().prop_map(Some)];
    let modules = select(vec![vec![], vec![PARTNERS], vec![INTEGRATIONS, PARTNERS]]);
    let end = select(vec![None, Some(1), Some(5), Some(40)]);
    let action = select(vec!["", "deactivate", "renew", "delete"]);
    let row = (text(), optional(), optional(), modules, end, action, any::<bool>());
    for _ in 0..ROWS {
        let (name, external_id, description, modules, end, action, is_used) = row.new_tree(runner).unwrap().current();
        let mut body = new_token(&format!("n{name}"), &modules);
        body["external_id"] = json!(external_id);
        body["description"] = json!(description);
        body["expiration_date"] = json!(end.map(|days: i64| server.clock.now().plus(days * 86_400)));
        let token = admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
        let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
        if is_used {
            drop(server.key(&token).get("/accounts").await.expect(StatusCode::OK));
        }
        match action {
            "" => {}
            "delete" => drop(admin.delete(&path).await.expect(StatusCode::NO_CONTENT)),
            action => drop(admin.act(&format!("{path}/{action}")).await.expect(StatusCode::OK)),
        }
        server.clock.advance(7);
    }
    usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
    server.clock.advance(2 * 86_400);
}

/// A value that some row has for a property, as clients write it; or a text that none may have.
fn value_of(rows: &[Json], name: &'static str) -> BoxedStrategy<Value> {
    let found: Vec<Value> = rows.iter().flat_map(|row| texts(row, name)).map(Value::Text).collect();
    let of_rows = if found.is_empty() { Just(Value::Null).boxed() } else { select(found).boxed() };
    let declared = PROPERTIES.iter().find(|property| property.name == name).unwrap();
    if declared.kind == Kind::Text {
        prop_oneof![4 => of_rows, 1 => text().prop_map(Value::Text), 1 => Just(Value::Null), 1 => Just(Value::Empty)]
            .boxed()
    } else {
        prop_oneof![4 => of_rows, 1 => Just(Value::Null)].boxed()
    }
}

fn texts(row: &Json, name: &str) -> Vec<String> {
    match (row, name.split_once('.')) {
        (Json::Array(members), _) => members.iter().flat_map(|member| texts(member, name)).collect(),
        (_, Some((first, rest))) => texts(&row[first], rest),
        (_, None) => row[name].as_str().map(str::to_owned).into_iter().collect(),
    }
}

fn leaf(rows: &[Json]) -> BoxedStrategy<Filter> {
    let filterable: Vec<&'static str> =
        PROPERTIES.iter().filter(|property| property.kind != Kind::Object).map(|property| property.name).collect();
    let rows = rows.to_vec();
    let comparison =
        select(vec![Comparison::Eq, Comparison::Ne, Comparison::Gt, Comparison::Ge, Comparison::Lt, Comparison::Le]);
    let compare = select(filterable).prop_flat_map(move |name| (Just(name), value_of(&rows, name))).prop_flat_map(
        move |(name, value)| {
            comparison.clone().prop_map(move |comparison| {
                // Nothing is greater or less than null: that would be refused.
                let comparison =
                    if value == Value::Null && comparison != Comparison::Ne { Comparison::Eq } else { comparison };
                Filter::Compare { property: name.into(), comparison, value: value.clone() }
            })
        },
    );
    let part = prop_oneof![Just(PatternPart::Anything), text().prop_map(PatternPart::Literal)];
    let pattern = prop::collection::vec(part, 1..4).prop_filter_map("two stars in a row", |parts| {
        let twice = parts.windows(2).any(|pair| pair == [PatternPart::Anything, PatternPart::Anything]);
        (!twice).then_some(Pattern(parts))
    });
    let like =
        (select(vec!["name", "external_id", "description", "permissions.object.id", "id"]), pattern, any::<bool>())
            .prop_map(|(name, pattern, case_sensitive)| Filter::Like {
                property: name.into(),
                pattern,
                case_sensitive,
            });
    prop_oneof![2 => compare, 1 => like].boxed()
}

fn filter(rows: &[Json]) -> impl Strategy<Value = Filter> {
    leaf(rows).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::Or),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
}

fn ordering() -> impl Strategy<Value = String> {
    let orderable = PROPERTIES.iter().filter(|property| property.orderable).map(|property| property.name);
    let key = (select(vec!["", "-", "+"]), select(orderable.collect::<Vec<_>>()));
    prop::collection::vec(key.prop_map(|(sign, name)| format!("{sign}{name}")), 0..3).prop_map(|keys| keys.join(","))
}

#[rstest]
#[tokio::test]
async fn database_gives_what_plain_evaluation_gives(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let mut runner = TestRunner::deterministic();
    make_rows(&server, &mut runner).await;
    let admin = server.admin().await;
    let all = "in(status,(active,expiring,revitalised,inactive,expired,deleted))&limit=1000";
    let rows = admin.get(&format!("/auth/tokens?{all}")).await.expect(StatusCode::OK);
    let rows = rows.as_array().unwrap().clone();
    assert_eq!(rows.len(), ROWS);
    let not_deleted: Vec<Json> = rows.iter().filter(|row| row["status"] != "deleted").cloned().collect();
    assert!((1..ROWS).contains(&not_deleted.len()));
    let search = prop_oneof![3 => Just(None), 1 => text().prop_map(Some)];
    let limit = prop_oneof![Just(0), 1..10_usize, Just(1000)];
    let offset = prop_oneof![Just(0), 0..ROWS + 5];
    let nulls = select(vec!["", "&nulls=first", "&nulls=last"]);
    let queries = (filter(&rows), ordering(), search, limit, offset, nulls);
    let mut matched = 0;
    for _ in 0..FILTERS {
        let (filter, ordering, search, limit, offset, nulls) = queries.new_tree(&mut runner).unwrap().current();
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut raw =
            format!("{}&ordering({ordering}){nulls}&limit={limit}&offset={offset}", encode(&filter.to_string()));
        if let Some(words) = search {
            raw += &format!("&search={}", encode(&words));
        }
        // Deleted tokens are listed when the filter names them.
        let rows = if filter.to_string().contains("deleted") { &rows } else { &not_deleted };
        let whole = rql::parse(&raw).unwrap().resolve(PROPERTIES).unwrap();
        let whole: Vec<&Json> = whole.select(rows, PROPERTIES).into_iter().map(|row| &row["id"]).collect();
        let page: Vec<&Json> = whole.iter().skip(offset).take(limit).copied().collect();
        let answer = admin.send(Method::GET, &format!("/auth/tokens?{raw}"), axum::body::Body::empty()).await;
        let total = answer.header("content-range").rsplit('/').next().unwrap().to_owned();
        let found = answer.expect(StatusCode::OK);
        let found: Vec<&Json> = found.as_array().unwrap().iter().map(|row| &row["id"]).collect();
        assert_eq!(found, page, "{raw}");
        assert_eq!(total, whole.len().to_string(), "{raw}");
        matched += usize::from(!whole.is_empty() && whole.len() < rows.len());
    }
    assert!(matched > FILTERS / 4, "only {matched} filters told rows apart");
}
