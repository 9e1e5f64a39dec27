//! How many tokens have the words that many have: until now each process remembered that by itself, until the next change.
//! And on PostgreSQL an index of the numbers by which words are found, so that a token is found by its number.

use sea_orm::{ConnectionTrait as _, DatabaseBackend};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null},
};

use super::m0009_groups_and_marks::by_bytes;

/// The tenth change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0010_word_totals"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let is_postgres = connection.get_database_backend() == DatabaseBackend::Postgres;
        manager.create_table(totals(is_postgres)).await?;
        connection.execute_unprepared(&if is_postgres { keep_postgres() } else { keep_sqlite() }).await?;
        connection.execute_unprepared(CHANGES).await?;
        connection.execute_unprepared(if is_postgres { COUNT_ALL_POSTGRES } else { COUNT_ALL_SQLITE }).await?;
        if is_postgres {
            connection.execute_unprepared(BY_NUMBER).await?;
        }
        Ok(())
    }
}

/// How many tokens that are not deleted have some folded words, all of an account or those of an extension: what a search
/// has counted once, triggers keep. Without a foreign key, as `token_groups` is.
fn totals(is_postgres: bool) -> TableCreateStatement {
    Table::create()
        .table(Alias::new("token_word_totals"))
        .col(by_bytes("account_id", is_postgres))
        // Empty for all.
        .col(by_bytes("extension_id", is_postgres))
        .col(by_bytes("words", is_postgres))
        // Null until it is counted.
        .col(big_integer_null("total"))
        // Of these, the inactive ones. Null until they are counted.
        .col(big_integer_null("inactive"))
        // The larger, the later it was counted.
        .col(big_integer("sequence"))
        .primary_key(
            Index::create().col(Alias::new("account_id")).col(Alias::new("extension_id")).col(Alias::new("words")),
        )
        .to_owned()
}

/// What counts changes says whether a total that was counted meanwhile may be kept: an account that has not changed since
/// there is such a count has no row yet.
const CHANGES: &str = "\
    INSERT INTO token_changes (account_id, changes) SELECT id, 0 FROM accounts WHERE true ON CONFLICT DO NOTHING;";

/// Whatever changes what a list has in it is counted from now on, and not only the words.
const COUNT_ALL_SQLITE: &str = "\
    CREATE TRIGGER token_changes_insert AFTER INSERT ON tokens BEGIN \
        INSERT INTO token_changes VALUES (new.account_id, 1) ON CONFLICT DO UPDATE SET changes = changes + 1; END; \
    CREATE TRIGGER token_changes_update AFTER UPDATE ON tokens BEGIN \
        UPDATE token_changes SET changes = changes + 1 WHERE account_id IN (old.account_id, new.account_id); END; \
    CREATE TRIGGER token_changes_delete AFTER DELETE ON tokens BEGIN \
        UPDATE token_changes SET changes = changes + 1 WHERE account_id = old.account_id; END; \
    CREATE TRIGGER token_changes_permit AFTER INSERT ON token_permissions BEGIN \
        UPDATE token_changes SET changes = changes + 1 \
        WHERE account_id = (SELECT account_id FROM tokens WHERE id = new.token_id); END; \
    CREATE TRIGGER token_changes_alter AFTER UPDATE ON token_permissions BEGIN \
        UPDATE token_changes SET changes = changes + 1 \
        WHERE account_id IN (SELECT account_id FROM tokens WHERE id IN (old.token_id, new.token_id)); END; \
    CREATE TRIGGER token_changes_refuse AFTER DELETE ON token_permissions BEGIN \
        UPDATE token_changes SET changes = changes + 1 \
        WHERE account_id = (SELECT account_id FROM tokens WHERE id = old.token_id); END;";

/// As on SQLite; what is not here is counted since the ninth change. After the statement and not before each row, since a
/// statement of many rows would hold what others wait for while it waits for a row of theirs.
const COUNT_ALL_POSTGRES: &str = "\
    CREATE FUNCTION latchkey_change_token() RETURNS trigger LANGUAGE plpgsql AS $$ \
    BEGIN PERFORM latchkey_change(OLD.account_id); RETURN NULL; END $$; \
    CREATE TRIGGER token_changes_update AFTER UPDATE ON tokens FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) \
        EXECUTE FUNCTION latchkey_change_token();";

/// Adds 1 for a token to each total that it belongs to, or takes it away.
fn count(sign: char, token: &str, has: &str) -> String {
    format!(
        "UPDATE token_word_totals SET total = total {sign} 1, \
            inactive = inactive {sign} CASE {token}.state WHEN 'inactive' THEN 1 ELSE 0 END \
        WHERE account_id = {token}.account_id AND extension_id IN ('', {token}.extension_id) AND {has};"
    )
}

/// Beside those of the ninth change that keep the words.
fn keep_sqlite() -> String {
    let add = count('+', "new", "instr(new.search, words) > 0");
    let take_away = count('-', "old", "instr(old.search, words) > 0");
    let columns = "id, account_id, search, state, extension_id";
    format!(
        "CREATE TRIGGER token_word_totals_insert AFTER INSERT ON tokens WHEN new.state <> 'deleted' BEGIN {add} END; \
        CREATE TRIGGER token_word_totals_old AFTER UPDATE OF {columns} ON tokens WHEN old.state <> 'deleted' \
            BEGIN {take_away} END; \
        CREATE TRIGGER token_word_totals_new AFTER UPDATE OF {columns} ON tokens WHEN new.state <> 'deleted' \
            BEGIN {add} END; \
        CREATE TRIGGER token_word_totals_delete AFTER DELETE ON tokens WHEN old.state <> 'deleted' \
            BEGIN {take_away} END; \
        CREATE TRIGGER token_word_totals_of_account AFTER DELETE ON accounts BEGIN \
            DELETE FROM token_word_totals WHERE account_id = old.id; END;"
    )
}

/// In what keeps the words since the ninth change. Whoever comes here holds the account's row in `token_changes`.
fn keep_postgres() -> String {
    let add = count('+', "NEW", "position(words in NEW.search) > 0");
    let take_away = count('-', "OLD", "position(words in OLD.search) > 0");
    format!(
        "CREATE OR REPLACE FUNCTION latchkey_search_token() RETURNS trigger LANGUAGE plpgsql AS $$ \
        BEGIN \
            IF TG_OP = 'UPDATE' THEN PERFORM latchkey_change(NEW.account_id); END IF; \
            IF TG_OP <> 'INSERT' AND OLD.state <> 'deleted' THEN \
                DELETE FROM token_search WHERE number = latchkey_token_number(OLD.account_id, OLD.id); {take_away} \
            END IF; \
            IF TG_OP <> 'DELETE' AND NEW.state <> 'deleted' THEN \
                INSERT INTO token_search VALUES \
                    (latchkey_token_number(NEW.account_id, NEW.id), NEW.search, NEW.state, NEW.extension_id); {add} \
            END IF; \
            RETURN NULL; \
        END $$; \
        CREATE OR REPLACE FUNCTION latchkey_forget_groups() RETURNS trigger LANGUAGE plpgsql AS $$ \
        BEGIN \
            DELETE FROM token_groups WHERE account_id = OLD.id; DELETE FROM token_steps WHERE account_id = OLD.id; \
            DELETE FROM token_word_totals WHERE account_id = OLD.id; \
            RETURN NULL; \
        END $$;"
    )
}

/// With all that a pattern is held against, so that ten thousand tokens need not be read for it. The index of ids needs no
/// names then.
const BY_NUMBER: &str = "\
    CREATE INDEX tokens_by_number ON tokens (latchkey_token_number(account_id, id)) \
        INCLUDE (account_id, id, state, name); \
    DROP INDEX tokens_by_id; \
    CREATE INDEX tokens_by_id ON tokens (account_id, id, state);";
