//! Changes that other replicas make, as PostgreSQL tells them.

use std::time::Duration;

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, Connection as _, PgConnection, postgres::PgListener},
};

use super::{Address, Result, Store, StoreError, TOKENS_CHANGED};

/// The channel of the listeners' own heartbeats.
const ALIVE: &str = "latchkey_alive";
/// Between two heartbeats.
const BEAT: Duration = Duration::from_millis(250);
/// A connection on which nothing was heard for so long is lost, whatever the operating system says.
const SILENCE: Duration = Duration::from_secs(1);
/// How long it may take to connect.
const PATIENCE: Duration = Duration::from_secs(2);

/// Hears of every token that is changed, by whomever. What was changed before it was made, it has missed.
#[derive(Debug)]
pub struct Listener {
    listener: PgListener,
    beats: tokio::task::JoinHandle<()>,
}

impl Store {
    /// Whether other processes may change the same database.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(*self.address, Address::Postgres(_))
    }

    /// Begins to listen.
    pub async fn listen(&self) -> Result<Listener> {
        let Address::Postgres(url) = &*self.address else { return Err(StoreError::TooSlow) };
        let begin = async {
            let mut listener = PgListener::connect(url).await?;
            // Another connection would have missed what was told in between.
            listener.eager_reconnect(false);
            listener.listen_all([TOKENS_CHANGED, ALIVE]).await?;
            let voice = PgConnection::connect(url).await?;
            Ok::<_, sqlx::Error>(Listener { listener, beats: tokio::spawn(beat(voice)) })
        };
        tokio::time::timeout(PATIENCE, begin).await.map_err(|_| StoreError::TooSlow)?.map_err(of_sqlx)
    }
}

fn of_sqlx(error: sqlx::Error) -> StoreError {
    StoreError::Database(DbErr::Conn(RuntimeErr::SqlxError(error.into())))
}

/// Speaks now and then, so that silence means something.
async fn beat(mut voice: PgConnection) {
    loop {
        let said = sqlx::query("SELECT pg_notify($1, '')").bind(ALIVE).execute(&mut voice);
        if !matches!(tokio::time::timeout(SILENCE, said).await, Ok(Ok(_))) {
            return;
        }
        tokio::time::sleep(BEAT).await;
    }
}

impl Listener {
    /// The id of the next token that is changed.
    ///
    /// # Errors
    /// [`StoreError`] when the connection is lost, after [`SILENCE`] at the latest. Then changes may be missed.
    pub async fn next(&mut self) -> Result<String> {
        loop {
            let heard = tokio::time::timeout(SILENCE, self.listener.try_recv()).await;
            let heard = heard.map_err(|_| StoreError::TooSlow)?.map_err(of_sqlx)?;
            let told = heard.ok_or_else(|| of_sqlx(sqlx::Error::PoolClosed))?;
            if told.channel() == TOKENS_CHANGED {
                return Ok(told.payload().to_owned());
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.beats.abort();
    }
}
