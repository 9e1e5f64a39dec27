//! `GET /auth/tokens`.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{CUSTOM, Client, Database, PARTNERS, Postgres, Server, Sqlite, ZAPIER, new_token};

async fn names(client: &Client<'_>, query: &str) -> Vec<String> {
    let rows = client.get(&format!("/auth/tokens?{query}")).await.expect(StatusCode::OK);
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

async fn four_tokens(server: &Server) -> Client<'_> {
    let admin = server.admin().await;
    let mut bodies = [
        new_token("Alpha", &[PARTNERS]),
        new_token("beta_1", &[]),
        new_token("Gamma", &[]),
        new_token("Ümlaut 50%", &[]),
    ];
    bodies[0]["external_id"] = json!("erp-7");
    bodies[1]["description"] = json!("Reads ALPHA");
    bodies[1]["expiration_date"] = json!("2027-01-20T00:00:00Z");
    bodies[2] = json!({ "name": "Gamma", "extension": { "id": ZAPIER } });
    for body in bodies {
        admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
        server.clock.advance(60);
    }
    admin
}

#[rstest]
#[tokio::test]
async fn empty_account_counts_nothing(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let answer = server.admin().await.get("/auth/tokens/").await;
    assert_eq!(answer.header("content-range"), "items 0-0/0");
    assert_eq!(answer.expect(StatusCode::OK), json!([]));
}

#[rstest]
#[tokio::test]
async fn filters_searches_and_orders(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = four_tokens(&server).await;
    for (query, expected) in [
        ("ordering(-created)", vec!["Ümlaut 50%", "Gamma", "beta_1", "Alpha"]),
        ("eq(name,Alpha)", vec!["Alpha"]),
        ("like(name,alpha)", vec![]),
        ("ilike(name,*ALPHA*)", vec!["Alpha"]),
        ("like(name,beta_*)", vec!["beta_1"]),
        ("like(name,betaX*)", vec![]),
        ("search=alpha&ordering(created)", vec!["Alpha", "beta_1"]),
        ("search=ERP-7", vec!["Alpha"]),
        ("search=50%25", vec!["Ümlaut 50%"]),
        ("search=%C3%BCmlaut", vec!["Ümlaut 50%"]),
        ("search=a_b", vec![]),
        (&format!("eq(extension.id,{CUSTOM})&ordering(-created)"), vec!["Ümlaut 50%", "beta_1", "Alpha"]),
        ("eq(extension.name,zapier)", vec!["Gamma"]),
        ("eq(status,expiring)", vec!["beta_1"]),
        ("in(status,(active,expiring))&ordering(created)", vec!["Alpha", "beta_1", "Gamma", "Ümlaut 50%"]),
        ("eq(external_id,null())&ordering(created)", vec!["beta_1", "Gamma", "Ümlaut 50%"]),
        ("not(eq(external_id,erp-7))&ordering(created)", vec!["beta_1", "Gamma", "Ümlaut 50%"]),
        ("lt(expiration_date,2027-02-01)", vec!["beta_1"]),
        ("not(lt(expiration_date,2027-02-01))&ordering(created)", vec!["Alpha", "Gamma", "Ümlaut 50%"]),
        ("ordering(created)&limit=2&offset=1", vec!["beta_1", "Gamma"]),
        ("limit=2&offset=9", vec![]),
    ] {
        assert_eq!(names(&admin, query).await, expected, "{query}");
    }
}

#[rstest]
#[tokio::test]
async fn pages_tell_their_place(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = four_tokens(&server).await;
    let range =
        async |query: &str| admin.get(&format!("/auth/tokens?{query}")).await.header("content-range").to_owned();
    assert_eq!(range("limit=3&offset=0").await, "items 0-2/4");
    assert_eq!(range("limit=3&offset=3").await, "items 3-3/4");
    assert_eq!(range("limit=0").await, "items 0-0/4");
    assert_eq!(range("limit=3&offset=99").await, "items 99-99/4");
    assert_eq!(range("eq(name,nobody)").await, "items 0-0/0");
}

#[rstest]
#[tokio::test]
async fn deleted_tokens_are_listed_only_when_asked_for(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let gone = admin.create("Gone", &[PARTNERS]).await;
    admin.create("Here", &[]).await;
    admin.delete(&format!("/auth/tokens/{}", gone["id"].as_str().unwrap())).await;
    assert_eq!(names(&admin, "").await, ["Here"]);
    assert_eq!(names(&admin, "eq(status,deleted)").await, ["Gone"]);
}

#[rstest]
#[tokio::test]
async fn list_holds_no_secret_and_nothing_of_another_account(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let created = server.admin().await.create("Mine", &[]).await;
    let stranger = server.stranger().await;
    assert_eq!(stranger.get("/auth/tokens?or(eq(name,Mine),ne(name,Mine))").await.expect(StatusCode::OK), json!([]));
    let list = server.admin().await.get("/auth/tokens").await;
    assert!(
        !list.body.contains(created["token"].as_str().unwrap())
            && !list.body.contains(created["handle"].as_str().unwrap())
    );
    assert!(list.expect(StatusCode::OK)[0].as_object().is_some_and(|row| !row.contains_key("token")), "no secret");
}

#[rstest]
#[case("eq(secret,1)", "`secret` is not a property")]
#[case("ordering(external_id)", "`external_id` is not a property to order by")]
#[case("eq(name,a,b)", "at character 10")]
#[case("search=a&search=b", "more than one search")]
#[tokio::test]
async fn bad_query_is_a_400_that_says_why(#[case] query: &str, #[case] expected: &str) {
    let server = Server::start(Sqlite).await;
    let text = server.admin().await.get(&format!("/auth/tokens?{query}")).await.refused(400, "VAL_001");
    assert!(text.contains(expected), "{text}");
}

#[tokio::test]
async fn statuses_follow_the_clock() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let mut body = new_token("Short", &[PARTNERS]);
    body["expiration_date"] = json!("2027-02-15T08:00:00Z");
    let token = admin.post("/auth/tokens", body).await.expect(StatusCode::CREATED);
    let status = async || {
        let rows: Value = server.admin().await.get("/auth/tokens").await.expect(StatusCode::OK);
        let status = rows[0]["status"].as_str().unwrap().to_owned();
        assert_eq!(
            names(&server.admin().await, &format!("eq(status,{status})")).await,
            ["Short"],
            "SQL and Rust agree"
        );
        status
    };
    assert_eq!(status().await, "active");
    server.clock.advance(20 * 24 * 3600);
    assert_eq!(status().await, "expiring");
    assert_eq!(server.key(&token).get("/agreements").await.status, StatusCode::OK);
    server.clock.advance(11 * 24 * 3600);
    assert_eq!(status().await, "expired");
    server.key(&token).get("/agreements").await.refused(401, "AUTH_001");
}

#[rstest]
#[tokio::test]
async fn long_lists_of_values_are_answered_and_too_many_conditions_are_refused(
    #[values(Sqlite, Postgres)] database: Database,
) {
    let server = Server::start(database).await;
    let admin = four_tokens(&server).await;
    let values = |word: &str, count: usize| (0..count).map(|n| format!("{word}{n}")).collect::<Vec<_>>().join(",");
    let many = format!("{},Alpha,Gamma", values("a", 1200));
    assert_eq!(names(&admin, &format!("in(name,({many}))&ordering(name)")).await, ["Alpha", "Gamma"]);
    assert_eq!(names(&admin, &format!("out(name,({many}))&ordering(name)")).await, ["beta_1", "Ümlaut 50%"]);
    assert_eq!(names(&admin, &format!("not(in(name,({many})))&ordering(name)")).await, ["beta_1", "Ümlaut 50%"]);
    let modules = format!("in(permissions.object.id,({},{PARTNERS}))", values("MD-", 1000));
    assert_eq!(names(&admin, &modules).await, ["Alpha"]);
    let statuses = format!("in(status,({},active,expiring))&ordering(name)", values("x", 1000));
    assert_eq!(names(&admin, &statuses).await.len(), 4);
    for (separator, opening, closing) in [("&", "", ""), ("|", "(", ")")] {
        let conditions = |count| format!("{opening}{}{closing}", vec!["like(name,*a*)"; count].join(separator));
        let error = admin.get(&format!("/auth/tokens?{}", conditions(201))).await.refused(400, "VAL_001");
        assert!(error.contains("more than 200 conditions"), "{error}");
        assert_eq!(admin.get(&format!("/auth/tokens?{}", conditions(200))).await.status, StatusCode::OK);
    }
    admin.get("/auth/tokens?search=a&search=b").await.refused(400, "VAL_001");
    assert_eq!(names(&admin, "%73earch=gamma").await, ["Gamma"]);
    let all = admin.get("/auth/tokens?limit=99999999999999999999999").await;
    assert_eq!(all.header("content-range"), "items 0-3/4");
    let none = admin.get("/auth/tokens?offset=99999999999999999999999").await;
    assert!(none.header("content-range").ends_with("/4"), "{}", none.header("content-range"));
    let error = admin.get("/auth/tokens?like(name,a**b)").await.refused(400, "VAL_001");
    assert!(error.contains("at character 11: expected a pattern without `**`"), "{error}");
}

#[tokio::test]
async fn examples_of_the_guide_are_answered() {
    let guide = include_str!("../../../docs/API.md");
    let lists = guide.split("## Lists").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let spans =
        lists.split('`').skip(1).step_by(2).filter(|span| !span.contains('…') && !span.contains("Content-Range"));
    let queries: Vec<String> =
        spans.filter(|span| span.contains(['(', '='])).map(|span| span.replace("\\|", "|")).collect();
    assert!(queries.len() >= 12, "{queries:?}");
    let server = Server::start(Sqlite).await;
    let admin = four_tokens(&server).await;
    for query in queries {
        // `a` stands for a condition.
        let query = query.replace("a&b", "id=a&id=b").replace("(a|b)", "(id=a|id=b)");
        let query = query.replace('"', "%22");
        assert_eq!(admin.get(&format!("/auth/tokens?{query}")).await.status, StatusCode::OK, "{query}");
    }
}

/// Letters that become two, or another one, in lower case.
#[rstest]
#[tokio::test]
async fn search_finds_any_part_of_a_name(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    for name in ["Ka\u{130} 1", "\u{130}", "ΟΔΟΣΑ", "οδός", "Straße", "\u{1f511}\u{1f511}", "Cafe\u{301}  Nord"]
    {
        admin.post("/auth/tokens", new_token(name, &[])).await.expect(StatusCode::CREATED);
    }
    for (term, expected) in [
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
        ("café nord", 1),
        ("CAFE\u{301}\u{a0} N", 1),
        ("cafenord", 0),
        ("\u{1f511}", 1),
        ("\u{1f511}\u{1f511}", 1),
        ("\u{1f511}\u{1f511}\u{1f511}", 0),
        (&"a".repeat(2500), 0),
    ] {
        let encoded: String = term.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(names(&admin, &format!("search={encoded}")).await.len(), expected, "{term}");
    }
}

/// `ilike` folds A to Z and no other letter, whatever the locale of the database.
#[rstest]
#[tokio::test]
async fn patterns_fold_ascii_letters_only(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    for name in ["Ka\u{130}BC", "KaiBC", "KAIBC", "ka\u{131}bc", "\u{212a}aibc", "ΟΔΟΣAIBC", "100%_aibc\\x", "éaibcé"]
    {
        admin.post("/auth/tokens", new_token(name, &[])).await.expect(StatusCode::CREATED);
    }
    for (filter, expected) in [
        ("ilike(name,*aibc*)", 6),
        ("like(name,*aibc*)", 3),
        // The Kelvin sign is kept as the letter that it is composed as.
        ("ilike(name,k*ibc)", 3),
        ("like(name,*%CE%A3AI*)", 1),
        ("ilike(name,*%CF%83ai*)", 0),
        ("like(name,'*%25_aibc%5Cx')", 1),
        ("like(name,*---*)", 0),
        ("ilike(name,%C3%A9AIBC*)", 1),
        ("ilike(name,%C3%89AIBC*)", 0),
    ] {
        assert_eq!(names(&admin, filter).await.len(), expected, "{filter}");
    }
}

#[tokio::test]
async fn list_is_compressed_where_the_client_takes_it_and_a_single_token_is_not() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let token = admin.create("Key", &[PARTNERS]).await;
    for number in 0..9 {
        admin.create(&format!("Key {number}"), &[PARTNERS]).await;
    }
    let plain = admin.get("/auth/tokens").await;
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "Accept-Encoding"));
    let zipped = admin.with("accept-encoding", "gzip, br").open(Method::GET, "/auth/tokens", Body::empty()).await;
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let single = admin.with("accept-encoding", "gzip").get(&path).await;
    assert_eq!(single.header("content-encoding"), "");
}
