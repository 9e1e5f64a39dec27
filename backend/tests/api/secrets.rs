//! A copy of the database alone neither reveals nor forges anything, and no secret is where it should not be.

use latchkey_shared::{ApiKey, Credentials, Secret, TokenId};
use rstest::rstest;
use sea_orm::{ConnectionTrait as _, Statement};

use crate::harness::{ALL, Database, PASSWORD, Postgres, Server, Sqlite};

const TABLES: [&str; 12] = [
    "installation",
    "accounts",
    "users",
    "sessions",
    "invitations",
    "tokens",
    "token_permissions",
    "token_calls",
    "token_clients",
    "token_last_uses",
    "idempotency_keys",
    "events",
];

/// Every value of every table, binary ones as hex digits.
async fn dump(server: &Server) -> String {
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    let backend = connection.get_database_backend();
    let mut text = String::new();
    for table in TABLES {
        let sql = match backend {
            sea_orm::DatabaseBackend::Postgres => format!("SELECT t::text AS row FROM {table} t"),
            _ => {
                let columns = format!(
                    "SELECT group_concat('quote(' || name || ')', ' || ') AS row FROM pragma_table_info('{table}')"
                );
                let row = connection.query_one_raw(Statement::from_string(backend, columns)).await.unwrap().unwrap();
                format!("SELECT {} AS row FROM {table}", row.try_get::<String>("", "row").unwrap())
            }
        };
        for row in connection.query_all_raw(Statement::from_string(backend, sql)).await.unwrap() {
            text += &row.try_get::<String>("", "row").unwrap().to_lowercase();
            text.push('\n');
        }
    }
    text
}

fn hex_of(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[rstest]
#[tokio::test]
async fn dump_of_the_database_holds_no_secret(#[values(Sqlite, Postgres)] database: Database) {
    let server = Server::start(database).await;
    let admin = server.admin().await;
    let token = admin.with("idempotency-key", "one").create("Canary", &[ALL]).await;
    let id = token["id"].as_str().unwrap();
    admin.act(&format!("/auth/tokens/{id}/reveal")).await;
    admin.act(&format!("/auth/tokens/{id}/deactivate")).await;
    let cookie = server
        .anonymous()
        .post("/auth/login", serde_json::json!({ "email": crate::harness::ADMIN, "password": PASSWORD }))
        .await;
    let cookie = cookie.header("set-cookie").split(['=', ';']).nth(1).unwrap().to_owned();
    let dump = dump(&server).await;
    assert!(dump.contains("canary"), "the dump is whole");
    for secret in [token["token"].as_str().unwrap(), token["handle"].as_str().unwrap(), PASSWORD, &cookie] {
        // The random part alone would be enough to forge the rest.
        let random = &secret[..secret.len().min(32)];
        assert!(!dump.contains(random) && !dump.contains(&hex_of(random)), "a secret is in the database");
    }
}

#[tokio::test]
async fn sealed_copy_moved_to_another_token_does_not_open() {
    let server = Server::start(Sqlite).await;
    let admin = server.admin().await;
    let [one, two] = [admin.create("One", &[]).await, admin.create("Two", &[]).await];
    let connection = sea_orm::Database::connect(&server.url).await.unwrap();
    let sql = format!(
        "UPDATE tokens SET sealed = (SELECT sealed FROM tokens WHERE id = '{}') WHERE id = '{}'",
        one["id"].as_str().unwrap(),
        two["id"].as_str().unwrap()
    );
    connection.execute_unprepared(&sql).await.unwrap();
    let answer = admin.act(&format!("/auth/tokens/{}/reveal", two["id"].as_str().unwrap())).await;
    answer.refused(503, "SYS_001");
    assert!(!answer.body.contains(one["token"].as_str().unwrap()));
    assert_eq!(server.trail().await.len(), 3, "nothing left, so nothing is told");
}

#[test]
fn debug_output_of_keys_and_credentials_hides_the_secret() {
    let id: TokenId = "SU-000-000-001".parse().unwrap();
    let secret = Secret::new(&id, &[9; 16]);
    let key = ApiKey { id, secret: secret.clone() };
    let credentials = Credentials { email: "a@b".to_owned(), password: PASSWORD.to_owned() };
    let shown = format!("{key:?} {secret:?} {credentials:?}");
    assert!(shown.contains("SU-000-000-001"), "{shown}");
    assert!(!shown.contains(secret.expose()) && !shown.contains(PASSWORD), "{shown}");
}
