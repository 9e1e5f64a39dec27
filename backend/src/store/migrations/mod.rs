//! The schema, change by change. A migration that has been released is never edited.

mod m0001_start;
mod m0002_two_secrets;
mod m0003_rules_and_usage;
mod m0004_list_indexes;
mod m0005_counts_and_search;
mod m0006_repeated_requests;
mod m0007_ids_by_bytes;
mod m0008_letters_and_steps;
mod m0009_groups_and_marks;
mod m0010_word_totals;
mod m0011_patterns;
mod m0012_ends_in_orders;
mod m0013_actors;

use sea_orm::{
    ConnectionTrait as _, DatabaseBackend, DatabaseConnection, DbErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait as _,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, async_trait};

/// Any number, the same in every version: it names the lock that migrating replicas wait for.
const ADVISORY_LOCK: i64 = 0x1a7c_4b1e;

/// Adds the schema of `pg_trgm` to the search path until the end of the transaction.
const SEE_PG_TRGM: &str = "SELECT set_config('search_path', current_setting('search_path') || ', ' || quote_ident(nspname), \
    true) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm'";

/// Every change of the schema, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_start::Migration),
            Box::new(m0002_two_secrets::Migration),
            Box::new(m0003_rules_and_usage::Migration),
            Box::new(m0004_list_indexes::Migration),
            Box::new(m0005_counts_and_search::Migration),
            Box::new(m0006_repeated_requests::Migration),
            Box::new(m0007_ids_by_bytes::Migration),
            Box::new(m0008_letters_and_steps::Migration),
            Box::new(m0009_groups_and_marks::Migration),
            Box::new(m0010_word_totals::Migration),
            Box::new(m0011_patterns::Migration),
            Box::new(m0012_ends_in_orders::Migration),
            Box::new(m0013_actors::Migration),
        ]
    }
}

/// Whether the schema was ever made: an empty database has no table of migrations.
pub async fn any(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    SchemaManager::new(connection).has_table("seaql_migrations").await
}

/// The newest migration that the database has and this version does not know, if any.
pub async fn unknown(connection: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    let known = names();
    Ok(applied(connection).await?.into_iter().filter(|version| !known.contains(version)).max())
}

/// Whether every migration that this version knows was applied.
pub async fn is_current(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    let applied = applied(connection).await?;
    Ok(names().iter().all(|name| applied.contains(name)))
}

fn names() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// The migrations that the database has. Read, and nothing else: a gatekeeper's account may be allowed no more.
async fn applied(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if !any(connection).await? {
        return Ok(Vec::new());
    }
    let sql = "SELECT version FROM seaql_migrations";
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Applies what is missing, in one transaction that no other replica can share: they wait, and then find
/// nothing to do.
pub async fn apply(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = connection.begin_with_options(options).await?;
    if connection.get_database_backend() == DatabaseBackend::Postgres {
        let sql = format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})");
        transaction.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, sql)).await?;
        // Where the database's owner has put `pg_trgm`, its names are found.
        transaction.query_all_raw(Statement::from_string(DatabaseBackend::Postgres, SEE_PG_TRGM)).await?;
        let missing = Migrator::get_pending_migrations(&transaction).await?.len();
        if 0 < missing && missing < names().len() {
            // Processes of the version before go on meanwhile. From here on they wait with what they ask of tokens; a
            // weaker lock would let them hold what a migration needs, and write what it has counted already.
            transaction.execute_unprepared("LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE").await?;
        }
    }
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}

#[cfg(test)]
pub(super) mod tests {
    use std::env;

    use sea_orm::{ConnectionTrait, Database, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait};

    use super::*;
    use crate::{
        rng::Rng,
        rql::{Comparison, Filter, Value},
        store::{
            Store,
            entities::token::{self, Column},
            token_columns::{Way, has_part},
            token_lists::TokenQuery,
            token_words::{Part, Words},
        },
    };

    /// An empty database of either kind, and the folder that must outlive the first.
    async fn databases() -> (tempfile::TempDir, [DatabaseConnection; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = format!("sqlite://{}?mode=rwc", folder.path().join("latchkey.db").display());
        let postgres = postgres().await;
        (folder, [Database::connect(sqlite).await.unwrap(), Database::connect(postgres).await.unwrap()])
    }

    /// The address of an empty database on PostgreSQL.
    pub(in crate::store) async fn postgres() -> String {
        let server = env::var("LATCHKEY_TEST_POSTGRES").expect("run `cargo xtask test`, which starts PostgreSQL");
        let name = format!("t{}", Rng::system().hex::<8>());
        let connection = Database::connect(&server).await.unwrap();
        connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        format!("{}/{name}", server.rsplit_once('/').unwrap().0)
    }

    async fn numbers(connection: &DatabaseConnection, sql: &str) -> Vec<i64> {
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        (0..row.column_names().len()).map(|index| row.try_get_by_index(index).unwrap()).collect()
    }

    #[tokio::test]
    async fn what_was_there_before_is_counted_and_found() {
        let (_folder, connections) = databases().await;
        for connection in connections {
            Migrator::up(&connection, Some(4)).await.unwrap();
            let is_postgres = connection.get_database_backend() == DatabaseBackend::Postgres;
            let bytes = |hex: &str| if is_postgres { format!("'\\x{hex}'") } else { format!("X'{hex}'") };
            let mut rows = Vec::new();
            for (number, state) in [(1, "active"), (2, "active"), (3, "inactive"), (4, "deleted")] {
                let (digest, handle) = (bytes("00"), bytes(&format!("0{number}")));
                rows.push(format!(
                    "('SU-000-000-00{number}', 'PA-000-007', 'N', 'EXT-000-001', 'x', '{state}', {digest}, {handle}, \
                     1, 1, 'words of {number}', 1, 0, 'u', 'U', 0, 'u', 'U')"
                ));
            }
            let account = "INSERT INTO accounts (id, name, created_at) VALUES ('PA-000-007', 'A', 0)";
            connection.execute_unprepared(account).await.unwrap();
            let insert = format!(
                "INSERT INTO tokens (id, account_id, name, extension_id, extension_name, state, digest, handle_digest, \
                 key_version, secret_version, search, revision, created_at, created_by_id, created_by_name, updated_at, \
                 updated_by_id, updated_by_name) VALUES {}",
                rows.join(", ")
            );
            connection.execute_unprepared(&insert).await.unwrap();
            let permissions = "INSERT INTO token_permissions (token_id, module_id) VALUES \
                ('SU-000-000-001', 'MD-0001'), ('SU-000-000-003', 'MD-0001'), ('SU-000-000-003', 'MD-0002')";
            connection.execute_unprepared(permissions).await.unwrap();
            apply(&connection).await.unwrap();
            let counts = "SELECT active, inactive, deleted FROM token_groups WHERE value = 'EXT-000-001'";
            let of_module = "SELECT active, inactive, deleted FROM token_groups WHERE value = 'MD-0001'";
            assert_eq!(numbers(&connection, counts).await, [2, 1, 1]);
            assert_eq!(numbers(&connection, of_module).await, [1, 1, 0]);
            let searches = if is_postgres {
                ["search LIKE '%of 3%'", "search LIKE '%3%'"]
                    .map(|has| format!("SELECT count(*), max(number) FROM token_search WHERE {has}"))
            } else {
                [("token_search", "\"of 3\""), ("token_letters", "33")].map(|(index, words)| {
                    format!("SELECT count(*), max(rowid) FROM {index} WHERE {index} MATCH '{words}'")
                })
            };
            for search in &searches {
                assert_eq!(numbers(&connection, search).await, [1, 1_000_007_000_000_003], "{search}");
            }
            let steps = "SELECT CAST(SUM(tokens) AS bigint), COUNT(*), MAX(step) FROM token_steps";
            assert_eq!(numbers(&connection, steps).await, [6, 2, 0]);
            if is_postgres {
                // Else no index would lead from one table to another.
                let others = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND \
                    (column_name = 'token_id' OR (table_name = 'tokens' AND column_name = 'id')) \
                    AND collation_name IS DISTINCT FROM 'C'";
                assert_eq!(numbers(&connection, others).await, [0]);
            }
            // What goes by another way than a change of state is counted, too.
            connection.execute_unprepared("DELETE FROM tokens WHERE state <> 'active'").await.unwrap();
            assert_eq!(numbers(&connection, counts).await, [2, 0, 0]);
            assert_eq!(numbers(&connection, of_module).await, [1, 0, 0]);
            assert_eq!(numbers(&connection, steps).await, [4, 2, 0]);
            for search in &searches {
                assert_eq!(numbers(&connection, &search.replace(", max", ", count")).await, [0, 0], "{search}");
            }
            // A hand that moves a token to another day.
            connection.execute_unprepared("UPDATE tokens SET created_at = 864000 WHERE id LIKE '%1'").await.unwrap();
            assert_eq!(numbers(&connection, steps).await, [4, 3, 10]);
            // And one that changes a permission.
            connection.execute_unprepared("UPDATE token_permissions SET module_id = 'MD-0002'").await.unwrap();
            assert_eq!(numbers(&connection, of_module).await, [0, 0, 0]);
            let of_module = of_module.replace("0001", "0002");
            assert_eq!(numbers(&connection, &of_module).await, [1, 0, 0]);
            if is_postgres {
                let both = insert.replace("SU-000-000-00", "SU-000-000-01").replace("'\\x0", "'\\x1");
                let both = format!(
                    "WITH new AS ({both} RETURNING id, state) \
                     INSERT INTO token_permissions SELECT id, 'MD-0002' FROM new WHERE state = 'active'"
                );
                connection.execute_unprepared(&both).await.unwrap();
                assert_eq!(numbers(&connection, &of_module).await, [3, 0, 0]);
            }
            // An account takes everything along.
            connection.execute_unprepared("DELETE FROM accounts").await.unwrap();
            for table in [
                "tokens",
                "token_permissions",
                "token_groups",
                "token_steps",
                "token_changes",
                "token_search",
                "token_word_totals",
            ] {
                let left = format!("SELECT COUNT(*) FROM {table}");
                let left = if is_postgres || table != "token_search" {
                    left
                } else {
                    // The table itself has no rows to count.
                    format!("{left} WHERE token_search MATCH '\"wor\"'")
                };
                assert_eq!(numbers(&connection, &left).await, [0], "{table}");
            }
        }
    }

    /// As in a rolling upgrade: a process of the version before is in the middle of a change.
    #[tokio::test]
    async fn a_writer_neither_stops_a_migration_nor_is_missed() {
        let (_folder, [_, connection]) = databases().await;
        Migrator::up(&connection, Some(7)).await.unwrap();
        let account = "INSERT INTO accounts (id, name, created_at) VALUES ('PA-000-007', 'A', 0)";
        connection.execute_unprepared(account).await.unwrap();
        let writer = connection.begin().await.unwrap();
        writer.execute_unprepared("SELECT 1 FROM tokens WHERE id = 'SU-000-000-001'").await.unwrap();
        let migration = tokio::spawn({
            let connection = connection.clone();
            async move { apply(&connection).await }
        });
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'tokens'::regclass";
        while numbers(&connection, waits).await == [0] {
            assert!(!migration.is_finished(), "the migration did not wait for the writer");
        }
        writer
            .execute_unprepared(
                "INSERT INTO tokens (id, account_id, name, extension_id, extension_name, state, digest, handle_digest, \
                 key_version, secret_version, search, revision, created_at, created_by_id, created_by_name, updated_at, \
                 updated_by_id, updated_by_name) VALUES ('SU-000-000-001', 'PA-000-007', 'N', 'EXT-000-001', 'x', \
                 'active', '', '', 1, 1, 'words', 1, 0, 'u', 'U', 0, 'u', 'U')",
            )
            .await
            .unwrap();
        writer.commit().await.unwrap();
        migration.await.unwrap().unwrap();
        let kept = "SELECT (SELECT sum(active)::bigint FROM token_counts WHERE extension_id = 'EXT-000-001'), (SELECT sum(tokens)::bigint FROM token_steps), \
            (SELECT count(*) FROM token_search)";
        assert_eq!(numbers(&connection, kept).await, [1, 2, 1]);
    }

    /// As in a rolling upgrade: a process of the version before has prepared what it asks.
    #[tokio::test]
    async fn statements_of_the_version_before_go_on() {
        let (_folder, [_, connection]) = databases().await;
        Migrator::up(&connection, Some(8)).await.unwrap();
        let process = connection.begin().await.unwrap();
        let prepare = "PREPARE counts AS SELECT account_id, extension_id, active, inactive, deleted FROM token_counts \
            WHERE account_id = 'PA-000-007'";
        process.execute_unprepared(prepare).await.unwrap();
        process.execute_unprepared("COMMIT").await.unwrap();
        apply(&connection).await.unwrap();
        process.execute_unprepared("EXECUTE counts").await.unwrap();
    }

    async fn plan(connection: &impl ConnectionTrait, explain: &str, query: impl QueryTrait, column: &str) -> String {
        let backend = connection.get_database_backend();
        let explain = format!("{explain} {}", query.build(backend));
        let lines = connection.query_all_raw(Statement::from_string(backend, explain)).await.unwrap();
        lines.iter().map(|line| line.try_get::<String>("", column).unwrap() + "\n").collect()
    }

    /// What a list asks for is what the indexes have, to the last letter.
    #[tokio::test]
    async fn what_a_pattern_asks_for_has_an_index() {
        let (folder, [_, postgres]) = databases().await;
        apply(&postgres).await.unwrap();
        let transaction = postgres.begin().await.unwrap();
        transaction.execute_unprepared("SET LOCAL enable_seqscan = off").await.unwrap();
        for column in [Column::Id, Column::Name, Column::ExternalId, Column::Description] {
            let part = Part { column, letters: "12%".to_owned() };
            let query = token::Entity::find().filter(has_part(&part));
            let plan = plan(&transaction, "EXPLAIN", query, "QUERY PLAN").await;
            assert!(plan.contains("tokens_by_parts"), "{plan}");
        }
        let store = Store::connect(&format!("sqlite:{}", folder.path().join("other.db").display())).await.unwrap();
        store.migrate().await.unwrap();
        let status = Filter::Compare {
            property: "status".into(),
            comparison: Comparison::Eq,
            value: Value::Text("active".to_owned()),
        };
        let query = TokenQuery {
            account_id: "PA-000-007",
            now: 1,
            filter: &status,
            ordering: &[],
            search: None,
            with_deleted: false,
            limit: 1,
            offset: 0,
        };
        let condition = store.condition(&query, &Words::Few(vec![1]), Way::Words);
        let query = token::Entity::find().filter(condition).select_only().columns([Column::Id, Column::CreatedAt]);
        let plan = plan(&store.readers, "EXPLAIN QUERY PLAN", query, "detail").await;
        assert!(plan.contains("COVERING INDEX tokens_as_listed"), "{plan}");
    }

    #[tokio::test]
    async fn pg_trgm_is_found_in_another_schema() {
        let connection = Database::connect(postgres().await).await.unwrap();
        let sql = "CREATE SCHEMA \"Own extensions\"; CREATE EXTENSION pg_trgm SCHEMA \"Own extensions\"";
        connection.execute_unprepared(sql).await.unwrap();
        apply(&connection).await.unwrap();
        let trigrams = "SELECT COUNT(*) FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%trgm%'";
        assert_ne!(numbers(&connection, trigrams).await, [0]);
    }

    /// As in a database whose owner is somebody else.
    #[tokio::test]
    async fn who_may_not_add_pg_trgm_goes_without() {
        let url = postgres().await;
        let role = url.rsplit_once('/').unwrap().1;
        let connection = Database::connect(&url).await.unwrap();
        let grant = format!("CREATE ROLE {role} LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO {role}");
        connection.execute_unprepared(&grant).await.unwrap();
        let own = Database::connect(url.replacen("postgres@", &format!("{role}@"), 1)).await.unwrap();
        apply(&own).await.unwrap();
        assert!(is_current(&own).await.unwrap());
        let trigrams = "SELECT COUNT(*) FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%trgm%'";
        assert_eq!(numbers(&own, trigrams).await, [0]);
    }
}
