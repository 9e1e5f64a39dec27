//! For patterns. On PostgreSQL an index of the parts of each text that one can be held against: the index of words leads to
//! tokens by their numbers only, and knows no deleted ones. On SQLite, where that way is taken, an index of what lists ask of
//! tokens that were found so.

use sea_orm::{ConnectionTrait as _, DatabaseBackend};
use sea_orm_migration::prelude::*;

/// The eleventh change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0011_patterns"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let is_postgres = connection.get_database_backend() == DatabaseBackend::Postgres;
        connection.execute_unprepared(if is_postgres { PARTS_POSTGRES } else { AS_LISTED_SQLITE }).await?;
        Ok(())
    }
}

/// What `pg_trgm` makes lower case by the rules of the database's locale is not what a pattern asks for: in Turkish `I` is no
/// upper case of `i`. So it is given what has no upper case of ASCII any more, and asked for ASCII alone. The collation is
/// another name of "C": so that nothing takes this index but what asks for it. Without `pg_trgm` see the fifth change.
const PARTS_POSTGRES: &str = "\
    DO $$ BEGIN \
        CREATE INDEX tokens_by_parts ON tokens USING gin ( \
            lower(id) COLLATE \"POSIX\" gin_trgm_ops, lower(name) COLLATE \"POSIX\" gin_trgm_ops, \
            lower(external_id) COLLATE \"POSIX\" gin_trgm_ops, lower(description) COLLATE \"POSIX\" gin_trgm_ops); \
    EXCEPTION WHEN undefined_object THEN \
        RAISE WARNING 'latchkey: without pg_trgm a pattern is held against every token: %', SQLERRM; \
    END $$; \
    ANALYZE tokens;";

/// Ten thousand rows need not be read then to put them in order or to find out what they are worth. The expression is another
/// name of the id: so that no other filter leads to this index, since SQLite would rather read all of an index that has every
/// column than a few rows.
const AS_LISTED_SQLITE: &str = "\
    CREATE INDEX tokens_as_listed ON tokens (id || '', account_id, id, state, name, created_at, expires_at, \
        previous_expires_at, previous_digest, external_id, extension_id);";
