//! The initial schema. Times are seconds since 1970 in UTC, so that both databases compare them alike.

use sea_orm::{ConnectionTrait as _, DatabaseBackend};
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, binary, binary_null, boolean, integer, integer_null, pk_auto, string,
        string_null, text, text_null,
    },
};

/// The initial schema.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_initial"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in tables(backend) {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        if backend == DatabaseBackend::Postgres {
            manager.get_connection().execute_unprepared(SEARCH_INDEX).await?;
        }
        Ok(())
    }
}

fn tables(backend: DatabaseBackend) -> Vec<TableCreateStatement> {
    let table = |name: &'static str| Table::create().table(Alias::new(name)).to_owned();
    // Text that is filtered, ordered or joined by is compared by bytes, whatever the locale of the database.
    let by_bytes = |mut column: ColumnDef| {
        if backend == DatabaseBackend::Postgres {
            column.extra("COLLATE \"C\"");
        }
        column
    };
    vec![
        table("installation").col(string("name").primary_key()).col(string("value")).to_owned(),
        table("accounts").col(string("id").primary_key()).col(string("name")).col(big_integer("created_at")).to_owned(),
        table("users")
            .col(string("id").primary_key())
            .col(string("account_id"))
            // Lower case: e-mail addresses are compared without regard to case.
            .col(string("email").unique_key())
            .col(string("name"))
            .col(string("role"))
            .col(text("password_hash"))
            .col(boolean("disabled"))
            .col(big_integer("created_at"))
            .foreign_key(&mut belongs_to("users", "account_id", "accounts"))
            .to_owned(),
        table("sessions")
            // HMAC of the cookie: nobody can sign in with what the database holds.
            .col(string("id").primary_key())
            .col(string("user_id"))
            .col(big_integer("created_at"))
            .col(big_integer("seen_at"))
            // The last time that the user gave their password.
            .col(big_integer("confirmed_at"))
            // From where and with which browser the user signed in.
            .col(string("address"))
            .col(string("program"))
            .foreign_key(&mut belongs_to("sessions", "user_id", "users"))
            .to_owned(),
        table("invitations")
            // HMAC of the secret of the link.
            .col(string("id").primary_key())
            .col(string("user_id"))
            .col(big_integer("expires_at"))
            .foreign_key(&mut belongs_to("invitations", "user_id", "users"))
            .to_owned(),
        table("tokens")
            .col(by_bytes(string("id")).primary_key())
            .col(string("account_id"))
            .col(by_bytes(string("name")))
            .col(by_bytes(string_null("external_id")))
            .col(by_bytes(text_null("description")))
            .col(by_bytes(string("extension_id")))
            .col(by_bytes(string("extension_name")))
            // active, inactive or deleted. The other statuses follow from the columns below and the clock.
            .col(string("state"))
            // Null: never.
            .col(big_integer_null("expires_at"))
            .col(big_integer_null("not_before"))
            // Networks, separated by commas. Null: every address.
            .col(text_null("allowed_addresses"))
            // Null: no limit.
            .col(integer_null("calls_per_minute"))
            .col(binary("digest"))
            // The digest of the secret that a renewal or rotation replaced. Null: there is none.
            .col(binary_null("previous_digest"))
            // When that secret expires. Null: never.
            .col(big_integer_null("previous_expires_at"))
            .col(binary("handle_digest").unique_key())
            // Null once the token is deleted.
            .col(binary_null("sealed"))
            .col(integer("key_version"))
            .col(integer("secret_version"))
            // Name, id, external id and description, normalized for search.
            .col(text("search"))
            .col(big_integer("revision"))
            .col(big_integer("created_at"))
            .col(by_bytes(string("created_by_id")))
            .col(by_bytes(string("created_by_name")))
            .col(big_integer("updated_at"))
            .col(string("updated_by_id"))
            .col(string("updated_by_name"))
            .foreign_key(&mut belongs_to("tokens", "account_id", "accounts"))
            .to_owned(),
        table("token_permissions")
            .col(by_bytes(string("token_id")))
            .col(by_bytes(string("module_id")))
            .primary_key(&mut primary_key(&["token_id", "module_id"]))
            .foreign_key(&mut belongs_to("token_permissions", "token_id", "tokens"))
            .to_owned(),
        table("token_calls")
            .col(by_bytes(string("token_id")))
            // Days since 1970 in UTC.
            .col(integer("day"))
            // Empty when the call was not for a module.
            .col(string("module_id"))
            .col(integer("status"))
            .col(big_integer("calls"))
            .primary_key(&mut primary_key(&["token_id", "day", "module_id", "status"]))
            .foreign_key(&mut belongs_to("token_calls", "token_id", "tokens"))
            .to_owned(),
        // At most one for each token: the last link with which its key was handed over.
        table("hand_overs")
            // HMAC of the secret of the link, and once the key is taken, of that of the holder's page.
            .col(string("id").primary_key())
            .col(by_bytes(string("token_id")).unique_key())
            .col(boolean("may_rotate"))
            .col(big_integer("created_at"))
            .col(string("created_by_id"))
            .col(string("created_by_name"))
            // Until when the key can be taken.
            .col(big_integer("expires_at"))
            .col(big_integer_null("opened_at"))
            .col(big_integer_null("taken_at"))
            .col(string("taken_from"))
            .foreign_key(&mut belongs_to("hand_overs", "token_id", "tokens"))
            .to_owned(),
        table("token_last_uses")
            .col(by_bytes(string("token_id")).primary_key())
            .col(big_integer("at"))
            .col(string("address"))
            .col(string("program"))
            .foreign_key(&mut belongs_to("token_last_uses", "token_id", "tokens"))
            .to_owned(),
        table("token_other_uses")
            .col(by_bytes(string("token_id")))
            // previous: the key that still works after a rotation. expired, rotated, disabled: keys that do not.
            .col(string("kind"))
            .col(big_integer("at"))
            .col(string("address"))
            .col(string("program"))
            // The use for which there is an event.
            .col(big_integer_null("noted_at"))
            .primary_key(&mut primary_key(&["token_id", "kind"]))
            .foreign_key(&mut belongs_to("token_other_uses", "token_id", "tokens"))
            .to_owned(),
        // The last clients of a token, in a fixed number of slots: a client replaces the one in its slot.
        table("token_clients")
            .col(by_bytes(string("token_id")))
            .col(integer("slot"))
            .col(big_integer("at"))
            .col(string("address"))
            .col(string("program"))
            .primary_key(&mut primary_key(&["token_id", "slot"]))
            .foreign_key(&mut belongs_to("token_clients", "token_id", "tokens"))
            .to_owned(),
        // Requests with the key of a token by what decided about them, without a time limit of their own; and those that
        // an API in observe mode would have refused.
        table("token_requests")
            // Empty when the request had no key that is known.
            .col(by_bytes(string("token_id")))
            .col(by_bytes(string("api")))
            .col(by_bytes(string("method")))
            // As the catalogue had it; empty when no rule was for it.
            .col(by_bytes(string("rule")))
            // Of a request that would have been refused; empty for all others.
            .col(by_bytes(text("path")))
            // Why it would have been refused; empty when it was allowed.
            .col(by_bytes(string("reason")))
            .col(string("module_id"))
            .col(big_integer("calls"))
            .col(big_integer("first_at"))
            .col(big_integer("last_at"))
            // Of the last of them that would have been refused.
            .col(string("address"))
            .col(string("program"))
            .primary_key(&mut primary_key(&["token_id", "api", "method", "rule", "path", "reason"]))
            .to_owned(),
        // The servers that work with this database.
        table("replicas")
            .col(string("id").primary_key())
            // For people.
            .col(string("name"))
            // The digest of its catalogue.
            .col(string("catalogue"))
            // The last request to read it again that was followed.
            .col(string("reload"))
            // Why it was not followed; empty if it was.
            .col(text("problem"))
            .col(big_integer("seen_at"))
            .to_owned(),
        table("idempotency_keys")
            .col(string("account_id"))
            .col(string("actor_id"))
            .col(string("key"))
            .col(string("fingerprint"))
            .col(by_bytes(string("token_id")))
            .col(big_integer("created_at"))
            // The revision of the token that the request left behind.
            .col(big_integer("revision"))
            .primary_key(&mut primary_key(&["account_id", "actor_id", "key"]))
            .foreign_key(&mut belongs_to("idempotency_keys", "token_id", "tokens"))
            .to_owned(),
        table("events")
            .col(pk_auto("id").big_integer())
            .col(string("account_id"))
            .col(big_integer("at"))
            .col(string("actor_id"))
            .col(string("actor_name"))
            .col(string("action"))
            .col(string("object_id"))
            .col(string("object_name"))
            .col(string("address"))
            .col(string("request_id"))
            .col(text("details"))
            .foreign_key(&mut belongs_to("events", "account_id", "accounts"))
            .to_owned(),
    ]
}

fn primary_key(columns: &[&'static str]) -> IndexCreateStatement {
    columns.iter().fold(Index::create(), |mut key, column| key.col(Alias::new(*column)).to_owned())
}

/// A foreign key from `table.column` to `other.id`.
fn belongs_to(table: &'static str, column: &'static str, other: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_{column}"))
        .from(Alias::new(table), Alias::new(column))
        .to(Alias::new(other), Alias::new("id"))
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.name(format!("{table}_{}", columns.join("_"))).table(Alias::new(table));
        for column in columns {
            index.col(Alias::new(*column));
        }
        index
    };
    vec![
        index("tokens", &["account_id", "id"]),
        index("tokens", &["account_id", "created_at", "id"]),
        index("tokens", &["account_id", "name", "id"]),
        index("tokens", &["account_id", "expires_at", "id"]),
        index("tokens", &["account_id", "external_id"]),
        index("tokens", &["account_id", "extension_id"]),
        index("token_permissions", &["module_id", "token_id"]),
        index("sessions", &["user_id"]),
        index("events", &["account_id", "id"]),
        index("events", &["account_id", "object_id", "id"]),
        index("events", &["account_id", "actor_id", "action", "id"]),
        index("idempotency_keys", &["created_at"]),
    ]
}

/// PostgreSQL brings the extension, but the owner of a database may not be allowed to create it. Without it a search
/// reads every row of the account.
const SEARCH_INDEX: &str = "\
    DO $$ BEGIN \
        CREATE EXTENSION IF NOT EXISTS pg_trgm; \
        CREATE INDEX tokens_search ON tokens USING gin (search gin_trgm_ops); \
    EXCEPTION WHEN insufficient_privilege OR undefined_file OR undefined_object OR feature_not_supported THEN \
        RAISE WARNING 'latchkey: without pg_trgm a search reads every token: %', SQLERRM; \
    END $$;";
