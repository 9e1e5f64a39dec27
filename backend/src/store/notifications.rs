//! Change notifications between replicas: PostgreSQL's `LISTEN` and `NOTIFY`.

use std::time::Duration;

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{
        self, Connection as _, PgConnection,
        postgres::{PgListener, PgPoolOptions},
    },
};

use super::{Address, Result, Store, StoreError, changes::TOKENS_CHANGED, connect::postgres_options};

/// Channel of heartbeats, which each listener sends to itself.
const HEARTBEAT: &str = "latchkey_alive";
/// Interval between two heartbeats.
const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(250);
/// Time without any notification after which the connection counts as lost.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(1);
/// Timeout for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Receives the ids of changed tokens from now on.
#[derive(Debug)]
pub struct Listener {
    listener: PgListener,
    heartbeats: tokio::task::JoinHandle<()>,
}

impl Store {
    /// Whether other processes may change the same database.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(*self.address, Address::Postgres(_))
    }

    /// Starts to listen.
    pub async fn listen(&self) -> Result<Listener> {
        let Address::Postgres(url) = &*self.address else { return Err(StoreError::TooSlow) };
        let connect = async {
            let options = postgres_options(url)?;
            let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
            let mut listener = PgListener::connect_with(&pool.connect_with(options.clone()).await?).await?;
            // A new connection would have missed notifications.
            listener.eager_reconnect(false);
            listener.listen_all([TOKENS_CHANGED, HEARTBEAT]).await?;
            let sender = PgConnection::connect_with(&options).await?;
            Ok::<_, sqlx::Error>(Listener { listener, heartbeats: tokio::spawn(send_heartbeats(sender)) })
        };
        tokio::time::timeout(CONNECT_TIMEOUT, connect).await.map_err(|_| StoreError::TooSlow)?.map_err(of_sqlx)
    }
}

fn of_sqlx(error: sqlx::Error) -> StoreError {
    StoreError::Database(DbErr::Conn(RuntimeErr::SqlxError(error.into())))
}

async fn send_heartbeats(mut connection: PgConnection) {
    loop {
        let sent = sqlx::query("SELECT pg_notify($1, '')").bind(HEARTBEAT).execute(&mut connection);
        if !matches!(tokio::time::timeout(HEARTBEAT_TIMEOUT, sent).await, Ok(Ok(_))) {
            return;
        }
        tokio::time::sleep(HEARTBEAT_INTERVAL).await;
    }
}

impl Listener {
    /// The id of the next token that is changed.
    ///
    /// # Errors [`StoreError`] when the connection is lost, at the latest after [`HEARTBEAT_TIMEOUT`]. Then
    /// notifications may be missed.
    pub async fn next(&mut self) -> Result<String> {
        loop {
            let received = tokio::time::timeout(HEARTBEAT_TIMEOUT, self.listener.try_recv()).await;
            let received = received.map_err(|_| StoreError::TooSlow)?.map_err(of_sqlx)?;
            let notification = received.ok_or_else(|| of_sqlx(sqlx::Error::PoolClosed))?;
            if notification.channel() == TOKENS_CHANGED {
                return Ok(notification.payload().to_owned());
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.heartbeats.abort();
    }
}
