//! Several processes on one PostgreSQL: what one of them changes, all of them know, whatever breaks meanwhile.
//!
//! Each test has a cluster of its own, because it stops and damages it. PostgreSQL must be installed.

#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};
use serde_json::Value;

const PASSWORD: &str = "correct horse battery";
const MASTER: &str = "1111111111111111111111111111111111111111111111111111111111111111";
/// What is promised for a revocation that another replica makes.
const BOUND: Duration = Duration::from_secs(1);

/// A cluster of PostgreSQL that can be stopped.
struct Cluster {
    folder: PathBuf,
    port: u16,
    _parent: tempfile::TempDir,
}

impl Cluster {
    fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), &[])
    }

    fn start_in(parent: tempfile::TempDir, flags: &[&str]) -> Self {
        if is_root() {
            let chown = Command::new("chown").arg("postgres").arg(parent.path()).status().unwrap();
            assert!(chown.success());
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Self { folder: parent.path().join("data"), port, _parent: parent };
        cluster.run("initdb", &[&["--username=postgres", "--auth=trust", "--locale=C", "--no-sync"], flags].concat());
        cluster.up();
        cluster
    }

    /// A program of PostgreSQL, which refuses to run as root.
    fn run(&self, program: &str, arguments: &[&str]) {
        let newest = std::fs::read_dir("/usr/lib/postgresql")
            .ok()
            .and_then(|versions| versions.flatten().map(|entry| entry.path().join("bin")).max());
        let path = newest.map_or_else(|| program.into(), |folder| folder.join(program));
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.arg("-D").arg(&self.folder).args(arguments).current_dir("/");
        let output = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(output.success(), "{program} failed");
    }

    fn up(&self) {
        let options =
            format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off", self.port);
        self.run("pg_ctl", &["-w", "-o", &options, "start"]);
    }

    fn down(&self) {
        self.run("pg_ctl", &["-w", "-m", "immediate", "stop"]);
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The process ids of the connections on which replicas listen.
    async fn listeners(&self) -> Vec<i32> {
        let sql = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%LISTEN%' AND pid <> pg_backend_pid()";
        let connection = sea_orm::Database::connect(self.url()).await.unwrap();
        let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
        let rows = connection.query_all_raw(statement).await.unwrap();
        rows.iter().map(|row| row.try_get::<i32>("", "pid").unwrap()).collect()
    }

    async fn execute(&self, sql: &str) {
        sea_orm::Database::connect(self.url()).await.unwrap().execute_unprepared(sql).await.unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.folder.join("postmaster.pid").exists() {
            self.down();
        }
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout == b"0\n"
}

fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &pid.to_string()]).status().unwrap().success());
}

/// PgBouncer before a cluster.
struct PgBouncer {
    child: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    fn start(cluster: &Cluster, mode: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let user = if is_root() { "user = postgres\n" } else { "" };
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {mode}\ndefault_pool_size = 60\n{user}",
            cluster.port,
            folder.path().join("users").display(),
        );
        std::fs::write(folder.path().join("users"), "\"postgres\" \"\"\n").unwrap();
        std::fs::write(folder.path().join("pgbouncer.ini"), settings).unwrap();
        if is_root() {
            assert!(Command::new("chown").args(["-R", "postgres"]).arg(folder.path()).status().unwrap().success());
        }
        // Not in the search path of every user.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap());
        let mut command = Command::new("pgbouncer");
        command.env("PATH", path).arg(folder.path().join("pgbouncer.ini")).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "PgBouncer does not start");
            thread::sleep(Duration::from_millis(20));
        }
        Self { child, url: format!("postgres://postgres@127.0.0.1:{port}/postgres"), _folder: folder }
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One process.
struct Replica {
    child: Child,
    address: String,
    cookie: Mutex<String>,
    _folder: tempfile::TempDir,
}

impl Replica {
    fn begin(cluster: &Cluster, flags: &[&str]) -> (Child, tempfile::TempDir) {
        Self::begin_at(&cluster.url(), flags)
    }

    fn begin_at(url: &str, flags: &[&str]) -> (Child, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_latchkey"))
            .current_dir(folder.path())
            .env("LATCHKEY_ADMIN_PASSWORD", PASSWORD)
            .env("LATCHKEY_MASTER_KEY", MASTER)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "--database", url])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        (child, folder)
    }

    fn finish((mut child, folder): (Child, tempfile::TempDir)) -> Self {
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let greeting = lines.next().unwrap().unwrap();
        let address = greeting.strip_prefix("Latchkey listens on http://").unwrap().to_owned();
        Self { child, address, cookie: Mutex::default(), _folder: folder }
    }

    fn start(cluster: &Cluster, flags: &[&str]) -> Self {
        Self::finish(Self::begin(cluster, flags))
    }

    fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let Ok(mut stream) = TcpStream::connect(&self.address) else { return (0, String::new()) };
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\
             content-type: application/json\r\n{headers}\r\n{body}"
        );
        let mut answer = String::new();
        if stream.write_all(head.as_bytes()).is_err() || stream.read_to_string(&mut answer).is_err() {
            return (0, answer);
        }
        (answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default(), answer)
    }

    /// As the admin of the first account.
    fn admin(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let mut cookie = self.cookie.lock().unwrap();
        if cookie.is_empty() {
            let person = format!(r#"{{"email":"admin@localhost","password":"{PASSWORD}"}}"#);
            let (_, answer) = self.request("POST", "/public/v1/auth/login", "", &person);
            let set = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
            *cookie = format!("cookie: {}\r\n", set.split(';').next().unwrap());
        }
        let (status, answer) = self.request(method, &format!("/public/v1{path}"), &cookie, body);
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    /// A new key of a token that opens everything, and the token's id.
    fn create(&self) -> (String, String) {
        let body = r#"{"name":"Key","extension":{"name":"custom"},"permissions":[{"object":{"id":"MD-0000"}}]}"#;
        let (status, token) = self.admin("POST", "/auth/tokens", body);
        assert_eq!(status, 201, "{token}");
        let id = token["id"].as_str().unwrap();
        (format!("ApiKey {id}:{}", token["token"].as_str().unwrap()), id.to_owned())
    }

    fn set(&self, id: &str, action: &str) -> u16 {
        self.admin("POST", &format!("/auth/tokens/{id}/{action}"), "").0
    }

    fn check(&self, key: &str) -> u16 {
        let headers = format!("authorization: {key}\r\nx-forwarded-method: GET\r\nx-forwarded-uri: /agreements\r\n");
        self.request("GET", "/gateway/check", &headers, "").0
    }

    /// Asks until the answer is `status`; how long that took.
    fn until(&self, key: &str, status: u16, patience: Duration) -> Duration {
        let begun = Instant::now();
        loop {
            let answer = self.check(key);
            if answer == status {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < patience, "still {answer} and not {status} after {patience:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn replicas_that_start_at_once_migrate_once() {
    let cluster = Cluster::start();
    let begun: Vec<_> = (0..3).map(|_| Replica::begin(&cluster, &[])).collect();
    let replicas: Vec<_> = begun.into_iter().map(Replica::finish).collect();
    let (key, _) = replicas[0].create();
    for replica in &replicas {
        replica.until(&key, 200, BOUND);
        assert_eq!(replica.admin("GET", "/accounts", "").1.as_array().unwrap().len(), 1);
    }
}

#[test]
fn revocation_reaches_the_other_replica_under_load_and_stays() {
    let cluster = Cluster::start();
    let (here, there) = (Replica::start(&cluster, &[]), Replica::start(&cluster, &[]));
    let keys: Vec<(String, String)> = (0..10).map(|_| here.create()).collect();
    let (busy, _) = here.create();
    let stop = AtomicBool::new(false);
    let worst = thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(there.check(&busy), 200);
                }
            });
        }
        let mut worst = Duration::ZERO;
        for (key, id) in &keys {
            there.until(key, 200, BOUND);
            assert_eq!(here.set(id, "deactivate"), 200);
            assert_eq!(here.check(key), 401, "the replica that was asked knows at once");
            worst = worst.max(there.until(key, 401, BOUND));
            for _ in 0..20 {
                assert_eq!(there.check(key), 401);
            }
            assert_eq!(here.set(id, "activate"), 200);
            there.until(key, 200, BOUND);
        }
        stop.store(true, Ordering::Relaxed);
        worst
    });
    assert!(worst <= BOUND, "{worst:?}");
}

#[test]
fn changes_that_a_killed_replica_acknowledged_are_kept() {
    let cluster = Cluster::start();
    let (here, there) = (Replica::start(&cluster, &[]), Replica::start(&cluster, &[]));
    let (revoked, id) = here.create();
    there.until(&revoked, 200, BOUND);
    let (created, _) = here.create();
    assert_eq!(here.set(&id, "deactivate"), 200);
    signal(here.child.id(), "KILL");
    there.until(&revoked, 401, BOUND);
    assert_eq!(there.check(&created), 200);
    let (another, _) = there.create();
    assert_eq!(there.check(&another), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_hears_nothing_looks_every_key_up() {
    let cluster = Cluster::start();
    let (here, there) = (Replica::start(&cluster, &[]), Replica::start(&cluster, &[]));
    let (key, id) = here.create();
    there.until(&key, 200, BOUND);

    // Both connections are cut: found out at once.
    cluster.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%LISTEN%' AND pid <> pg_backend_pid()").await;
    assert_eq!(here.set(&id, "deactivate"), 200);
    there.until(&key, 401, BOUND);
    assert_eq!(here.set(&id, "activate"), 200);
    there.until(&key, 200, BOUND);

    // The connections are there, but nothing comes: found out by the silence.
    thread::sleep(2 * BOUND);
    let listeners = cluster.listeners().await;
    assert_eq!(listeners.len(), 2, "both replicas listen again");
    for pid in &listeners {
        signal(u32::try_from(*pid).unwrap(), "STOP");
    }
    assert_eq!(here.set(&id, "deactivate"), 200);
    let took = there.until(&key, 401, 2 * BOUND);
    for pid in &listeners {
        signal(u32::try_from(*pid).unwrap(), "CONT");
    }
    assert!(took <= BOUND + Duration::from_millis(500), "{took:?}");
    assert_eq!(there.check(&key), 401);
}

#[test]
fn without_a_database_known_keys_work_for_a_while_and_all_comes_back_by_itself() {
    let cluster = Cluster::start();
    let (here, there) = (Replica::start(&cluster, &[]), Replica::start(&cluster, &["--database-grace", "10"]));
    let (known, id) = here.create();
    let (unknown, _) = here.create();
    there.until(&known, 200, BOUND);
    assert_eq!(there.admin("GET", "/accounts", "").0, 200);
    // Before it is down: whoever listens notices at once, and the grace is counted in whole seconds.
    let down = Instant::now();
    cluster.down();
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(there.check(&known), 200);
    assert_eq!(there.check(&unknown), 503, "nobody knows this key here");
    assert_eq!(there.set(&id, "deactivate"), 503);
    assert_eq!(there.check(&known), 200, "a change that was refused has changed nothing");
    there.until(&known, 503, Duration::from_secs(12));
    assert!(down.elapsed() >= Duration::from_secs(9), "the grace ended early: {:?}", down.elapsed());
    cluster.up();
    there.until(&known, 200, Duration::from_secs(10));
    there.until(&unknown, 200, BOUND);
    here.until(&known, 200, Duration::from_secs(10));
    // Both hear of each other again.
    thread::sleep(2 * BOUND);
    assert_eq!(here.set(&id, "deactivate"), 200);
    there.until(&known, 401, BOUND);
}

/// What `docs/OPERATIONS.md` has an operator grant to a gatekeeper's account.
fn documented_grants() -> String {
    let guide = include_str!("../../docs/OPERATIONS.md");
    let sql = guide.split("```sql").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    sql.replace("'…'", "'none'")
}

fn pepper() -> String {
    let pepper = Command::new(env!("CARGO_BIN_EXE_latchkey")).arg("pepper").env("LATCHKEY_MASTER_KEY", MASTER).output();
    String::from_utf8(pepper.unwrap().stdout).unwrap().trim().to_owned()
}

fn begin_gatekeeper(cluster: &Cluster, user: &str, pepper: &str, flags: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .args(["serve", "--role", "gatekeeper", "--listen", "127.0.0.1:0", "--database"])
        .arg(cluster.url().replace("postgres@", &format!("{user}@")))
        .args(flags)
        .env("LATCHKEY_PEPPER", pepper)
        .env_remove("LATCHKEY_MASTER_KEY")
        .current_dir(Path::new("/"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gatekeeper_checks_keys_and_knows_none_and_needs_few_rights() {
    let cluster = Cluster::start();
    let console = Replica::start(&cluster, &["--role", "console"]);
    let (key, id) = console.create();
    assert_eq!(console.check(&key), 403, "a console answers no proxy");
    assert!(pepper().len() == 64 && pepper() != MASTER);
    cluster.execute(&documented_grants()).await;
    let wrong = begin_gatekeeper(&cluster, "gatekeeper", &"2".repeat(64), &[]).wait_with_output().unwrap();
    let error = String::from_utf8(wrong.stderr).unwrap();
    assert!(!wrong.status.success() && error.contains("the pepper is not the one"), "{error}");

    let keeper = begin_gatekeeper(&cluster, "gatekeeper", &pepper(), &[]);
    let keeper = Replica::finish((keeper, tempfile::tempdir().unwrap()));
    keeper.until(&key, 200, BOUND);
    assert_eq!(console.set(&id, "deactivate"), 200);
    keeper.until(&key, 401, BOUND);
    assert_eq!(keeper.request("GET", "/public/v1/accounts", "", "").0, 404);
    assert_eq!(keeper.request("GET", "/", "", "").0, 404);
    assert_eq!(keeper.request("GET", "/readyz", "", "").0, 200);
    // What it has counted it may write, too.
    let begun = Instant::now();
    while console.admin("GET", &format!("/auth/tokens/{id}"), "").1["last_used"].is_null() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the use was not written");
        thread::sleep(Duration::from_millis(100));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_cut_off_lets_a_revoked_key_through_for_the_grace_and_no_longer() {
    let cluster = Cluster::start();
    let console = Replica::start(&cluster, &[]);
    let ((key, id), (other, _)) = (console.create(), console.create());
    cluster.execute(&documented_grants()).await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gatekeeper'";
    for (grace, after_a_second) in [("4", 200), ("0", 503)] {
        let keeper = begin_gatekeeper(&cluster, "gatekeeper", &pepper(), &["--database-grace", grace]);
        let keeper = Replica::finish((keeper, tempfile::tempdir().unwrap()));
        // Until it hears the others, it keeps nothing.
        keeper.until(&other, 200, BOUND);
        thread::sleep(BOUND);
        keeper.until(&key, 200, BOUND);
        cluster.execute("ALTER ROLE gatekeeper NOLOGIN").await;
        cluster.execute(cut).await;
        let begun = Instant::now();
        // The last that it hears must not be what it shall miss.
        thread::sleep(Duration::from_millis(500));
        assert_eq!(console.set(&id, "deactivate"), 200);
        thread::sleep(BOUND);
        assert_eq!(keeper.check(&key), after_a_second, "a grace of {grace} seconds");
        keeper.until(&key, 503, Duration::from_secs(7));
        assert!(begun.elapsed() < Duration::from_secs(8), "the grace of {grace} seconds lasted {:?}", begun.elapsed());
        cluster.execute("ALTER ROLE gatekeeper LOGIN").await;
        keeper.until(&key, 401, Duration::from_secs(10));
        keeper.until(&other, 200, BOUND);
        assert_eq!(console.set(&id, "activate"), 200);
    }
}

#[test]
fn tokens_disabled_from_the_command_line_are_refused_by_every_replica() {
    let cluster = Cluster::start();
    let (here, there) = (Replica::start(&cluster, &[]), Replica::start(&cluster, &[]));
    let (key, id) = here.create();
    for replica in [&here, &there] {
        replica.until(&key, 200, BOUND);
    }
    let disable = |which: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
        command.args(["token", "disable"]).args(which).args(["--database", &cluster.url()]);
        assert!(command.stdout(Stdio::null()).status().unwrap().success());
    };
    disable(&[&id]);
    for replica in [&here, &there] {
        replica.until(&key, 401, BOUND);
    }
    let (key, _) = there.create();
    here.until(&key, 200, BOUND);
    disable(&["--created-by", "admin@localhost"]);
    for replica in [&here, &there] {
        replica.until(&key, 401, BOUND);
    }
}

#[test]
fn reload_reaches_every_replica_and_those_that_differ_are_told() {
    let cluster = Cluster::start();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let file = |at: usize| folders[at].path().join("catalogue.toml").display().to_string();
    let write = |at: usize, path: &str| {
        let text = format!("[[modules]]\nid = \"MD-0002\"\nname = \"Partners\"\npaths = [\"{path}\"]\n");
        std::fs::write(file(at), text).unwrap();
    };
    (0..2).for_each(|at| write(at, "/elsewhere"));
    let flags =
        |at: usize| ["--catalogue".to_owned(), file(at), "--metrics-listen".to_owned(), "127.0.0.1:0".to_owned()];
    let [here, there] = [0, 1].map(|at| {
        let flags = flags(at);
        let (child, folder) = Replica::begin(&cluster, &flags.each_ref().map(String::as_str));
        let mut replica = Replica { child, address: String::new(), cookie: Mutex::default(), _folder: folder };
        let mut lines = BufReader::new(replica.child.stdout.take().unwrap()).lines();
        let mut address = || lines.next().unwrap().unwrap().split_once("http://").unwrap().1.to_owned();
        replica.address = address();
        (replica, address())
    });
    let reload = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
        let output = command.args(["reload", "--json", "--database", &cluster.url()]).output().unwrap();
        let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
        (rows.as_array().unwrap().len(), String::from_utf8(output.stderr).unwrap())
    };
    let differing = |metrics: &String| {
        let mut stream = TcpStream::connect(metrics).unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text.lines().find_map(|line| line.strip_prefix("latchkey_catalogue_differing_replicas ")).unwrap().to_owned()
    };
    let body = r#"{"name":"Key","extension":{"name":"custom"},"permissions":[{"object":{"id":"MD-0002"}}]}"#;
    let (_, token) = here.0.admin("POST", "/auth/tokens", body);
    let key = format!("ApiKey {}:{}", token["id"].as_str().unwrap(), token["token"].as_str().unwrap());
    there.0.until(&key, 403, BOUND);
    (0..2).for_each(|at| write(at, "/agreements"));
    assert_eq!(reload(), (2, String::new()));
    assert_eq!((here.0.check(&key), there.0.check(&key)), (200, 200));
    write(1, "/another");
    let (servers, error) = reload();
    assert!(servers == 2 && error.contains("the servers have different catalogues"), "{error}");
    assert_eq!((here.0.check(&key), there.0.check(&key)), (200, 403));
    // Whichever looked last has seen it; the other will.
    assert!([&here, &there].iter().any(|(_, metrics)| differing(metrics) == "1"));
    write(1, "/agreements");
    assert_eq!(reload(), (2, String::new()));
}

#[test]
fn change_at_one_replica_is_told_by_the_stream_of_another_which_stops_at_once() {
    let cluster = Cluster::start();
    let (here, there) = (Replica::start(&cluster, &[]), Replica::start(&cluster, &[]));
    let (_, id) = here.create();
    there.admin("GET", "/auth/context", "");
    let mut stream = TcpStream::connect(&there.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let cookie = there.cookie.lock().unwrap().clone();
    write!(stream, "GET /public/v1/auth/events/live HTTP/1.1\r\nhost: x\r\n{cookie}\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(|line| line.unwrap());
    // The first comment: it listens.
    assert!(lines.any(|line| line.starts_with(':')));
    assert_eq!(here.set(&id, "deactivate"), 200);
    assert!(lines.any(|line| line.contains("token.disabled") && line.contains(&id)));
    let begun = Instant::now();
    signal(there.child.id(), "TERM");
    assert_eq!(lines.last().as_deref(), Some(""), "the stream has ended as it should");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn full_disk_of_postgres_loses_no_acknowledged_change_and_revocations_hold_once_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let mount = |arguments: &[&str]| Command::new("mount").args(arguments).arg(folder.path()).output();
    if !mount(&["-t", "tmpfs", "-o", "size=96m", "tmpfs"]).is_ok_and(|output| output.status.success()) {
        eprintln!("not run: mounting a tmpfs is not allowed here");
        return;
    }
    let (disk, ballast) = (folder.path().to_owned(), folder.path().join("ballast"));
    let cluster = Cluster::start_in(folder, &["--wal-segsize=1"]);
    let replica = Replica::start(&cluster, &[]);
    let keys: Vec<(String, String)> = (0..3).map(|_| replica.create()).collect();
    keys.iter().for_each(|(key, _)| assert_eq!(replica.check(key), 200));
    let mut file = std::fs::File::create(&ballast).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    // Each needs more space than the pages that are there have.
    let body = format!(r#"{{"name":"Full","extension":{{"name":"custom"}},"description":"{}"}}"#, "x".repeat(255));
    let answers: Vec<u16> =
        (0..3000).map(|_| replica.admin("POST", "/auth/tokens", &body).0).take_while(|status| *status == 201).collect();
    assert!(answers.len() < 3000, "the disk was not full");
    assert_eq!(replica.admin("POST", "/auth/tokens", &body).0, 503);
    std::fs::remove_file(&ballast).unwrap();

    // PostgreSQL may have stopped, and a probe of its own may have to succeed before anything else does.
    let begun = Instant::now();
    while replica.set(&keys[0].1, "deactivate") != 200 {
        assert!(begun.elapsed() < Duration::from_secs(30), "no change although there is space");
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(replica.check(&keys[0].0), 401);
    assert_eq!(replica.admin("DELETE", &format!("/auth/tokens/{}", keys[1].1), "").0, 204);
    assert_eq!(replica.check(&keys[1].0), 401);
    let (new, _) = replica.create();
    cluster.down();
    cluster.up();
    let other = Replica::start(&cluster, &[]);
    for (key, status) in [(&keys[0].0, 401), (&keys[1].0, 401), (&keys[2].0, 200), (&new, 200)] {
        other.until(key, status, BOUND);
    }
    let (_, page) = other.admin("GET", "/auth/tokens?limit=1&eq(name,Full)", "");
    assert_eq!(page.as_array().unwrap().len(), 1);
    drop(other);
    drop(cluster);
    let _ = Command::new("umount").arg("--lazy").arg(disk).status();
}

#[test]
fn replicas_run_behind_a_pooler_in_session_mode_and_refuse_transaction_mode() {
    let cluster = Cluster::start();
    let session = PgBouncer::start(&cluster, "session");
    let [one, two] = [(); 2].map(|()| Replica::finish(Replica::begin_at(&session.url, &[])));
    let (key, id) = one.create();
    assert_eq!((one.check(&key), two.check(&key)), (200, 200));
    assert_eq!(one.set(&id, "deactivate"), 200);
    two.until(&key, 401, BOUND);
    drop((one, two));

    let transaction = PgBouncer::start(&cluster, "transaction");
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .current_dir(folder.path())
        .env("LATCHKEY_MASTER_KEY", MASTER)
        .args(["serve", "--listen", "127.0.0.1:0", "--database", &transaction.url])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains("set pool_mode = session"), "{text}");
}
