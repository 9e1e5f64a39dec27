//! Starting and stopping the server. Everything that can be wrong is checked before anything is changed:
//! catalogue, master key, port; then the database.

use std::{
    fs, io,
    io::IsTerminal as _,
    io::Write as _,
    net::SocketAddr,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use thiserror::Error;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    accounts::{
        first_start::{self, FirstAdmin, FirstStartError, Made},
        user_add,
    },
    app::{self, App, Parts},
    catalogue::{Catalogue, CatalogueError},
    clock::Clock,
    config::Config,
    gatekeeper::{Gatekeeper, usage},
    http::{listen, site::Site},
    keys::{self, Key, KeyFileError, Keys},
    rng::Rng,
    sessions::{password::Passwords, throttle::Throttle},
    store::{OpenError, Store},
};

/// Requests under way get so long to finish when the server stops.
const DRAIN: Duration = Duration::from_secs(10);

/// Why the server does not run. Each is one line.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The catalogue is bad.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// There is no master key to work with.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The data folder cannot be made.
    #[error("data folder {0}: {1}")]
    DataDir(String, io::Error),
    /// The port is taken, or not ours to take.
    #[error("listening on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be made ready.
    #[error(transparent)]
    FirstStart(#[from] FirstStartError),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Runs the server until SIGINT or SIGTERM.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(config: Config) -> Result<(), ServeError> {
    log();
    let catalogue = match &config.catalogue {
        Some(path) => Catalogue::read(path)?,
        None => Catalogue::built_in()?,
    };
    let given = given_key(&config)?;
    if let Some(password) = &config.admin_password {
        user_add::check_password(password).map_err(FirstStartError::Admin)?;
    }
    let listener = TcpListener::bind(config.listen).await.map_err(|error| ServeError::Listen(config.listen, error))?;
    let address = listener.local_addr().map_err(|error| ServeError::Listen(config.listen, error))?;
    make_data_dir(&config.data.data_dir)?;
    if given.is_none() {
        keys::check_folder(&config.master_key_path())?;
    }

    let store = Store::connect(&config.data.database_url()).await?;
    let rng = Rng::system();
    let master = match (given, first_start::key_check(&store).await.map_err(FirstStartError::from)?) {
        (Some(key), Some(check)) => {
            // Before migrating: a wrong key changes nothing.
            Keys::derive(&key).verify(&check)?;
            key
        }
        (Some(key), None) => key,
        (None, Some(_)) => return Err(KeyFileError::Missing(config.master_key_path()).into()),
        (None, None) => keys::create(&config.master_key_path(), &rng)?,
    };
    store.migrate().await?;
    let (app, made) = assemble(config, catalogue, store, &master, Clock::system(), rng).await?;
    tokio::spawn(usage::run(Arc::downgrade(&app.gatekeeper), app.store.clone()));
    let signals = Stop::listen()?;
    announce(address, &app, made.as_ref());
    run(listener, app, signals).await;
    Ok(())
}

/// Puts the parts of a server together, over a database that has its tables.
///
/// # Errors
/// [`ServeError`].
pub async fn assemble(
    mut config: Config,
    catalogue: Catalogue,
    store: Store,
    master: &Key,
    clock: Clock,
    rng: Rng,
) -> Result<(App, Option<Made>), ServeError> {
    let keys = Keys::derive(master);
    let admin = FirstAdmin {
        email: config.admin_email.clone(),
        password: config.admin_password.take(),
        account_name: config.account_name.clone(),
        has_examples: config.has_examples(),
    };
    let (installation, made) = first_start::prepare(&store, &keys, &clock, &rng, admin).await?;
    let passwords = Passwords::new(&rng).map_err(ServeError::Other)?;
    let (throttle, site, document) = (Throttle::default(), Site::load(), OnceLock::new());
    let gatekeeper = Gatekeeper::new(&catalogue, &store, &keys.pepper, clock.clone(), config.gatekeeper());
    let parts = Parts {
        config,
        catalogue,
        store,
        gatekeeper,
        keys,
        installation,
        clock,
        rng,
        passwords,
        throttle,
        site,
        document,
    };
    Ok((Arc::new(parts), made))
}

async fn run(listener: TcpListener, app: App, mut signals: Stop) {
    let stop = async {
        signals.told().await;
        tracing::info!("stopping");
    };
    if !listen::serve(listener, app::router(&app), stop, DRAIN).await {
        tracing::warn!("requests were still under way after {} seconds", DRAIN.as_secs());
    }
    if let Err(error) = usage::flush(&app.gatekeeper, &app.store).await {
        tracing::warn!(%error, "the last usage is not written");
    }
    let _ = app.store.close().await;
}

/// The signals that mean "stop".
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Listens from now on: before anybody is told that the server runs, so that no signal kills it.
    fn listen() -> Result<Self, ServeError> {
        let listen = |kind| signal(kind).map_err(|error| ServeError::Other(format!("listening for signals: {error}")));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The master key that the operator gave, if any.
fn given_key(config: &Config) -> Result<Option<Key>, KeyFileError> {
    match std::env::var("LATCHKEY_MASTER_KEY") {
        Ok(text) => keys::parse(&text, "LATCHKEY_MASTER_KEY").map(Some),
        Err(_) => keys::read(&config.master_key_path()),
    }
}

fn make_data_dir(path: &Path) -> Result<(), ServeError> {
    if path.is_dir() {
        return Ok(());
    }
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| ServeError::DataDir(path.display().to_string(), error))
}

/// Says where the server listens and, once, how to sign in for the first time. Whoever started it may have
/// closed the other end, which is no reason to stop.
fn announce(address: SocketAddr, app: &App, made: Option<&Made>) {
    let mut text = format!("Latchkey listens on http://{address}\n");
    if let Some(made) = made {
        let url = app.config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let password = match &made.password {
            Some(password) => format!("{password}   (shown once; keep it safe)"),
            None => "the one in LATCHKEY_ADMIN_PASSWORD".to_owned(),
        };
        text += &format!(
            "\n  This is a new installation. Sign in at {url}\n    E-mail    {}\n    Password  {password}\n\n",
            made.email
        );
    }
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Logs go to standard error; `RUST_LOG` chooses how much.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "info,sqlx=warn,sea_orm_migration=warn".into());
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .try_init();
}
