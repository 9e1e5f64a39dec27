//! What lists of a million tokens lacked when more than one thing is asked for: counts of the tokens that have a module, a
//! creator or an extension, counts of those that end in some time, and the state and the extension beside the words.

use sea_orm::{ConnectionTrait as _, DatabaseBackend};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string},
};

/// The ninth change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0009_groups_and_marks"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let is_postgres = connection.get_database_backend() == DatabaseBackend::Postgres;
        connection.execute_unprepared(if is_postgres { FORGET_POSTGRES } else { FORGET_SQLITE }).await?;
        manager.create_table(groups(is_postgres)).await?;
        for part in [GROUPS_OF, STEPS_OF, COUNT] {
            connection.execute_unprepared(part).await?;
        }
        if is_postgres {
            connection.execute_unprepared(&keep_groups_postgres()).await?;
            connection.execute_unprepared(COUNTS_AS_BEFORE).await?;
            connection.execute_unprepared(MARKS_POSTGRES).await?;
        } else {
            connection.execute_unprepared(&keep_groups_sqlite()).await?;
            connection.execute_unprepared(MARKS_SQLITE).await?;
        }
        connection.execute_unprepared(BY_GROUP).await?;
        Ok(())
    }
}

/// What kept the counts and the steps until now. PostgreSQL would look for the account of a step again with the second token
/// that an account takes along when it goes.
const FORGET_SQLITE: &str = "\
    DROP TRIGGER token_counts_insert; DROP TRIGGER token_counts_update; DROP TRIGGER token_counts_delete; \
    DROP TRIGGER token_steps_insert; DROP TRIGGER token_steps_update; DROP TRIGGER token_steps_delete; \
    DROP TABLE token_counts; DELETE FROM token_steps;";

const FORGET_POSTGRES: &str = "\
    DROP FUNCTION latchkey_count_token CASCADE; DROP FUNCTION latchkey_step_token CASCADE; \
    DROP TABLE token_counts; DELETE FROM token_steps; \
    ALTER TABLE token_steps DROP CONSTRAINT token_steps_account_id_fkey;";

/// How many tokens of an account have a value of a property, in each state: `extension.id`, `extension.name`,
/// `events.created.by.id`, `events.created.by.name` and `permissions.object.id`; with an empty property, all of them.
///
/// There is no foreign key: a change of a token, which waits for its account's counts, would have to wait for the account
/// as well, and whoever creates a token holds that and waits for the counts.
fn groups(is_postgres: bool) -> TableCreateStatement {
    Table::create()
        .table(Alias::new("token_groups"))
        .col(by_bytes("account_id", is_postgres))
        .col(by_bytes("property", is_postgres))
        .col(by_bytes("value", is_postgres))
        .col(big_integer("active"))
        .col(big_integer("inactive"))
        .col(big_integer("deleted"))
        .primary_key(Index::create().col(Alias::new("account_id")).col(Alias::new("property")).col(Alias::new("value")))
        .to_owned()
}

/// A text that is compared by bytes, as the columns of tokens are.
pub(super) fn by_bytes(name: &'static str, is_postgres: bool) -> ColumnDef {
    let mut column = string(name);
    if is_postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

const GROUPS_OF: &str = "\
    CREATE VIEW token_groups_of (token_id, account_id, state, property, value) AS \
    SELECT id, account_id, state, '', '' FROM tokens \
    UNION ALL SELECT id, account_id, state, 'extension.id', extension_id FROM tokens \
    UNION ALL SELECT id, account_id, state, 'extension.name', extension_name FROM tokens \
    UNION ALL SELECT id, account_id, state, 'events.created.by.id', created_by_id FROM tokens \
    UNION ALL SELECT id, account_id, state, 'events.created.by.name', created_by_name FROM tokens \
    UNION ALL SELECT id, account_id, state, 'permissions.object.id', module_id \
        FROM tokens JOIN token_permissions ON token_id = id;";

/// The steps of the eighth change, and the day (UTC) on which a token ends, of those that do.
const STEPS_OF: &str = "\
    CREATE VIEW token_steps_of (token_id, account_id, kind, step) AS \
    SELECT id, account_id, 'created', created_at / 86400 FROM tokens WHERE state <> 'deleted' \
    UNION ALL SELECT id, account_id, 'ends', expires_at / 86400 FROM tokens \
        WHERE state <> 'deleted' AND expires_at IS NOT NULL \
    UNION ALL SELECT id, account_id, 'id', CAST(substr(id, 4, 3) AS integer) FROM tokens WHERE state <> 'deleted';";

const COUNT: &str = "\
    INSERT INTO token_groups (account_id, property, value, active, inactive, deleted) \
    SELECT account_id, property, value, SUM(CASE state WHEN 'active' THEN 1 ELSE 0 END), \
        SUM(CASE state WHEN 'inactive' THEN 1 ELSE 0 END), SUM(CASE state WHEN 'deleted' THEN 1 ELSE 0 END) \
    FROM token_groups_of GROUP BY account_id, property, value; \
    INSERT INTO token_steps (account_id, kind, step, tokens) \
    SELECT account_id, kind, step, COUNT(*) FROM token_steps_of GROUP BY account_id, kind, step;";

/// Adds a token that is new or has changed to the counts and the steps of what `token_groups_of` and `token_steps_of` say
/// of it at that moment, as far as `also` holds. In the same order wherever it happens, so that two changes never wait for
/// each other in a circle.
fn count_in(token: &str, also: &str) -> String {
    format!(
        "INSERT INTO token_groups \
            SELECT account_id, property, value, CASE state WHEN 'active' THEN 1 ELSE 0 END, \
                CASE state WHEN 'inactive' THEN 1 ELSE 0 END, CASE state WHEN 'deleted' THEN 1 ELSE 0 END \
            FROM token_groups_of WHERE token_id = {token}.id {also} ORDER BY property, value \
            ON CONFLICT (account_id, property, value) DO UPDATE SET active = token_groups.active + excluded.active, \
                inactive = token_groups.inactive + excluded.inactive, deleted = token_groups.deleted + excluded.deleted; \
        INSERT INTO token_steps \
            SELECT account_id, kind, step, 1 FROM token_steps_of WHERE token_id = {token}.id ORDER BY kind \
            ON CONFLICT (account_id, kind, step) DO UPDATE SET tokens = token_steps.tokens + 1;"
    )
}

/// Takes a token that is about to change or to go out of them again. When its account is going, too, there may be nothing
/// left to take it out of.
fn count_out(token: &str) -> String {
    format!(
        "UPDATE token_groups SET active = active - CASE {token}.state WHEN 'active' THEN 1 ELSE 0 END, \
            inactive = inactive - CASE {token}.state WHEN 'inactive' THEN 1 ELSE 0 END, \
            deleted = deleted - CASE {token}.state WHEN 'deleted' THEN 1 ELSE 0 END \
        WHERE (account_id, property, value) IN \
            (SELECT account_id, property, value FROM token_groups_of WHERE token_id = {token}.id); \
        UPDATE token_steps SET tokens = tokens - 1 WHERE (account_id, kind, step) IN \
            (SELECT account_id, kind, step FROM token_steps_of WHERE token_id = {token}.id);"
    )
}

/// Adds 1 to the counts of the module of a permission, or takes it away.
fn count_permission(sign: char, permission: &str) -> String {
    format!(
        "INSERT INTO token_groups \
            SELECT account_id, 'permissions.object.id', {permission}.module_id, \
                {sign} CASE state WHEN 'active' THEN 1 ELSE 0 END, {sign} CASE state WHEN 'inactive' THEN 1 ELSE 0 END, \
                {sign} CASE state WHEN 'deleted' THEN 1 ELSE 0 END \
            FROM tokens WHERE id = {permission}.token_id \
            ON CONFLICT (account_id, property, value) DO UPDATE SET active = token_groups.active + excluded.active, \
                inactive = token_groups.inactive + excluded.inactive, deleted = token_groups.deleted + excluded.deleted;"
    )
}

/// A token that is new has no permissions yet, not even when one statement adds both: that of the permission counts it.
const NO_MODULE: &str = "AND property <> 'permissions.object.id'";

/// What of a token is counted.
const COUNTED: [&str; 9] = [
    "id",
    "account_id",
    "state",
    "extension_id",
    "extension_name",
    "created_by_id",
    "created_by_name",
    "created_at",
    "expires_at",
];

fn is_counted_anew(is_distinct: &str) -> String {
    let of = |row: &str| COUNTED.map(|column| format!("{row}.{column}")).join(", ");
    format!("({}) {is_distinct} ({})", of("OLD"), of("NEW"))
}

/// Taken away before a change, and added after it: no way of changing a token can forget to. A token that goes takes its
/// permissions along first, while it can still be asked what it was.
fn keep_groups_sqlite() -> String {
    let (columns, is_counted_anew) = (COUNTED.join(", "), is_counted_anew("IS NOT"));
    let (insert, add, take_away) = (count_in("new", NO_MODULE), count_in("new", ""), count_out("old"));
    let (permit, refuse) = (count_permission('+', "new"), count_permission('-', "old"));
    format!(
        "CREATE TRIGGER token_groups_insert AFTER INSERT ON tokens BEGIN {insert} END; \
        CREATE TRIGGER token_groups_before BEFORE UPDATE OF {columns} ON tokens WHEN {is_counted_anew} BEGIN \
            {take_away} END; \
        CREATE TRIGGER token_groups_after AFTER UPDATE OF {columns} ON tokens WHEN {is_counted_anew} BEGIN {add} END; \
        CREATE TRIGGER token_groups_delete BEFORE DELETE ON tokens BEGIN \
            DELETE FROM token_permissions WHERE token_id = old.id; {take_away} END; \
        CREATE TRIGGER token_groups_of_account AFTER DELETE ON accounts BEGIN \
            DELETE FROM token_groups WHERE account_id = old.id; END; \
        CREATE TRIGGER token_permissions_insert AFTER INSERT ON token_permissions BEGIN {permit} END; \
        CREATE TRIGGER token_permissions_update AFTER UPDATE ON token_permissions BEGIN {refuse} {permit} END; \
        CREATE TRIGGER token_permissions_delete BEFORE DELETE ON token_permissions BEGIN {refuse} END;"
    )
}

/// As on SQLite. The row in `token_changes` is what all changes of an account's tokens wait for first, but for its account:
/// a process of the version before locks that while it adds a token, and then waits for this.
fn keep_groups_postgres() -> String {
    let is_counted_anew = is_counted_anew("IS DISTINCT FROM");
    let (insert, add, take_away) = (count_in("NEW", NO_MODULE), count_in("NEW", ""), count_out("OLD"));
    let (permit, refuse) = (count_permission('+', "NEW"), count_permission('-', "OLD"));
    format!(
        "CREATE FUNCTION latchkey_change(account varchar) RETURNS void LANGUAGE sql AS $$ \
            SELECT 1 FROM accounts WHERE id = account FOR KEY SHARE; \
            INSERT INTO token_changes SELECT id, 1 FROM accounts WHERE id = account \
            ON CONFLICT (account_id) DO UPDATE SET changes = token_changes.changes + 1 $$; \
        CREATE FUNCTION latchkey_group_token() RETURNS trigger LANGUAGE plpgsql AS $$ \
        BEGIN \
            IF TG_OP = 'INSERT' THEN PERFORM latchkey_change(NEW.account_id); {insert} RETURN NULL; END IF; \
            IF TG_WHEN = 'AFTER' THEN {add} RETURN NULL; END IF; \
            PERFORM latchkey_change(OLD.account_id); \
            IF TG_OP = 'DELETE' THEN \
                DELETE FROM token_permissions WHERE token_id = OLD.id; {take_away} RETURN OLD; \
            END IF; \
            {take_away} RETURN NEW; \
        END $$; \
        CREATE TRIGGER token_groups_insert AFTER INSERT ON tokens FOR EACH ROW EXECUTE FUNCTION latchkey_group_token(); \
        CREATE TRIGGER token_groups_before BEFORE UPDATE ON tokens FOR EACH ROW WHEN ({is_counted_anew}) \
            EXECUTE FUNCTION latchkey_group_token(); \
        CREATE TRIGGER token_groups_after AFTER UPDATE ON tokens FOR EACH ROW WHEN ({is_counted_anew}) \
            EXECUTE FUNCTION latchkey_group_token(); \
        CREATE TRIGGER token_groups_delete BEFORE DELETE ON tokens FOR EACH ROW \
            EXECUTE FUNCTION latchkey_group_token(); \
        CREATE FUNCTION latchkey_forget_groups() RETURNS trigger LANGUAGE plpgsql AS $$ \
        BEGIN \
            DELETE FROM token_groups WHERE account_id = OLD.id; DELETE FROM token_steps WHERE account_id = OLD.id; \
            RETURN NULL; \
        END $$; \
        CREATE TRIGGER token_groups_of_account AFTER DELETE ON accounts FOR EACH ROW \
            EXECUTE FUNCTION latchkey_forget_groups(); \
        CREATE FUNCTION latchkey_group_permission() RETURNS trigger LANGUAGE plpgsql AS $$ \
        BEGIN \
            IF TG_OP <> 'INSERT' THEN \
                PERFORM latchkey_change(account_id) FROM tokens WHERE id = OLD.token_id; {refuse} \
            END IF; \
            IF TG_OP <> 'DELETE' THEN \
                PERFORM latchkey_change(account_id) FROM tokens WHERE id = NEW.token_id; {permit} \
            END IF; \
            RETURN NULL; \
        END $$; \
        CREATE TRIGGER token_permissions_change AFTER INSERT OR UPDATE OR DELETE ON token_permissions FOR EACH ROW \
            EXECUTE FUNCTION latchkey_group_permission();"
    )
}

/// For processes of the version before, which go on during a rolling upgrade: of the same types, down to the collation,
/// or the statements that they have prepared fail.
const COUNTS_AS_BEFORE: &str = "\
    CREATE VIEW token_counts AS SELECT account_id COLLATE \"default\" AS account_id, \
        value COLLATE \"default\" AS extension_id, active, inactive, deleted \
    FROM token_groups WHERE property = 'extension.id';";

/// For filters and, the third, for an order.
const BY_GROUP: &str = "\
    CREATE INDEX tokens_by_creator_id ON tokens (account_id, created_by_id, id, state); \
    CREATE INDEX tokens_by_creator_name ON tokens (account_id, created_by_name, id, state); \
    CREATE INDEX tokens_by_extension ON tokens (account_id, extension_id, id, state);";

/// What can be asked for together with words. Beside the trigrams, in a column of its own, in three letters each: `+++` for
/// active and `---` for inactive; `#` and one letter for each three digits of the extension's id. Among the letters: `on`
/// or `off`, and `x` with the digits, which are no hexadecimal digits; they are added to the rows that are there.
const MARKS_SQLITE: &str = "\
    DROP TRIGGER token_search_insert; DROP TRIGGER token_search_update; DROP TRIGGER token_search_delete; \
    DROP TRIGGER token_letters_insert; DROP TRIGGER token_letters_before_update; DROP TRIGGER token_letters_update; \
    DROP TRIGGER token_letters_delete; \
    DROP VIEW token_letters_rows; DROP VIEW token_search_rows; DROP TABLE token_search; \
    CREATE VIRTUAL TABLE token_search USING fts5(search, marks, content='', columnsize=0, \
        tokenize='trigram case_sensitive 1'); \
    CREATE VIEW token_search_rows AS SELECT \
        id, state, search, \
        CASE state WHEN 'active' THEN '+++' ELSE '---' END \
            || '#' || char(19968 + CAST(substr(extension_id, 5, 3) AS INTEGER)) \
            || char(19968 + CAST(substr(extension_id, 9, 3) AS INTEGER)) AS marks, \
        CASE state WHEN 'active' THEN 'on' ELSE 'off' END \
            || ' x' || substr(extension_id, 5, 3) || substr(extension_id, 9, 3) AS more_letters, \
        (CAST((substr(account_id, 1, 1) = 'P') || substr(account_id, 4, 3) || substr(account_id, 8, 3) AS INTEGER) \
            * 1000000000 \
            + CAST(substr(id, 4, 3) || substr(id, 8, 3) || substr(id, 12, 3) AS INTEGER)) AS number \
        FROM tokens; \
    CREATE VIEW token_letters_rows AS SELECT id, number, ( \
            WITH RECURSIVE place (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM place WHERE at < length(search)) \
            SELECT group_concat(hex(substr(search, at, 1)) || ' ' || hex(substr(search, at, 2)), ' ') FROM place \
        ) || ' ' || more_letters AS letters \
        FROM token_search_rows; \
    INSERT INTO token_search (rowid, search, marks) \
        SELECT number, search, marks FROM token_search_rows WHERE state <> 'deleted' ORDER BY number; \
    INSERT INTO token_letters (rowid, letters) \
        SELECT number, more_letters FROM token_search_rows WHERE state <> 'deleted' ORDER BY number; \
    CREATE TRIGGER token_words_insert AFTER INSERT ON tokens WHEN new.state <> 'deleted' BEGIN \
        INSERT INTO token_search (rowid, search, marks) \
            SELECT number, search, marks FROM token_search_rows WHERE id = new.id; \
        INSERT INTO token_letters (rowid, letters) SELECT number, letters FROM token_letters_rows WHERE id = new.id; \
        INSERT INTO token_changes VALUES (new.account_id, 1) ON CONFLICT DO UPDATE SET changes = changes + 1; \
    END; \
    CREATE TRIGGER token_words_before BEFORE UPDATE OF id, account_id, search, state, extension_id ON tokens \
    WHEN old.state <> 'deleted' \
        AND (old.id, old.account_id, old.search, old.state, old.extension_id) \
            IS NOT (new.id, new.account_id, new.search, new.state, new.extension_id) BEGIN \
        INSERT INTO token_search (token_search, rowid, search, marks) \
            SELECT 'delete', number, search, marks FROM token_search_rows WHERE id = old.id; \
        INSERT INTO token_letters (token_letters, rowid, letters) \
            SELECT 'delete', number, letters FROM token_letters_rows WHERE id = old.id; \
        UPDATE token_changes SET changes = changes + 1 WHERE account_id = old.account_id; \
    END; \
    CREATE TRIGGER token_words_after AFTER UPDATE OF id, account_id, search, state, extension_id ON tokens \
    WHEN new.state <> 'deleted' \
        AND (old.id, old.account_id, old.search, old.state, old.extension_id) \
            IS NOT (new.id, new.account_id, new.search, new.state, new.extension_id) BEGIN \
        INSERT INTO token_search (rowid, search, marks) \
            SELECT number, search, marks FROM token_search_rows WHERE id = new.id; \
        INSERT INTO token_letters (rowid, letters) SELECT number, letters FROM token_letters_rows WHERE id = new.id; \
        INSERT INTO token_changes VALUES (new.account_id, 1) ON CONFLICT DO UPDATE SET changes = changes + 1; \
    END; \
    CREATE TRIGGER token_words_delete BEFORE DELETE ON tokens WHEN old.state <> 'deleted' BEGIN \
        INSERT INTO token_search (token_search, rowid, search, marks) \
            SELECT 'delete', number, search, marks FROM token_search_rows WHERE id = old.id; \
        INSERT INTO token_letters (token_letters, rowid, letters) \
            SELECT 'delete', number, letters FROM token_letters_rows WHERE id = old.id; \
        UPDATE token_changes SET changes = changes + 1 WHERE account_id = old.account_id; \
    END;";

/// The state and the extension in the table of words, which is made anew: to fill two columns of it would leave it twice as
/// large. Without `pg_trgm` see the fifth change.
const MARKS_POSTGRES: &str = "\
    DROP TABLE token_search; \
    CREATE TABLE token_search ( \
        number bigint NOT NULL, search text COLLATE \"C\" NOT NULL, \
        state varchar COLLATE \"C\" NOT NULL, extension_id varchar COLLATE \"C\" NOT NULL); \
    INSERT INTO token_search SELECT latchkey_token_number(account_id, id), search, state, extension_id FROM tokens \
        WHERE state <> 'deleted'; \
    ALTER TABLE token_search ADD PRIMARY KEY (number); \
    CREATE OR REPLACE FUNCTION latchkey_search_token() RETURNS trigger LANGUAGE plpgsql AS $$ \
    BEGIN \
        IF TG_OP = 'UPDATE' THEN PERFORM latchkey_change(NEW.account_id); END IF; \
        IF TG_OP <> 'INSERT' AND OLD.state <> 'deleted' THEN \
            DELETE FROM token_search WHERE number = latchkey_token_number(OLD.account_id, OLD.id); \
        END IF; \
        IF TG_OP <> 'DELETE' AND NEW.state <> 'deleted' THEN \
            INSERT INTO token_search VALUES \
                (latchkey_token_number(NEW.account_id, NEW.id), NEW.search, NEW.state, NEW.extension_id); \
        END IF; \
        RETURN NULL; \
    END $$; \
    DROP TRIGGER token_search_update ON tokens; \
    CREATE TRIGGER token_search_update AFTER UPDATE ON tokens FOR EACH ROW \
    WHEN ((OLD.account_id, OLD.id, OLD.search, OLD.state, OLD.extension_id) \
        IS DISTINCT FROM (NEW.account_id, NEW.id, NEW.search, NEW.state, NEW.extension_id)) \
    EXECUTE FUNCTION latchkey_search_token(); \
    DO $$ BEGIN \
        CREATE INDEX token_search_words ON token_search USING gin (search gin_trgm_ops); \
    EXCEPTION WHEN undefined_object THEN \
        RAISE WARNING 'latchkey: without pg_trgm a search looks at every token: %', SQLERRM; \
    END $$; \
    CREATE INDEX token_search_letters ON token_search USING gin (latchkey_letters(search)); \
    ANALYZE token_search; ANALYZE token_groups;";
