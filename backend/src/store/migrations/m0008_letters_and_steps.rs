//! What lists of a million tokens still lacked: an index for words of one or two letters, words in a narrow table on
//! PostgreSQL, a count of changes that says whether a total is still right, and steps by which a page far down is found
//! without passing over all rows before it.

use sea_orm::{ConnectionTrait as _, DatabaseBackend};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string},
};

use super::m0005_counts_and_search::COUNT_ALL;

/// The eighth change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0008_letters_and_steps"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        // What the fifth change counted while processes of the version before went on writing may lack a token of theirs.
        for correction in [FOLD_SIGMA, "DELETE FROM token_counts", COUNT_ALL] {
            connection.execute_unprepared(correction).await?;
        }
        manager.create_table(steps()).await?;
        manager.create_table(changes()).await?;
        let parts = match connection.get_database_backend() {
            DatabaseBackend::Postgres => [COUNT, KEEP_STEPS_POSTGRES, WORDS_POSTGRES],
            _ => [COUNT, KEEP_STEPS_SQLITE, LETTERS_SQLITE],
        };
        for part in parts {
            connection.execute_unprepared(part).await?;
        }
        // What no list reads any more.
        for index in ["tokens_by_text", "tokens_by_words"] {
            connection.execute_unprepared(&format!("DROP INDEX IF EXISTS {index}")).await?;
        }
        connection.execute_unprepared(BY_ID).await?;
        Ok(())
    }
}

/// As [`crate::rql::folded`] has it since then.
const FOLD_SIGMA: &str = "UPDATE tokens SET search = replace(search, 'ς', 'σ') WHERE search LIKE '%ς%';";

/// With the name in it, a pattern is held against ten thousand names without reading as many rows.
const BY_ID: &str = "\
    DROP INDEX tokens_by_id; \
    CREATE INDEX tokens_by_id ON tokens (account_id, id, state, name);";

/// How many tokens that are not deleted an account has in each step of an order: of the day (UTC) on which they were
/// created, and of the first three digits of the id. Triggers keep it.
fn steps() -> TableCreateStatement {
    Table::create()
        .table(Alias::new("token_steps"))
        .col(string("account_id"))
        // `created` or `id`.
        .col(string("kind"))
        .col(big_integer("step"))
        .col(big_integer("tokens"))
        .primary_key(Index::create().col(Alias::new("account_id")).col(Alias::new("kind")).col(Alias::new("step")))
        .foreign_key(&mut owner())
        .to_owned()
}

/// How often the words of an account's tokens have changed, from this migration on. The triggers of the indexes of words
/// keep it.
fn changes() -> TableCreateStatement {
    Table::create()
        .table(Alias::new("token_changes"))
        .col(string("account_id").primary_key())
        .col(big_integer("changes"))
        .foreign_key(&mut owner())
        .to_owned()
}

fn owner() -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from_col(Alias::new("account_id"))
        .to(Alias::new("accounts"), Alias::new("id"))
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

const COUNT: &str = "\
    INSERT INTO token_steps (account_id, kind, step, tokens) \
    SELECT account_id, 'created', created_at / 86400, COUNT(*) FROM tokens WHERE state <> 'deleted' \
    GROUP BY account_id, created_at / 86400; \
    INSERT INTO token_steps (account_id, kind, step, tokens) \
    SELECT account_id, 'id', CAST(substr(id, 4, 3) AS integer), COUNT(*) FROM tokens WHERE state <> 'deleted' \
    GROUP BY account_id, CAST(substr(id, 4, 3) AS integer); \
    INSERT INTO token_changes (account_id, changes) SELECT id, 0 FROM accounts;";

const KEEP_STEPS_SQLITE: &str = "\
    CREATE TRIGGER token_steps_insert AFTER INSERT ON tokens WHEN new.state <> 'deleted' BEGIN \
        INSERT INTO token_steps VALUES \
            (new.account_id, 'created', new.created_at / 86400, 1), \
            (new.account_id, 'id', CAST(substr(new.id, 4, 3) AS integer), 1) \
        ON CONFLICT DO UPDATE SET tokens = tokens + 1; \
    END; \
    CREATE TRIGGER token_steps_update AFTER UPDATE OF account_id, id, created_at, state ON tokens \
    WHEN (old.account_id, old.id, old.created_at, old.state = 'deleted') \
        IS NOT (new.account_id, new.id, new.created_at, new.state = 'deleted') BEGIN \
        UPDATE token_steps SET tokens = tokens - 1 WHERE old.state <> 'deleted' AND account_id = old.account_id AND \
            (kind = 'created' AND step = old.created_at / 86400 \
            OR kind = 'id' AND step = CAST(substr(old.id, 4, 3) AS integer)); \
        INSERT INTO token_steps SELECT * FROM ( \
            SELECT new.account_id, 'created', new.created_at / 86400, 1 UNION ALL \
            SELECT new.account_id, 'id', CAST(substr(new.id, 4, 3) AS integer), 1) \
        WHERE new.state <> 'deleted' ON CONFLICT DO UPDATE SET tokens = tokens + 1; \
    END; \
    CREATE TRIGGER token_steps_delete AFTER DELETE ON tokens WHEN old.state <> 'deleted' BEGIN \
        UPDATE token_steps SET tokens = tokens - 1 WHERE account_id = old.account_id AND \
            (kind = 'created' AND step = old.created_at / 86400 \
            OR kind = 'id' AND step = CAST(substr(old.id, 4, 3) AS integer)); \
    END;";

const KEEP_STEPS_POSTGRES: &str = "\
    CREATE FUNCTION latchkey_step_token() RETURNS trigger LANGUAGE plpgsql AS $$ \
    BEGIN \
        IF TG_OP <> 'INSERT' AND OLD.state <> 'deleted' THEN \
            UPDATE token_steps SET tokens = tokens - 1 WHERE account_id = OLD.account_id AND \
                (kind = 'created' AND step = OLD.created_at / 86400 \
                OR kind = 'id' AND step = CAST(substr(OLD.id, 4, 3) AS integer)); \
        END IF; \
        IF TG_OP <> 'DELETE' AND NEW.state <> 'deleted' THEN \
            INSERT INTO token_steps VALUES \
                (NEW.account_id, 'created', NEW.created_at / 86400, 1), \
                (NEW.account_id, 'id', CAST(substr(NEW.id, 4, 3) AS integer), 1) \
            ON CONFLICT (account_id, kind, step) DO UPDATE SET tokens = token_steps.tokens + 1; \
        END IF; \
        RETURN NULL; \
    END $$; \
    CREATE TRIGGER token_steps_insert AFTER INSERT ON tokens FOR EACH ROW EXECUTE FUNCTION latchkey_step_token(); \
    CREATE TRIGGER token_steps_update AFTER UPDATE ON tokens FOR EACH ROW \
    WHEN ((OLD.account_id, OLD.id, OLD.created_at, OLD.state = 'deleted') \
        IS DISTINCT FROM (NEW.account_id, NEW.id, NEW.created_at, NEW.state = 'deleted')) \
    EXECUTE FUNCTION latchkey_step_token(); \
    CREATE TRIGGER token_steps_delete AFTER DELETE ON tokens FOR EACH ROW EXECUTE FUNCTION latchkey_step_token();";

/// The index of words that the fifth change made knows three letters and more. This one knows each letter, and each
/// two that stand side by side, as hexadecimal digits; its rows have the same numbers. Contentless, too: what is taken
/// out has to be told, so the letters of the row before are made before the row is changed.
const LETTERS_SQLITE: &str = "\
    CREATE VIRTUAL TABLE token_letters USING fts5(letters, content='', columnsize=0, detail=none, tokenize='ascii'); \
    CREATE VIEW token_letters_rows AS SELECT id, state, number, ( \
            WITH RECURSIVE place (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM place WHERE at < length(search)) \
            SELECT group_concat(hex(substr(search, at, 1)) || ' ' || hex(substr(search, at, 2)), ' ') FROM place \
        ) AS letters \
        FROM token_search_rows; \
    INSERT INTO token_letters (rowid, letters) SELECT number, letters FROM token_letters_rows WHERE state <> 'deleted'; \
    CREATE TRIGGER token_letters_insert AFTER INSERT ON tokens WHEN new.state <> 'deleted' BEGIN \
        INSERT INTO token_letters (rowid, letters) SELECT number, letters FROM token_letters_rows WHERE id = new.id; \
        INSERT INTO token_changes VALUES (new.account_id, 1) ON CONFLICT DO UPDATE SET changes = changes + 1; \
    END; \
    CREATE TRIGGER token_letters_before_update BEFORE UPDATE OF search, state ON tokens \
    WHEN old.state <> 'deleted' AND (old.search <> new.search OR new.state = 'deleted') BEGIN \
        INSERT INTO token_letters (token_letters, rowid, letters) \
            SELECT 'delete', number, letters FROM token_letters_rows WHERE id = old.id; \
        UPDATE token_changes SET changes = changes + 1 WHERE account_id = old.account_id; \
    END; \
    CREATE TRIGGER token_letters_update AFTER UPDATE OF search, state ON tokens \
    WHEN new.state <> 'deleted' AND (old.search <> new.search OR old.state = 'deleted') BEGIN \
        INSERT INTO token_letters (rowid, letters) SELECT number, letters FROM token_letters_rows WHERE id = new.id; \
        INSERT INTO token_changes VALUES (new.account_id, 1) ON CONFLICT DO UPDATE SET changes = changes + 1; \
    END; \
    CREATE TRIGGER token_letters_delete BEFORE DELETE ON tokens WHEN old.state <> 'deleted' BEGIN \
        INSERT INTO token_letters (token_letters, rowid, letters) \
            SELECT 'delete', number, letters FROM token_letters_rows WHERE id = old.id; \
        UPDATE token_changes SET changes = changes + 1 WHERE account_id = old.account_id; \
    END;";

/// The words of all tokens that are not deleted, by the same numbers as on SQLite, in a table so narrow that looking
/// at a great part of a million takes a third of what the tokens themselves would. Without `pg_trgm` (see the fifth
/// change) a search for three letters and more looks at all of an account. For shorter words there is an index of letters,
/// as on SQLite: the numbers that Unicode gives them, and of two side by side both in one number.
const WORDS_POSTGRES: &str = "\
    CREATE FUNCTION latchkey_token_number(account_id varchar, id varchar) RETURNS bigint \
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CAST( \
            CASE substr(account_id, 1, 1) WHEN 'P' THEN '1' ELSE '0' END || substr(account_id, 4, 3) \
            || substr(account_id, 8, 3) || substr(id, 4, 3) || substr(id, 8, 3) || substr(id, 12, 3) AS bigint) $$; \
    CREATE TABLE token_search (number bigint NOT NULL, search text COLLATE \"C\" NOT NULL); \
    INSERT INTO token_search SELECT latchkey_token_number(account_id, id), search FROM tokens WHERE state <> 'deleted'; \
    ALTER TABLE token_search ADD PRIMARY KEY (number); \
    CREATE FUNCTION latchkey_search_token() RETURNS trigger LANGUAGE plpgsql AS $$ \
    BEGIN \
        IF TG_OP <> 'INSERT' AND OLD.state <> 'deleted' THEN \
            DELETE FROM token_search WHERE number = latchkey_token_number(OLD.account_id, OLD.id); \
            UPDATE token_changes SET changes = changes + 1 WHERE account_id = OLD.account_id; \
        END IF; \
        IF TG_OP <> 'DELETE' AND NEW.state <> 'deleted' THEN \
            INSERT INTO token_search VALUES (latchkey_token_number(NEW.account_id, NEW.id), NEW.search); \
            INSERT INTO token_changes VALUES (NEW.account_id, 1) \
                ON CONFLICT (account_id) DO UPDATE SET changes = token_changes.changes + 1; \
        END IF; \
        RETURN NULL; \
    END $$; \
    CREATE TRIGGER token_search_insert AFTER INSERT ON tokens FOR EACH ROW EXECUTE FUNCTION latchkey_search_token(); \
    CREATE TRIGGER token_search_update AFTER UPDATE ON tokens FOR EACH ROW \
    WHEN ((OLD.account_id, OLD.id, OLD.search, OLD.state = 'deleted') \
        IS DISTINCT FROM (NEW.account_id, NEW.id, NEW.search, NEW.state = 'deleted')) \
    EXECUTE FUNCTION latchkey_search_token(); \
    CREATE TRIGGER token_search_delete AFTER DELETE ON tokens FOR EACH ROW EXECUTE FUNCTION latchkey_search_token(); \
    DO $$ BEGIN \
        CREATE INDEX token_search_words ON token_search USING gin (search gin_trgm_ops); \
    EXCEPTION WHEN undefined_object THEN \
        RAISE WARNING 'latchkey: without pg_trgm a search looks at every token: %', SQLERRM; \
    END $$; \
    CREATE FUNCTION latchkey_letters(search text) RETURNS bigint[] \
        LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$ \
            SELECT array_agg(ascii(one)::bigint) || array_agg(ascii(one)::bigint << 21 | coalesce(ascii(two), 0)) \
            FROM unnest(string_to_array(search, NULL), (string_to_array(search, NULL))[2:]) AS pairs (one, two) $$; \
    CREATE INDEX token_search_letters ON token_search USING gin (latchkey_letters(search)); \
    ANALYZE token_search;";
