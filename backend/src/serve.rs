//! Starting and stopping the server. Everything that can be wrong is checked before anything is changed:
//! catalogue, master key, port; then the database.

use std::{
    fs, io,
    io::IsTerminal as _,
    io::Write as _,
    net::SocketAddr,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use metrics_exporter_prometheus::PrometheusHandle;
use thiserror::Error;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::{Notify, watch},
    task::JoinSet,
};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};

use crate::{
    accounts::{
        first_start::{self, FirstAdmin, FirstStartError, Made},
        user_add::UserError,
    },
    catalogue::{Catalogue, CatalogueError},
    clock::Clock,
    config::{Config, LogFormat, ServerRole},
    gatekeeper::{Gatekeeper, usage},
    http::{
        connections::{self, Connections},
        metrics, server,
    },
    keys::{self, Key, KeyFileError, Keys},
    replicas::Member,
    retention,
    rng::Rng,
    routes::{self, Surface},
    sessions::password::{self, Passwords},
    state::AppState,
    store::{Address, OpenError, Store},
    tokens::ended_keys,
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
    #[error("{0} {1}: {2}")]
    Listen(&'static str, SocketAddr, io::Error),
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
    // Held until the end, which writes what is left.
    let (_log, dropped) = log(config.log_format);
    // Before anything that takes time: SIGHUP would end a program that does not listen to it.
    let hang_up = listen(SignalKind::hangup())?;
    let catalogue = match &config.catalogue {
        Some(path) => Catalogue::read(path)?,
        None => Catalogue::built_in()?,
    };
    let address = config.data.address().map_err(ServeError::Other)?;
    if config.role != ServerRole::All && address.file().is_some() {
        let role = if config.role == ServerRole::Console { "console" } else { "gatekeeper" };
        return Err(ServeError::Other(format!("--role {role} needs PostgreSQL: --database postgres://…")));
    }
    if config.role != ServerRole::All && config.gateway_listen.is_some() {
        return Err(ServeError::Other("--gateway-listen is for --role all".to_owned()));
    }
    match config.role {
        ServerRole::Gatekeeper => serve_gatekeeper(config, catalogue, &address, dropped, hang_up).await,
        ServerRole::All | ServerRole::Console => serve_console(config, catalogue, &address, dropped, hang_up).await,
    }
}

async fn serve_console(
    config: Config,
    catalogue: Catalogue,
    address: &Address,
    dropped: ErrorCounter,
    hang_up: Signal,
) -> Result<(), ServeError> {
    let given = config.key.given(&config.data)?;
    let key_path = config.key.path(&config.data);
    if let Some(password) = &config.admin_password {
        let problem = password::check(password, &[config.admin_email.as_str()]);
        problem.map_err(|problem| FirstStartError::Admin(UserError::Password(problem.to_string())))?;
    }
    let places = Places::bind(&config).await?;
    if given.is_none() && config.key.master_key_file.is_some() {
        keys::check_folder(&key_path)?;
    }
    // A PostgreSQL server may be away: then no folder is made.
    let folder = match address.file() {
        Some(_) => NewFolder::make(&config.data.data_dir)?,
        None => NewFolder::default(),
    };

    let store = Store::open(address).await?.alone()?;
    folder.keep();
    let rng = Rng::system();
    let master = match (given, first_start::key_check(&store).await.map_err(FirstStartError::from)?) {
        (Some(key), Some(check)) => {
            // Before migrating: a wrong key changes nothing.
            Keys::derive(&key).verify(&check)?;
            key
        }
        (Some(key), None) => key,
        (None, Some(_)) => return Err(KeyFileError::Missing(key_path).into()),
        (None, None) => {
            NewFolder::make(&config.data.data_dir)?.keep();
            keys::create(&key_path, &rng)?
        }
    };
    store.migrate().await?;
    let (app, made) = assemble(config, catalogue, store, &master, Clock::system(), rng).await?;
    let signals = Signals::listen(hang_up)?;
    let keeper = &app.gatekeeper;
    let mut member = Member::new(keeper, &app.store, app.config.catalogue.clone(), &places.url);
    member.keep_catalogue().await;
    announce(&places.greeting, app.config.public_url.as_deref().unwrap_or(&places.url), made.as_ref());
    tokio::spawn(retention::run(app.clone()));
    tokio::spawn(ended_keys::run(app.clone()));
    let served = places.with(routes::server(&app), keeper, &app.store, dropped);
    run(served, keeper, &app.store, member, signals).await;
    Ok(())
}

/// A process that checks keys and knows none: it has the pepper, and neither the sealing key nor that of the sessions.
async fn serve_gatekeeper(
    config: Config,
    catalogue: Catalogue,
    address: &Address,
    dropped: ErrorCounter,
    hang_up: Signal,
) -> Result<(), ServeError> {
    let pepper = config.pepper()?;
    let places = Places::bind(&config).await?;
    let store = Store::open(address).await?;
    if !store.is_migrated().await.map_err(FirstStartError::from)? {
        let text = "the database's schema is older than this gatekeeper: start a console of this version first";
        return Err(ServeError::Other(text.to_owned()));
    }
    match first_start::pepper_check(&store).await.map_err(FirstStartError::from)? {
        Some(check) => keys::verify_pepper(&pepper, &check)?,
        None => return Err(ServeError::Other("the database is not set up yet: start a console first".to_owned())),
    }
    let keeper = Gatekeeper::new(catalogue, &store, &pepper, Clock::system(), config.gatekeeper());
    let member = Member::new(&keeper, &store, config.catalogue, &places.url);
    let signals = Signals::listen(hang_up)?;
    announce(&places.greeting, &places.url, None);
    let served = places.with(routes::gateway(&keeper, &store), &keeper, &store, dropped);
    run(served, &keeper, &store, member, signals).await;
    Ok(())
}

/// Where the server listens.
struct Places {
    main: TcpListener,
    gateway: Option<TcpListener>,
    metrics: Option<(TcpListener, PrometheusHandle)>,
    /// What is printed, a line a place.
    greeting: String,
    /// The address of the first.
    url: String,
}

impl Places {
    async fn bind(config: &Config) -> Result<Self, ServeError> {
        let mut greeting = String::new();
        let mut bind = async |flag: &'static str, address: SocketAddr, what: &str| {
            let failed = |error| ServeError::Listen(flag, address, error);
            let listener = TcpListener::bind(address).await.map_err(failed)?;
            let url = format!("http://{}", listener.local_addr().map_err(failed)?);
            greeting += &format!("{what} on {url}\n");
            Ok::<_, ServeError>((listener, url))
        };
        let (main, url) = bind("--listen", config.listen, "Latchkey listens").await?;
        let gateway = match config.gateway_listen {
            Some(address) => Some(bind("--gateway-listen", address, "Proxies and resource servers ask").await?.0),
            None => None,
        };
        let metrics = match config.metrics_listen {
            Some(address) => {
                let (listener, _) = bind("--metrics-listen", address, "Metrics are").await?;
                let handle = metrics::install().map_err(|error| ServeError::Other(format!("metrics: {error}")))?;
                Some((listener, handle))
            }
            None => None,
        };
        Ok(Self { main, gateway, metrics, greeting, url })
    }

    /// What is answered where.
    fn with(
        self,
        main: Surface,
        keeper: &Arc<Gatekeeper>,
        store: &Store,
        dropped: ErrorCounter,
    ) -> Vec<(TcpListener, Surface)> {
        let gateway = self.gateway.map(|listener| (listener, routes::gateway(keeper, store)));
        let figures = |handle| metrics::router(handle, Arc::clone(keeper), store.clone(), dropped).into();
        let metrics = self.metrics.map(|(listener, handle)| (listener, figures(handle)));
        [(self.main, main)].into_iter().chain(gateway).chain(metrics).collect()
    }
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
) -> Result<(AppState, Option<Made>), ServeError> {
    let keys = Keys::derive(master);
    let admin = FirstAdmin {
        email: config.admin_email.clone(),
        password: config.admin_password.take(),
        account_name: config.account_name.clone(),
        has_examples: config.has_examples(),
    };
    let (installation, made) = first_start::prepare(&store, &keys, &clock, &rng, admin).await?;
    let passwords = Passwords::new(&rng).map_err(ServeError::Other)?;
    let gatekeeper = Gatekeeper::new(catalogue, &store, &keys.pepper, clock.clone(), config.gatekeeper());
    let app = AppState {
        config: Arc::new(config),
        store,
        gatekeeper,
        keys: Arc::new(keys),
        installation: installation.into(),
        clock,
        rng,
        passwords,
        throttle: Arc::default(),
    };
    Ok((app, made))
}

async fn run(
    served: Vec<(TcpListener, Surface)>,
    keeper: &Arc<Gatekeeper>,
    store: &Store,
    member: Member,
    mut signals: Signals,
) {
    keeper.start(store);
    let (stop, stopped) = watch::channel(false);
    let hang_up = Arc::<Notify>::default();
    let member = tokio::spawn(member.run(Arc::clone(&hang_up), told(stopped)));
    let most = connections::for_each(served.len());
    let mut serving = JoinSet::new();
    for (listener, surface) in served {
        let stopped = told(stop.subscribe());
        let connections = Connections::new(most, keeper.proxies().clone());
        serving.spawn(async move {
            let service_of = |peer| {
                // Cores contend for a count that all connections share; this one is the connection's own.
                let surface = Arc::new(surface.clone());
                move |request| {
                    let surface = Arc::clone(&surface);
                    async move { surface.respond(peer, request).await }
                }
            };
            server::serve(listener, service_of, connections, stopped, DRAIN).await
        });
    }
    signals.stop(&hang_up).await;
    tracing::info!("stopping");
    // Streams of events would last for ever.
    store.close_changes();
    let _ = stop.send(true);
    if !serving.join_all().await.into_iter().all(|finished| finished) {
        tracing::warn!("requests were still under way after {} seconds", DRAIN.as_secs());
    }
    if let Err(error) = usage::flush(keeper, store).await {
        tracing::warn!(%error, "the last usage is not written");
    }
    let _ = member.await;
    let _ = store.close().await;
}

/// Ends when the server stops.
async fn told(mut stopped: watch::Receiver<bool>) {
    // An error would mean that nobody can tell any more, which is a reason to stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn listen(kind: SignalKind) -> Result<Signal, ServeError> {
    signal(kind).map_err(|error| ServeError::Other(format!("listening for signals: {error}")))
}

/// The signals that mean "stop", SIGINT and SIGTERM, and SIGHUP.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    /// Whether the server runs in a terminal.
    in_terminal: bool,
}

impl Signals {
    /// Listens from now on: before anybody is told that the server runs, so that no signal kills it.
    fn listen(hang_up: Signal) -> Result<Self, ServeError> {
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up,
            in_terminal: io::stdin().is_terminal(),
        })
    }

    /// Waits for the one that means "stop". SIGHUP does when a terminal sends it, which is closed; from anybody else it is
    /// passed on.
    async fn stop(&mut self, hang_up: &Notify) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.hang_up.recv() => {
                    if self.in_terminal && !io::stdin().is_terminal() {
                        return;
                    }
                    hang_up.notify_one();
                }
            }
        }
    }
}

/// A folder that was made, and goes again when the start fails before anything is in it.
#[derive(Default)]
struct NewFolder(Option<PathBuf>);

impl NewFolder {
    /// Makes the folder for its owner alone, unless it is there.
    fn make(path: &Path) -> Result<Self, ServeError> {
        if path.is_dir() {
            return Ok(Self(None));
        }
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| ServeError::DataDir(path.display().to_string(), error))?;
        Ok(Self(Some(path.to_owned())))
    }

    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_dir(path);
        }
    }
}

/// Prints where the server listens and, once, how to sign in for the first time. Standard output may be closed, or
/// nobody may read it: the server neither stops nor waits for that.
fn announce(greeting: &str, url: &str, made: Option<&Made>) {
    let mut text = greeting.to_owned();
    if let Some(made) = made {
        let password = match &made.password {
            Some(password) => format!("{password}   (shown once; keep it safe)"),
            None => "the one that you have given".to_owned(),
        };
        text += &format!(
            "\n  This is a new installation. Sign in at {url}\n    E-mail    {}\n    Password  {password}\n\n",
            made.email
        );
    }
    std::thread::spawn(move || {
        let mut out = io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    });
}

/// Lines of the log that wait to be written; more are dropped.
const LOG_LINES: usize = 8192;

/// Logs go to standard error; `RUST_LOG` chooses how much. A thread of its own writes them, so that nobody waits for a
/// standard error that is full: lines that find no room are dropped and counted.
fn log(format: LogFormat) -> (WorkerGuard, ErrorCounter) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "info,sqlx=warn,sea_orm_migration=warn".into());
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LOG_LINES).finish(io::stderr());
    let dropped = writer.error_counter();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let _ = match format {
        LogFormat::Text => subscriber.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).with_current_span(true).try_init(),
    };
    (guard, dropped)
}
