//! What is remembered of the use of a token.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use latchkey::catalogue::Catalogue;
use latchkey::gatekeeper::{
    RuleId, Verb,
    usage::{self, Call, KeyUse},
};
use latchkey_shared::TokenId;
use rstest::rstest;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::harness::{Database, INTEGRATIONS, INTROSPECTION, PARTNERS, Postgres, Server, Sqlite, header_value};

#[rstest]
#[tokio::test]
async fn last_use_is_shown_and_never_goes_back(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let last = async || admin.get(&path).await.expect(StatusCode::OK)["last_used"].clone();
    let flush = async || usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
    assert_eq!(last().await, Value::Null);
    let key = server.key(&token).with("user-agent", "tests/1.0");
    key.get("/requests").await;
    flush().await;
    assert_eq!(last().await, Value::Null, "a refused call is no use");
    key.get("/agreements").await;
    flush().await;
    let first = json!({ "at": server.clock.now(), "address": "192.0.2.7", "program": "tests/1.0" });
    assert_eq!(last().await, first);
    server.clock.advance(-60);
    key.get("/agreements").await;
    flush().await;
    assert_eq!(last().await, first);
    server.clock.advance(120);
    key.get("/agreements").await;
    flush().await;
    assert_eq!(last().await["at"], json!(server.clock.now()));
    let listed = admin.get("/auth/tokens").await.expect(StatusCode::OK);
    assert_eq!(listed[0]["last_used"]["at"], json!(server.clock.now()));
}

#[tokio::test]
async fn every_call_is_counted_once_at_each_door() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[INTEGRATIONS, INTROSPECTION]).await;
    let key = server.key(&token);
    key.get("/auth/tokens").await.expect(StatusCode::OK);
    key.get("/openapi.json").await.expect(StatusCode::OK);
    key.get("/nothing").await.refused(404, "NFND_000");
    key.get("/requests").await.refused(403, "AUTH_003");
    key.send(Method::POST, "/oauth2/introspect", Body::empty()).await.refused(400, "VAL_001");
    key.send(Method::GET, "/gateway/check", Body::empty()).await.refused(400, "VAL_001");
    key.send(Method::GET, "/gateway/envoy/auth", Body::empty()).await.refused(403, "AUTH_003");
    admin.act(&format!("/auth/tokens/{}/deactivate", token["id"].as_str().unwrap())).await.expect(StatusCode::OK);
    // Nobody asked whether it is good: a 200 in its statistics would look as if it were.
    key.get("/openapi.json").await.expect(StatusCode::OK);
    usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
    let calls = server.app.store.calls(token["id"].as_str().unwrap(), 0).await.unwrap();
    let mut calls: Vec<_> = calls.iter().map(|row| (row.module_id.as_str(), row.status, row.calls)).collect();
    calls.sort_unstable();
    assert_eq!(
        calls,
        [
            ("", 200, 1),
            ("", 400, 1),
            ("", 404, 1),
            ("MD-0000", 403, 1),
            ("MD-0006", 403, 1),
            (INTEGRATIONS, 200, 1),
            (INTROSPECTION, 400, 1)
        ]
    );
}

#[tokio::test]
async fn calls_of_several_threads_are_summed() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let id = token["id"].as_str().unwrap();
    let keeper = &server.app.gatekeeper;
    let entry = keeper.cache.load(TokenId::number_of(id)).await.unwrap().unwrap();
    let now = server.clock.now();
    std::thread::scope(|scope| {
        for thread in 0..20 {
            let program = format!("thread/{thread}");
            let entry = &entry;
            scope.spawn(move || {
                let (status, program) = (200, Some(program.as_bytes()));
                let call =
                    Call { module: None, rule: RuleId::NONE, verb: Verb::Get, status, address: None, program, at: now };
                // Begun last, and ended before the others of this thread.
                let late = Call { at: now.plus(if thread == 3 { 9 } else { -9 }), ..call };
                keeper.usage.note(entry, &late, KeyUse::Current);
                (1..1000).for_each(|_| keeper.usage.note(entry, &call, KeyUse::Current));
            });
        }
    });
    usage::flush(keeper, &server.app.store).await.unwrap();
    let calls = server.app.store.calls(id, 0).await.unwrap();
    assert_eq!(calls.iter().map(|row| (row.status, row.calls)).collect::<Vec<_>>(), [(200, 20_000)]);
    let token = admin.get(&format!("/auth/tokens/{id}")).await.expect(StatusCode::OK);
    assert_eq!(token["last_used"]["program"], "thread/3", "the last that began");
}

#[rstest]
#[tokio::test]
async fn calls_are_summed_up_by_day_module_and_status(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let id = token["id"].as_str().unwrap();
    let key = server.key(&token);
    for _ in 0..2 {
        for _ in 0..3 {
            key.get("/agreements").await;
        }
        key.get("/requests").await;
        usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
    }
    server.clock.advance(24 * 3600);
    key.get("/agreements/nothing").await.refused(404, "NFND_000");
    usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
    let calls = server.app.store.calls(id, 0).await.unwrap();
    let calls: Vec<_> = calls.iter().map(|row| (row.day, row.module_id.as_str(), row.status, row.calls)).collect();
    // A day later nobody is signed in any more.
    let admin = server.admin().await;
    let path = format!("/statistics/tokens/{id}");
    let aggregates = admin.get(&format!("{path}/aggregates")).await.expect(StatusCode::OK);
    let status = |code: u16, count: u32| json!({ "code": code, "count": count });
    assert_eq!(
        aggregates,
        json!([
            { "date": "2027-01-15", "statuses": [status(200, 6), status(403, 2)] },
            { "date": "2027-01-16", "statuses": [status(404, 1)] }
        ])
    );
    let summary = admin.get(&format!("{path}/summary")).await.expect(StatusCode::OK);
    assert_eq!(summary["id"], id);
    assert_eq!(summary["statuses"][0], json!({ "code": 200, "total": 6, "since_last_reset": 6 }));
    assert_eq!(summary["started_tracking_at"], token["events"]["created"]["at"]);
    server.stranger().await.get(&format!("{path}/summary")).await.refused(404, "NFND_000");
    assert_eq!(calls, [(20833, PARTNERS, 200, 6), (20833, "MD-0006", 403, 2), (20834, PARTNERS, 404, 1)]);
}

#[rstest]
#[tokio::test]
async fn token_deleted_by_manual_sql_does_not_stop_the_counts_of_others(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let (gone, other) = (admin.create("Gone", &[PARTNERS]).await, admin.create("Other", &[PARTNERS]).await);
    let flush = async || usage::flush(&server.app.gatekeeper, &server.app.store).await;
    for token in [&gone, &other] {
        server.key(token).get("/agreements").await.expect(StatusCode::OK);
    }
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    let delete = format!("DELETE FROM tokens WHERE id = {}", gone["id"].to_string().replace('"', "'"));
    connection.execute_unprepared(&delete).await.unwrap();
    connection.close().await.unwrap();
    flush().await.unwrap();
    let calls = server.app.store.calls(other["id"].as_str().unwrap(), 0).await.unwrap();
    assert_eq!(calls.len(), 1);
}

#[rstest]
#[tokio::test]
async fn usage_is_told_by_day_status_module_and_client(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS, INTEGRATIONS]).await;
    let key = server.key(&token);
    let flush = async || usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
    for program in ["curl/8.5", "curl/8.5", "python"] {
        key.with("user-agent", program).get("/agreements").await.expect(StatusCode::OK);
        flush().await;
        server.clock.advance(3 * 86_400);
    }
    key.get("/products").await.refused(403, "AUTH_003");
    flush().await;
    let path = format!("/auth/tokens/{}/usage", token["id"].as_str().unwrap());
    // The session of the first sign-in has ended.
    let usage = server.admin().await.get(&path).await.expect(StatusCode::OK);
    let days: Vec<String> =
        usage["days"].as_array().unwrap().iter().map(|day| format!("{} {}", day["date"], day["statuses"])).collect();
    assert_eq!(
        days,
        [
            r#""2027-01-15" [{"calls":1,"code":200}]"#,
            r#""2027-01-18" [{"calls":1,"code":200}]"#,
            r#""2027-01-21" [{"calls":1,"code":200}]"#,
            r#""2027-01-24" [{"calls":1,"code":403}]"#,
        ]
    );
    let module = |id: &str| usage["modules"].as_array().unwrap().iter().find(|it| it["id"] == id).cloned();
    assert_eq!(
        module(PARTNERS).unwrap(),
        json!({ "id": PARTNERS, "granted": true, "calls": 3, "recent_calls": 0, "last_day": "2027-01-21", "instead": null })
    );
    assert_eq!(module(INTEGRATIONS).unwrap()["last_day"], Value::Null);
    assert_eq!(module("MD-0003").unwrap()["granted"], false, "what was refused is told, too");
    let clients: Vec<&str> =
        usage["clients"].as_array().unwrap().iter().map(|it| it["program"].as_str().unwrap()).collect();
    assert_eq!(clients, ["python", "curl/8.5"]);
}

#[tokio::test]
async fn calls_are_told_by_rule_and_a_narrower_module_is_named_while_it_would_do() {
    let server = crate::apis::start().await;
    let admin = server.admin().await;
    let token = admin.create("Key", &["MD-0101"]).await;
    let id = token["id"].as_str().unwrap();
    let key = server.anonymous().with("x-api-key", &header_value(&token));
    let ask = async |method: &str, path: &str| {
        let proxy = key.with("x-forwarded-host", "api.example.com").with("x-forwarded-method", method);
        proxy.with("x-forwarded-uri", path).get("/gateway/check").await.status
    };
    let told = async || {
        usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
        let told = admin.get(&format!("/auth/tokens/{id}/usage")).await.expect(StatusCode::OK);
        let rule = |it: &Value| format!("{} {}: {} by {}", it["method"], it["rule"], it["calls"], it["module"]);
        let orders = told["modules"].as_array().unwrap().iter().find(|it| it["id"] == "MD-0101").unwrap();
        (
            told["rules"].as_array().unwrap().iter().map(rule).collect::<Vec<_>>().join("; ").replace('"', ""),
            orders["instead"].clone(),
        )
    };
    for path in ["/v2/orders", "/v2/orders/7"] {
        assert_eq!(ask("GET", path).await, StatusCode::OK);
    }
    assert_eq!(told().await, ("GET /orders: 2 by MD-0101".to_owned(), json!("MD-0102")));
    assert_eq!(ask("POST", "/v2/orders").await, StatusCode::OK);
    assert_eq!(told().await, ("GET /orders: 2 by MD-0101; POST /orders: 1 by MD-0101".to_owned(), Value::Null));
}

#[rstest]
#[tokio::test]
async fn calls_before_and_after_a_new_catalogue_are_written_together(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[INTEGRATIONS]).await;
    let key = server.key(&token);
    key.get("/auth/tokens").await.expect(StatusCode::OK);
    let mut apart = Catalogue::built_in().unwrap();
    for module in &mut apart.modules {
        module.in_all = module.id.as_str() != INTEGRATIONS;
    }
    server.app.gatekeeper.replace_catalogue(&apart);
    key.get("/auth/tokens").await.expect(StatusCode::OK);
    usage::flush(&server.app.gatekeeper, &server.app.store).await.unwrap();
    let calls = server.app.store.calls(token["id"].as_str().unwrap(), 0).await.unwrap();
    assert_eq!(calls.iter().map(|row| row.calls).collect::<Vec<_>>(), [2]);
}
