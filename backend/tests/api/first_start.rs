//! The first start, and what is noticed at every other.

use latchkey::{catalogue::Catalogue, clock::Clock, keys::Key, rng::Rng, serve, store::Store};
use latchkey_shared::Timestamp;
use rstest::rstest;
use sea_orm::ConnectionTrait as _;

use crate::harness::{self, ADMIN, Database, Postgres, Sqlite};

async fn start(url: &str, master: Key, password: Option<&str>) -> Result<Option<(String, Option<String>)>, String> {
    let store = Store::connect(url).await.map_err(|error| error.to_string())?;
    store.migrate().await.map_err(|error| error.to_string())?;
    let mut config = harness::config(&[]);
    config.admin_password = password.map(str::to_owned);
    let clock = Clock::manual(Timestamp::from_unix(1_800_000_000));
    let assembled = serve::assemble(config, Catalogue::built_in().unwrap(), store, &master, clock, Rng::system()).await;
    assembled.map(|(_, made)| made.map(|made| (made.email, made.password))).map_err(|error| error.to_string())
}

#[rstest]
#[tokio::test]
async fn admin_is_made_once(#[values(Sqlite, Postgres)] database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let url = harness::new_database(database, &folder).await;
    let (email, password) = start(&url, harness::master(), None).await.unwrap().expect("an admin");
    assert_eq!((email.as_str(), password.map(|password| password.len())), (ADMIN, Some(27)));
    assert_eq!(start(&url, harness::master(), None).await.unwrap(), None, "a second start makes nobody");
}

#[rstest]
#[tokio::test]
async fn two_first_starts_at_once_make_one_admin(#[values(Sqlite, Postgres)] database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let url = harness::new_database(database, &folder).await;
    let (one, two) = tokio::join!(start(&url, harness::master(), None), start(&url, harness::master(), None));
    let made = [one, two].into_iter().map(|start| start.unwrap()).filter(Option::is_some).count();
    assert_eq!(made, 1);
}

#[rstest]
#[tokio::test]
async fn another_master_key_is_refused(#[values(Sqlite, Postgres)] database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let url = harness::new_database(database, &folder).await;
    start(&url, harness::master(), None).await.unwrap();
    let error = start(&url, Key::new([8; 32]), None).await.unwrap_err();
    assert!(error.starts_with("the master key is not the one that this database was made with"), "{error}");
}

#[tokio::test]
async fn short_password_is_refused_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let url = harness::new_database(Sqlite, &folder).await;
    let error = start(&url, harness::master(), Some("short")).await.unwrap_err();
    assert_eq!(error, "the first admin: the password must have at least 12 characters");
    assert!(start(&url, harness::master(), None).await.unwrap().is_some(), "the next start is the first");
}

#[rstest]
#[tokio::test]
async fn newer_schema_is_refused(#[values(Sqlite, Postgres)] database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let url = harness::new_database(database, &folder).await;
    start(&url, harness::master(), None).await.unwrap();
    let connection = sea_orm::Database::connect(&url).await.unwrap();
    connection
        .execute_unprepared("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)")
        .await
        .unwrap();
    let error = start(&url, harness::master(), None).await.unwrap_err();
    assert!(error.contains("newer schema") && error.contains("m9999_future"), "{error}");
}
