//! `/agreements`: the example API behind the gate.

use axum::http::StatusCode;
use latchkey::catalogue::Catalogue;

use crate::harness::{PARTNERS, Server, Sqlite, header_value};

#[tokio::test]
async fn key_with_partners_reads_them_200() {
    let server = Server::start(Sqlite).await;
    let key = server.key(&server.admin().await.create("Key", &[PARTNERS]).await);
    let answer = key.get("/agreements/?limit=1000").await;
    assert_eq!(answer.header("content-range"), "items 0-41/42");
    let rows = answer.expect(StatusCode::OK);
    let id = rows[5]["id"].as_str().unwrap();
    assert_eq!(key.get(&format!("/agreements/{id}")).await.expect(StatusCode::OK), rows[5]);
    let filtered = key.get("/agreements?and(eq(type,distribution),eq(active,true))&ordering(-created)&limit=3").await;
    let filtered = filtered.expect(StatusCode::OK);
    assert!(filtered.as_array().unwrap().iter().all(|row| row["type"] == "distribution" && row["active"] == true));
    assert_eq!(key.get("/public/v1//agreements/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn scheme_of_the_header_may_be_in_any_case() {
    let server = Server::start(Sqlite).await;
    let token = server.admin().await.create("Key", &[PARTNERS]).await;
    let value = header_value(&token).replace("ApiKey", "APIKEY");
    assert_eq!(server.anonymous().with("authorization", &value).get("/agreements").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_bad_key_is_the_same_401() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    let other = admin.create("Other", &[PARTNERS]).await;
    let good = header_value(&token);
    let guide = "ApiKey SU-160-984-311:f45bee7e79b10ff6eff67902ccb4f3d46724ceb8".to_owned();
    let stored = server.row(token["id"].as_str().unwrap()).await.token.digest;
    let digest = stored.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let unknown = {
        let id: latchkey_shared::TokenId = "SU-000-000-000".parse().unwrap();
        latchkey_shared::key::header_value(&id, &latchkey_shared::Secret::new(&id, &[1; 16]))
    };
    let wrong_secret = {
        let id: latchkey_shared::TokenId = token["id"].as_str().unwrap().parse().unwrap();
        latchkey_shared::key::header_value(&id, &latchkey_shared::Secret::new(&id, &[1; 16]))
    };
    let bad = [
        String::new(),
        "ApiKey".to_owned(),
        good.replace("ApiKey", "Bearer"),
        good.trim_start_matches("ApiKey ").to_owned(),
        format!("{good}0"),
        good[..good.len() - 1].to_owned(),
        good.to_uppercase(),
        guide,
        unknown,
        wrong_secret,
        format!("ApiKey {}:{}", token["id"].as_str().unwrap(), other["token"].as_str().unwrap()),
        format!("ApiKey {}:{}", token["id"].as_str().unwrap(), token["handle"].as_str().unwrap()),
        format!("ApiKey {}:{}", token["id"].as_str().unwrap(), &digest[..40]),
        "x".repeat(8000),
    ];
    let mut answers = Vec::new();
    for value in &bad {
        let answer = server.anonymous().with("authorization", value).get("/agreements").await;
        answer.refused(401, "AUTH_001");
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        answers.push((answer.body, headers));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "no refusal tells more than another");
}

#[tokio::test]
async fn bad_key_with_a_valid_cookie_is_refused_401() {
    let server = Server::start(Sqlite).await;
    let client = server.admin().await.with("authorization", "ApiKey junk");
    client.get("/agreements").await.refused(401, "AUTH_001");
}

#[tokio::test]
async fn bad_query_400_unknown_404_without_the_module_403() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let key = server.key(&admin.create("Key", &[PARTNERS]).await);
    key.get("/agreements?eq(colour,red)").await.refused(400, "VAL_001");
    key.get("/agreements/AGP-000-000-000").await.refused(404, "NFND_000");
    let weak = server.key(&admin.create("Weak", &["MD-0003"]).await);
    assert!(weak.get("/agreements").await.refused(403, "AUTH_003").contains("Partners (MD-0002)"));
}

#[tokio::test]
async fn examples_that_are_turned_off_answer_404() {
    let server = Server::start_with(Sqlite, &["--no-examples"], Catalogue::built_in().unwrap()).await;
    server.admin().await.get("/agreements").await.refused(404, "NFND_000");
}
