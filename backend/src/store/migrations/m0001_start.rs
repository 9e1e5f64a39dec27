//! Accounts, users, sessions, tokens, permissions, events. Times are seconds since 1970, UTC, so that both
//! databases compare them alike.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, binary, binary_null, boolean, integer, pk_auto, string, string_null, text,
        text_null,
    },
};

/// The first schema.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_start"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
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

fn tables() -> Vec<TableCreateStatement> {
    let table = |name: &'static str| Table::create().table(Alias::new(name)).to_owned();
    vec![
        table("installation").col(string("name").primary_key()).col(string("value")).to_owned(),
        table("accounts").col(string("id").primary_key()).col(string("name")).col(big_integer("created_at")).to_owned(),
        table("users")
            .col(string("id").primary_key())
            .col(string("account_id"))
            // Lower case: the address is compared without regard to case.
            .col(string("email").unique_key())
            .col(string("name"))
            .col(string("role"))
            .col(text("password_hash"))
            .col(boolean("disabled"))
            .col(big_integer("created_at"))
            .foreign_key(&mut belongs_to("users", "account_id", "accounts"))
            .to_owned(),
        table("sessions")
            // HMAC of the cookie: who reads the database cannot sign in with it.
            .col(string("id").primary_key())
            .col(string("user_id"))
            .col(big_integer("created_at"))
            .col(big_integer("seen_at"))
            .col(big_integer("confirmed_at"))
            .foreign_key(&mut belongs_to("sessions", "user_id", "users"))
            .to_owned(),
        table("tokens")
            .col(string("id").primary_key())
            .col(string("account_id"))
            .col(string("name"))
            .col(string_null("external_id"))
            .col(text_null("description"))
            .col(string("extension_id"))
            .col(string("extension_name"))
            // active, inactive or deleted; the other statuses follow from expires_at and the clock.
            .col(string("state"))
            .col(big_integer_null("expires_at"))
            .col(binary("digest"))
            .col(binary("handle_digest").unique_key())
            // Null once the token is deleted.
            .col(binary_null("sealed"))
            .col(integer("key_version"))
            .col(integer("secret_version"))
            // Name, id, external id and description in lower case, as the search sees them.
            .col(text("search"))
            .col(big_integer("revision"))
            .col(big_integer("created_at"))
            .col(string("created_by_id"))
            .col(string("created_by_name"))
            .col(big_integer("updated_at"))
            .col(string("updated_by_id"))
            .col(string("updated_by_name"))
            .foreign_key(&mut belongs_to("tokens", "account_id", "accounts"))
            .to_owned(),
        table("token_permissions")
            .col(string("token_id"))
            .col(string("module_id"))
            .primary_key(Index::create().col(Alias::new("token_id")).col(Alias::new("module_id")))
            .foreign_key(&mut belongs_to("token_permissions", "token_id", "tokens"))
            .to_owned(),
        table("idempotency_keys")
            .col(string("account_id"))
            .col(string("actor_id"))
            .col(string("key"))
            .col(string("fingerprint"))
            .col(string("token_id"))
            .col(big_integer("created_at"))
            .primary_key(
                Index::create().col(Alias::new("account_id")).col(Alias::new("actor_id")).col(Alias::new("key")),
            )
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
        index("tokens", &["account_id", "created_at", "id"]),
        index("tokens", &["account_id", "name", "id"]),
        index("token_permissions", &["module_id"]),
        index("sessions", &["user_id"]),
        index("events", &["account_id", "id"]),
        index("events", &["account_id", "object_id", "id"]),
        index("idempotency_keys", &["created_at"]),
    ]
}
