//! What lists of a million tokens need: counts that are kept, an index for each order, and one for the search.

use sea_orm::{ConnectionTrait as _, DatabaseBackend};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string},
};

/// The fifth change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_counts_and_search"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(counts()).await?;
        let connection = manager.get_connection();
        let is_postgres = connection.get_database_backend() == DatabaseBackend::Postgres;
        connection.execute_unprepared(COUNT_ALL).await?;
        let (keep_counts, search) =
            if is_postgres { (KEEP_COUNTS_POSTGRES, SEARCH_POSTGRES) } else { (KEEP_COUNTS_SQLITE, SEARCH_SQLITE) };
        connection.execute_unprepared(keep_counts).await?;
        connection.execute_unprepared(search).await?;
        for index in REPLACED {
            let index = Index::drop().name(index).table(Alias::new("tokens")).to_owned();
            manager.drop_index(index).await?;
        }
        // As the lists ask: what has no value comes first. SQLite's indexes know no other way.
        let nulls_first = if is_postgres { "NULLS FIRST" } else { "" };
        for (name, columns) in INDEXES {
            let columns = columns.replace("NULLS FIRST", nulls_first);
            connection.execute_unprepared(&format!("CREATE INDEX {name} ON tokens ({columns})")).await?;
        }
        let two_secrets =
            "CREATE INDEX tokens_with_two_secrets ON tokens (account_id, state) WHERE previous_digest IS NOT NULL";
        connection.execute_unprepared(two_secrets).await?;
        Ok(())
    }
}

/// How many tokens of an extension an account has in each state. Triggers keep it, so that no way of changing a
/// token can forget to.
fn counts() -> TableCreateStatement {
    Table::create()
        .table(Alias::new("token_counts"))
        .col(string("account_id"))
        .col(string("extension_id"))
        .col(big_integer("active"))
        .col(big_integer("inactive"))
        .col(big_integer("deleted"))
        .primary_key(Index::create().col(Alias::new("account_id")).col(Alias::new("extension_id")))
        .foreign_key(
            ForeignKey::create()
                .from_col(Alias::new("account_id"))
                .to(Alias::new("accounts"), Alias::new("id"))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

pub(super) const COUNT_ALL: &str = "\
    INSERT INTO token_counts (account_id, extension_id, active, inactive, deleted) \
    SELECT account_id, extension_id, SUM(CASE state WHEN 'active' THEN 1 ELSE 0 END), \
        SUM(CASE state WHEN 'inactive' THEN 1 ELSE 0 END), SUM(CASE state WHEN 'deleted' THEN 1 ELSE 0 END) \
    FROM tokens GROUP BY account_id, extension_id";

/// Those of the first and the fourth change, which lack what makes a list read its index alone.
const REPLACED: [&str; 5] = [
    "tokens_account_id_created_at_id",
    "tokens_account_id_name_id",
    "tokens_account_id_id",
    "tokens_account_id_created_at_desc_id",
    "tokens_account_id_name_desc_id",
];

/// For each order its index, read forwards or backwards; `state` stands last, so that passing over rows reads the
/// index alone. The others are for filters.
const INDEXES: [(&str, &str); 8] = [
    ("tokens_by_id", "account_id, id, state"),
    ("tokens_by_name", "account_id, name, id, state"),
    ("tokens_by_creation", "account_id, created_at, id, state"),
    ("tokens_by_end", "account_id, expires_at NULLS FIRST, id, state"),
    ("tokens_by_extension_name", "account_id, extension_name, id, state"),
    ("tokens_of_extension", "account_id, extension_id, state, expires_at"),
    ("tokens_by_external_id", "account_id, external_id, id, state"),
    // What the index of words cannot answer reads every text, but no row.
    ("tokens_by_text", "account_id, state, search, id"),
];

const KEEP_COUNTS_SQLITE: &str = "\
    CREATE TRIGGER token_counts_insert AFTER INSERT ON tokens BEGIN \
        INSERT INTO token_counts VALUES \
            (new.account_id, new.extension_id, new.state = 'active', new.state = 'inactive', new.state = 'deleted') \
        ON CONFLICT (account_id, extension_id) DO UPDATE SET active = active + excluded.active, \
            inactive = inactive + excluded.inactive, deleted = deleted + excluded.deleted; \
    END; \
    CREATE TRIGGER token_counts_update AFTER UPDATE OF account_id, extension_id, state ON tokens \
    WHEN (old.account_id, old.extension_id, old.state) IS NOT (new.account_id, new.extension_id, new.state) BEGIN \
        UPDATE token_counts SET active = active - (old.state = 'active'), \
            inactive = inactive - (old.state = 'inactive'), deleted = deleted - (old.state = 'deleted') \
        WHERE account_id = old.account_id AND extension_id = old.extension_id; \
        INSERT INTO token_counts VALUES \
            (new.account_id, new.extension_id, new.state = 'active', new.state = 'inactive', new.state = 'deleted') \
        ON CONFLICT (account_id, extension_id) DO UPDATE SET active = active + excluded.active, \
            inactive = inactive + excluded.inactive, deleted = deleted + excluded.deleted; \
    END; \
    CREATE TRIGGER token_counts_delete AFTER DELETE ON tokens BEGIN \
        UPDATE token_counts SET active = active - (old.state = 'active'), \
            inactive = inactive - (old.state = 'inactive'), deleted = deleted - (old.state = 'deleted') \
        WHERE account_id = old.account_id AND extension_id = old.extension_id; \
    END;";

const KEEP_COUNTS_POSTGRES: &str = "\
    CREATE FUNCTION latchkey_count_token() RETURNS trigger LANGUAGE plpgsql AS $$ \
    BEGIN \
        IF TG_OP <> 'INSERT' THEN \
            UPDATE token_counts SET active = active - (OLD.state = 'active')::int, \
                inactive = inactive - (OLD.state = 'inactive')::int, deleted = deleted - (OLD.state = 'deleted')::int \
            WHERE account_id = OLD.account_id AND extension_id = OLD.extension_id; \
        END IF; \
        IF TG_OP <> 'DELETE' THEN \
            INSERT INTO token_counts VALUES (NEW.account_id, NEW.extension_id, (NEW.state = 'active')::int, \
                (NEW.state = 'inactive')::int, (NEW.state = 'deleted')::int) \
            ON CONFLICT (account_id, extension_id) DO UPDATE SET active = token_counts.active + excluded.active, \
                inactive = token_counts.inactive + excluded.inactive, deleted = token_counts.deleted + excluded.deleted; \
        END IF; \
        RETURN NULL; \
    END $$; \
    CREATE TRIGGER token_counts_insert AFTER INSERT ON tokens FOR EACH ROW EXECUTE FUNCTION latchkey_count_token(); \
    CREATE TRIGGER token_counts_update AFTER UPDATE ON tokens FOR EACH ROW \
    WHEN ((OLD.account_id, OLD.extension_id, OLD.state) IS DISTINCT FROM (NEW.account_id, NEW.extension_id, NEW.state)) \
    EXECUTE FUNCTION latchkey_count_token(); \
    CREATE TRIGGER token_counts_delete AFTER DELETE ON tokens FOR EACH ROW EXECUTE FUNCTION latchkey_count_token();";

/// The words of all tokens that are not deleted, three letters at a time. A row's number is the digits of the
/// account's id and of the token's, so that the index is searched for one account without reading tokens
/// ([`crate::store::token_lists`] makes the same numbers). Contentless: what is taken out of it has to be told.
const SEARCH_SQLITE: &str = "\
    CREATE VIRTUAL TABLE token_search USING fts5(search, content='', columnsize=0, \
        tokenize='trigram case_sensitive 1'); \
    CREATE VIEW token_search_rows AS SELECT \
        id, state, search, \
        (CAST((substr(account_id, 1, 1) = 'P') || substr(account_id, 4, 3) || substr(account_id, 8, 3) AS INTEGER) \
            * 1000000000 \
            + CAST(substr(id, 4, 3) || substr(id, 8, 3) || substr(id, 12, 3) AS INTEGER)) AS number \
        FROM tokens; \
    INSERT INTO token_search (rowid, search) SELECT number, search FROM token_search_rows WHERE state <> 'deleted'; \
    CREATE TRIGGER token_search_insert AFTER INSERT ON tokens WHEN new.state <> 'deleted' BEGIN \
        INSERT INTO token_search (rowid, search) \
            SELECT number, new.search FROM token_search_rows WHERE id = new.id; \
    END; \
    CREATE TRIGGER token_search_update AFTER UPDATE OF search, state ON tokens \
    WHEN old.search <> new.search OR (old.state = 'deleted') <> (new.state = 'deleted') BEGIN \
        INSERT INTO token_search (token_search, rowid, search) \
            SELECT 'delete', number, old.search FROM token_search_rows WHERE id = new.id AND old.state <> 'deleted'; \
        INSERT INTO token_search (rowid, search) \
            SELECT number, new.search FROM token_search_rows WHERE id = new.id AND new.state <> 'deleted'; \
    END; \
    CREATE TRIGGER token_search_delete BEFORE DELETE ON tokens WHEN old.state <> 'deleted' BEGIN \
        INSERT INTO token_search (token_search, rowid, search) \
            SELECT 'delete', number, old.search FROM token_search_rows WHERE id = old.id; \
    END;";

/// The extension comes with PostgreSQL, but a database's owner may not be allowed to add it. Then a search reads
/// every row, and answers the same.
const SEARCH_POSTGRES: &str = "\
    DO $$ BEGIN \
        CREATE EXTENSION IF NOT EXISTS pg_trgm; \
        CREATE INDEX tokens_by_words ON tokens USING gin (search gin_trgm_ops); \
    EXCEPTION WHEN insufficient_privilege OR undefined_file OR undefined_object OR feature_not_supported THEN \
        RAISE WARNING 'latchkey: without pg_trgm a search reads every token: %', SQLERRM; \
    END $$;";
