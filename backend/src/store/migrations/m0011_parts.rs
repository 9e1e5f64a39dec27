//! On PostgreSQL an index of the parts of texts that a filter can hold a pattern against, each text by itself: the index of
//! words leads to tokens by another way, and knows no deleted ones.

use sea_orm::{ConnectionTrait as _, DatabaseBackend};
use sea_orm_migration::prelude::*;

/// The eleventh change.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0011_parts"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if connection.get_database_backend() == DatabaseBackend::Postgres {
            connection.execute_unprepared(PARTS).await?;
        }
        Ok(())
    }
}

/// What `pg_trgm` makes lower case by the rules of the database's locale is not what a pattern asks for: so it is given what
/// has no upper case of ASCII any more, and asked for ASCII alone. The collation is another name of "C": so that nothing
/// takes this index but what asks for it. Without `pg_trgm` see the fifth change.
const PARTS: &str = "\
    DO $$ BEGIN \
        CREATE INDEX tokens_by_parts ON tokens USING gin ( \
            lower(id) COLLATE \"POSIX\" gin_trgm_ops, lower(name) COLLATE \"POSIX\" gin_trgm_ops, \
            lower(external_id) COLLATE \"POSIX\" gin_trgm_ops, lower(description) COLLATE \"POSIX\" gin_trgm_ops); \
    EXCEPTION WHEN undefined_object THEN \
        RAISE WARNING 'latchkey: without pg_trgm a pattern is held against every token: %', SQLERRM; \
    END $$; \
    ANALYZE tokens;";
