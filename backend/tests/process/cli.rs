//! The program itself: its flags, its one-line refusals, how it starts and how it stops.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::Path,
    process::{Output, Stdio},
};

use sea_orm::ConnectionTrait as _;

use crate::server::{PASSWORD, Server, latchkey};

/// Runs a command line that must be refused: exit code, one line, and nothing left behind.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let before = listing(folder);
    let Output { status, stderr, .. } = latchkey(folder).args(arguments).output().unwrap();
    let text = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "{arguments:?} was accepted");
    assert_eq!(listing(folder), before, "{arguments:?} changed something");
    text
}

fn one_line(text: &str) -> &str {
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end()
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn wrong_flags_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (vec!["serve", "--colour", "red"], "--colour"),
        (vec!["serve", "--listen", "8080"], "must be like 127.0.0.1:8080"),
        (vec!["serve", "--listen", ":8080"], "0.0.0.0:8080 for every address"),
        (vec!["serve", "--listen", "localhost"], "must be like 127.0.0.1:8080"),
        (vec!["serve", "--public-url", "keys.example.com"], "--public-url"),
        (vec!["serve", "--admin-email", "nobody"], "--admin-email"),
        (vec!["serve", "--trusted-proxies", "10.0.0.1/8"], "10.0.0.0/8 is the network"),
        (vec!["serve", "--role", "king"], "--role"),
        (vec!["serve", "--role", "gatekeeper"], "--role gatekeeper needs PostgreSQL"),
        (vec!["serve", "--role", "console"], "--role console needs PostgreSQL"),
        (vec!["pepper"], "no master key in latchkey-data/master.key"),
        (vec!["fly"], "fly"),
    ] {
        let text = refusal(folder.path(), &arguments);
        assert!(one_line(&text).contains(expected), "{text}");
    }
}

#[test]
fn another_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("latchkey-data")).unwrap();
    let text = refusal(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--database", "mysql://root:s3cret@db/x"]);
    assert_eq!(one_line(&text), "latchkey: --database must be sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME");
}

/// Whatever is wrong with a database's address, nobody reads its password.
#[test]
fn password_of_the_database_is_in_no_message() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in [
        format!("postgres://user:s3cret@{nobody}/x"),
        format!("POSTGRES://user:s3cret@{nobody}/x?sslmode=disable"),
        format!("postgres://{nobody}/x?user=user&password=s3cret"),
        "postgres://user:s3cret@127.0.0.1:port/x".to_owned(),
        "postgres://user:s3cr/et@127.0.0.1/x".to_owned(),
        "postgres//user:s3cret@db/x".to_owned(),
        "s3cret".to_owned(),
        "sqlite:s3cret?mode=memory".to_owned(),
    ] {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "--database", &url];
        let text = refusal(folder.path(), &serve);
        assert!(!one_line(&text).contains("s3cr"), "{url}: {text}");
    }
    let url = "postgres://user:s3cret@db/x";
    for arguments in [
        vec!["serve", url],
        vec!["serve", "--listen", url],
        vec!["serve", "--catalogue", url],
        vec!["serve", "--database-file", url],
        vec!["serve", "--database", "postgres://127.0.0.1:1/x?sslpassword=s3cret"],
    ] {
        let text = refusal(folder.path(), &arguments);
        assert!(!one_line(&text).contains("s3cr"), "{arguments:?}: {text}");
    }
}

/// The folder of the data as well, which is made for a start that may fail.
#[test]
fn start_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("text"), "no database").unwrap();
    foreign_database(&folder.path().join("foreign.db"));
    for (arguments, reason) in [
        (["--database", "sqlite:sub/x.db"], "the folder sub does not exist"),
        (["--database", "sqlite:."], "unable to open"),
        (["--database", "sqlite:text"], "not a database"),
        (["--database", "sqlite:foreign.db"], "another program's tables"),
        (["--database", "postgres://127.0.0.1:1/x"], "refused"),
    ] {
        let text = refusal(folder.path(), &[&["serve", "--listen", "127.0.0.1:0"], arguments.as_slice()].concat());
        assert!(one_line(&text).contains(reason), "{arguments:?}: {text}");
    }
    // A name that begins like a URL of SQLite's is a name.
    let server = Server::start_with(latchkey(folder.path()), &["--database", "sqlite:file:x.db"]);
    assert!(folder.path().join("file:x.db").exists());
    drop(server);
}

/// A file of SQLite with a table of another program.
fn foreign_database(path: &Path) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let database = sea_orm::Database::connect(format!("sqlite:{}?mode=rwc", path.display())).await.unwrap();
        database.execute_unprepared("CREATE TABLE users (name)").await.unwrap();
        database.close().await.unwrap();
    });
}

#[test]
fn refusal_names_what_is_missing_and_what_is_possible() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, parts) in [
        (vec!["user", "add"], vec!["--email", "--name", "--role"]),
        (vec!["token", "disable"], vec!["required", "--created-by"]),
        (vec!["serve", "--role", "king"], vec!["king", "console", "gatekeeper"]),
        (vec!["serve", "--log-format", "xml"], vec!["text", "json"]),
        (vec!["pepper"], vec!["no master key in latchkey-data/master.key"]),
        (
            vec!["serve", "--role", "gatekeeper", "--database", "postgres://h/x", "--pepper-file", "none"],
            vec!["file none does not exist"],
        ),
        (vec!["user", "disable", "--email", ""], vec!["--email", "is required"]),
    ] {
        let text = refusal(folder.path(), &arguments);
        let line = one_line(&text);
        parts.iter().for_each(|part| assert!(line.contains(part), "{arguments:?}: {text}"));
    }
    let output = latchkey(folder.path())
        .args(["serve", "--master-key-file", "k"])
        .env("LATCHKEY_MASTER_KEY", "00".repeat(32))
        .output()
        .unwrap();
    assert!(one_line(&String::from_utf8(output.stderr).unwrap()).contains("are both given"));
}

#[test]
fn secrets_are_read_from_files_of_their_owner() {
    let folder = tempfile::tempdir().unwrap();
    let secret = |name: &str, text: &str, mode| {
        fs::write(folder.path().join(name), text).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    fs::create_dir(folder.path().join("data")).unwrap();
    secret("database", "sqlite:data/own.db\n", 0o600);
    secret("password", &format!("{PASSWORD}\r\n"), 0o600);
    secret("open", "sqlite:data/own.db", 0o644);
    let start = |file: &str| {
        let mut command = latchkey(folder.path());
        command.env_remove("LATCHKEY_ADMIN_PASSWORD").env("LATCHKEY_ADMIN_PASSWORD_FILE", file);
        command
    };
    let server = Server::start_with(start("password"), &["--database-file", "database"]);
    assert!(folder.path().join("data/own.db").exists());
    assert_eq!(server.admin("GET", "/auth/context", "").0, 200);
    drop(server);
    let text = refusal(folder.path(), &["serve", "--data-dir", "data", "--database-file", "open"]);
    assert!(one_line(&text).contains("chmod 600 open"), "{text}");
    let text = refusal(folder.path(), &["serve", "--data-dir", "data", "--database-file", "none"]);
    assert!(one_line(&text).contains("none does not exist"), "{text}");
    let output = start("none").args(["serve", "--data-dir", "data"]).output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("LATCHKEY_ADMIN_PASSWORD_FILE: none does not exist"));
}

/// As a file of variables with a line for each, filled in or not.
#[test]
fn empty_variables_count_as_not_given() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = latchkey(folder.path());
    for name in [
        "DATABASE",
        "DATABASE_FILE",
        "MASTER_KEY",
        "MASTER_KEY_FILE",
        "CATALOGUE",
        "ROLE",
        "GATEWAY_LISTEN",
        "METRICS_LISTEN",
        "LOG_FORMAT",
        "DATABASE_GRACE",
        "PEPPER",
        "PEPPER_FILE",
        "PUBLIC_URL",
        "NO_EXAMPLES",
        "ADMIN_EMAIL",
        "ACCOUNT_NAME",
        "RECENT_SIGN_IN",
        "ADMIN_PASSWORD_FILE",
    ] {
        command.env(format!("LATCHKEY_{name}"), "");
    }
    command.env("LATCHKEY_TRUSTED_PROXIES", " 10.0.0.0/8 , 127.0.0.1, ");
    let server = Server::start_with(command, &[]);
    assert_eq!(server.admin("GET", "/auth/context", "").0, 200);
}

#[test]
fn data_folder_may_have_any_name_and_nothing_is_made_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["my data", "100%", "a?mode=memory", "#1", "ü%20x"] {
        let mut child = latchkey(folder.path())
            .args(["serve", "--listen", "localhost:0", "--data-dir", name])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let greeting = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        assert!(greeting.starts_with("Latchkey listens on http://127.0.0.1:"), "{name}");
        let inner = folder.path().join(name);
        let mode = fs::metadata(inner.join("latchkey.db")).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode, inner.join("master.key").exists()), (0o600, true), "{name}");
        let _ = child.kill();
        let _ = child.wait();
        fs::remove_dir_all(inner).unwrap();
        assert_eq!(listing(folder.path()), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn bad_catalogue_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("c.toml"), "\n\n[[modules]]\nid = \"MD-1\"\n").unwrap();
    let text = refusal(folder.path(), &["serve", "--catalogue", "c.toml"]);
    assert!(one_line(&text).starts_with("latchkey: catalogue c.toml, line "), "{text}");
    let text = refusal(folder.path(), &["serve", "--catalogue", "none.toml"]);
    assert!(one_line(&text).contains("none.toml"), "{text}");
}

#[test]
fn master_key_that_others_can_read_or_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k");
    fs::write(&path, "7".repeat(64)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let text = refusal(folder.path(), &["serve", "--master-key-file", "k"]);
    assert!(one_line(&text).contains("chmod 600"), "{text}");
    fs::write(&path, "short").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let text = refusal(folder.path(), &["serve", "--master-key-file", "k"]);
    assert!(one_line(&text).contains("64 hex digits"), "{text}");
}

#[test]
fn busy_port_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let text = refusal(folder.path(), &["serve", "--listen", &address]);
    assert!(one_line(&text).starts_with(&format!("latchkey: --listen {address}: ")), "{text}");
}

#[test]
fn database_without_its_master_key_is_refused_and_no_new_key_is_made() {
    let folder = tempfile::tempdir().unwrap();
    drop(Server::start(folder.path()));
    let data = folder.path().join("data");
    fs::rename(data.join("master.key"), data.join("away")).unwrap();
    let text = refusal(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    assert!(one_line(&text).contains("is missing or empty, but the database was made with one"), "{text}");
    assert!(!data.join("master.key").exists());
    let other = data.join("other");
    fs::write(&other, "7".repeat(64)).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    let text = refusal(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "--master-key-file", "data/other"],
    );
    assert!(one_line(&text).contains("is not the one that this database was made with"), "{text}");
}

#[tokio::test]
async fn damaged_database_is_not_taken_for_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    drop(Server::start(folder.path()));
    let data = folder.path().join("data");
    fs::remove_file(data.join("master.key")).unwrap();
    let url = format!("sqlite:{}", data.join("latchkey.db").display());
    let connection = sea_orm::Database::connect(url).await.unwrap();
    connection.execute_unprepared("DROP TABLE installation").await.unwrap();
    connection.close().await.unwrap();
    let text = refusal(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    assert!(one_line(&text).contains("no such table: installation"), "{text}");
    assert!(!data.join("master.key").exists(), "a new key was made");
}

#[test]
fn first_start_keeps_its_data_to_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    assert!(server.greeting.contains("127.0.0.1"));
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/master.key")), (0o700, 0o600));
    assert!(server.send("GET", "/healthz", &[], "").0 == 200);
    assert!(server.send("GET", "/readyz", &[], "").0 == 200);
}

#[test]
fn first_start_that_cannot_succeed_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data-dir", "."];
    let listed = listing(folder.path());
    let output = latchkey(folder.path()).args(serve).env("LATCHKEY_ADMIN_PASSWORD", "short").output().unwrap();
    assert!(one_line(&String::from_utf8(output.stderr).unwrap()).contains("at least 12 characters"));
    let bytes = OsStr::from_bytes(b"gr\xfcner Ofen im Flur");
    let output = latchkey(folder.path()).args(serve).env("LATCHKEY_ADMIN_PASSWORD", bytes).output().unwrap();
    assert!(one_line(&String::from_utf8(output.stderr).unwrap()).contains("LATCHKEY_ADMIN_PASSWORD is not UTF-8"));
    assert_eq!(listing(folder.path()), listed);
    for arguments in [["--master-key-file", "nowhere/k"], ["--database", "sqlite:"], ["--account-name", " "]] {
        one_line(&refusal(folder.path(), &[serve.as_slice(), &arguments].concat()));
    }
    let arguments = ["user", "add", "--data-dir", ".", "--email", "a@b.c", "--name", "A", "--role", "viewer"];
    let output = latchkey(folder.path()).args(arguments).env("LATCHKEY_USER_PASSWORD", PASSWORD).output().unwrap();
    assert!(one_line(&String::from_utf8(output.stderr).unwrap()).contains("start the server once"));
    assert_eq!(listing(folder.path()), listed);
}

#[test]
fn database_is_readable_by_its_owner_alone_in_a_folder_that_others_can_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::set_permissions(folder.path().join("data"), fs::Permissions::from_mode(0o755)).unwrap();
    let _server = Server::start(folder.path());
    for name in ["latchkey.db", "latchkey.db-wal", "latchkey.db-shm"] {
        let mode = fs::metadata(folder.path().join("data").join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
}

#[test]
fn signals_stop_the_server_after_its_requests() {
    for signal in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Server::start(folder.path());
        // A connection that is kept open and idle must not hold it up.
        let _idle = TcpStream::connect(&server.address).unwrap();
        server.signal(signal);
        assert!(server.child.wait().unwrap().success(), "{signal}");
    }
}

#[test]
fn acknowledged_changes_survive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    for number in 0..20 {
        server.create(&format!("Token {number}"), "MD-0002");
    }
    server.kill();
    let server = Server::start(folder.path());
    let (_, answer) = server.admin("GET", "/auth/tokens?limit=0", "");
    assert!(answer.contains("content-range: items 0-0/20"), "{answer}");
}

#[test]
fn users_are_added_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let add = |email: &str, password: &str| {
        let mut command = latchkey(folder.path());
        command.args(["user", "add", "--data-dir", "data", "--email", email, "--name", "Vera", "--role", "viewer"]);
        let output = command.env("LATCHKEY_USER_PASSWORD", password).output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let server = Server::start(folder.path());
    assert!(add("vera@example.com", PASSWORD).0);
    assert!(add("VERA@example.com", PASSWORD).1.contains("exists already"));
    assert!(add("otto@example.com", "short").1.contains("at least 12 characters"));
    assert!(!add("nobody", PASSWORD).0);
    let mut list = latchkey(folder.path());
    let accounts =
        String::from_utf8(list.args(["account", "list", "--data-dir", "data"]).output().unwrap().stdout).unwrap();
    let distributor = accounts.lines().find(|line| line.starts_with("PA-")).unwrap().split('\t').next().unwrap();
    let mut command = latchkey(folder.path());
    command.args([
        "user",
        "add",
        "--data-dir",
        "data",
        "--email",
        "d@example.com",
        "--name",
        "Dora",
        "--role",
        "admin",
    ]);
    command.args(["--account", distributor]).env("LATCHKEY_USER_PASSWORD", PASSWORD);
    assert!(command.output().unwrap().status.success());
    let body = format!(r#"{{"email":"d@example.com","password":"{PASSWORD}"}}"#);
    assert!(server.send("POST", "/public/v1/auth/login", &[], &body).1.contains(distributor));
    let body = format!(r#"{{"email":"vera@example.com","password":"{PASSWORD}"}}"#);
    assert!(server.send("POST", "/public/v1/auth/login", &[], &body).1.contains("\"viewer\""));
}

/// Reads from an address until the other end closes.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn metrics_and_the_gateway_have_their_own_listeners_and_the_log_is_json_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let mut child = latchkey(folder.path())
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "--log-format", "json"])
        .args(["--gateway-listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut place = |start: &str| {
        let line = lines.next().unwrap().unwrap();
        line.strip_prefix(start).and_then(|rest| rest.strip_prefix(" on http://")).unwrap().to_owned()
    };
    let [main, gateway, metrics] =
        ["Latchkey listens", "Proxies and resource servers ask", "Metrics are"].map(&mut place);
    let key = "ApiKey SU-160-984-311:070707070707070707070707070707076bcdae30";
    let ask = |address: &str| {
        get(
            address,
            &format!("/gateway/envoy/agreements HTTP/1.1\r\nauthorization: {key}\r\nx-request-id: traced\r\nx: "),
        )
    };
    assert!(ask(&main).starts_with("HTTP/1.1 404"), "not any longer on the address of the console");
    assert!(ask(&gateway).starts_with("HTTP/1.1 401"));
    assert!(get(&gateway, "/").starts_with("HTTP/1.1 404"));
    assert!(get(&gateway, "/gateway/check").starts_with("HTTP/1.1 400"));
    let text = get(&metrics, "/metrics");
    for line in [
        "latchkey_decisions_total{outcome=\"unknown_id\"} 1",
        "latchkey_decisions_total{outcome=\"missing\"} 1",
        // Also looked at on the other listener, where nobody asked for it; the second time, it was known that there is
        // no such token.
        "latchkey_token_cache_misses_total 1",
        "latchkey_token_cache_hits_total 1",
        "latchkey_token_cache_tokens 0",
        "latchkey_database_connections ",
        "latchkey_database_seconds_count",
        "latchkey_decision_seconds_count 2",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split(' ').next()) {
            assert!(text.contains(&format!("# HELP {name} ")), "{name} is not explained");
        }
    }
    for name in [
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "latchkey_build_info{version=",
    ] {
        assert!(text.contains(&format!("\n{name}")), "{name}");
    }
    assert!(get(&main, "/metrics").starts_with("HTTP/1.1 404"), "figures are on their own listener alone");
    let flood =
        format!("/gateway/envoy/a HTTP/1.1\r\nauthorization: ApiKey x\r\nx-request-id: {}\r\nx: ", "A".repeat(9000));
    assert!(get(&gateway, &flood).starts_with("HTTP/1.1 401"));
    let _ = child.kill();
    let _ = child.wait();
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains("AAAA"), "who needs no key must not fill the disk");
    let refused = log.lines().find(|line| line.contains("key refused")).unwrap();
    let refused: serde_json::Value = serde_json::from_str(refused).unwrap();
    assert_eq!(
        (refused["reason"].as_str(), refused["token"].as_str(), refused["request_id"].as_str()),
        (Some("unknown_id"), Some("SU-160-984-311"), Some("traced"))
    );
    assert!(!log.contains("07070707") && !text.contains("07070707"), "a secret is in a log or a metric");
}

/// As behind a stalled journal: standard error is a pipe that nobody reads.
#[test]
fn log_that_nobody_reads_holds_no_request_up_and_dropped_lines_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = latchkey(folder.path())
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "--metrics-listen", "127.0.0.1:0"])
        .env("RUST_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut place = || lines.next().unwrap().unwrap().rsplit_once("http://").unwrap().1.to_owned();
    let (main, metrics) = (place(), place());
    let dropped = || {
        let text = get(&metrics, "/metrics");
        let line =
            text.lines().find_map(|line| line.strip_prefix("latchkey_log_lines_dropped_total ")).unwrap().to_owned();
        line.parse::<u64>().unwrap()
    };
    let begun = std::time::Instant::now();
    while dropped() == 0 {
        for path in ["/healthz", "/public/v1/accounts", "/gateway/envoy/agreements"] {
            assert!(get(&main, path).starts_with("HTTP/1.1 "), "{path}");
        }
        assert!(begun.elapsed().as_secs() < 60, "nothing was dropped");
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[test]
fn second_server_on_the_same_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let text = refusal(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    assert!(one_line(&text).contains("data/latchkey.db: another server uses it"), "{text}");
    drop(server);
    Server::start(folder.path());
}

/// A write beyond `ulimit -f` sends SIGXFSZ, which would end the process without a word.
#[test]
fn file_size_limit_is_an_error_from_the_first_write_on() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in ["serve --listen 127.0.0.1:0 --data-dir new", "user list --data-dir data"] {
        if arguments.starts_with("user") {
            drop(Server::start(folder.path()));
        }
        let script = format!("ulimit -f 8; exec \"$0\" {arguments}");
        let mut limited = std::process::Command::new("sh");
        limited.current_dir(folder.path()).args(["-c", &script, env!("CARGO_BIN_EXE_latchkey")]);
        let output = limited.output().unwrap();
        assert!(output.status.code().is_some(), "{arguments}: ended by a signal");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() || text.contains("latchkey: "), "{text}");
    }
}

#[test]
fn standard_output_that_nobody_reads_holds_no_start_up() {
    let folder = tempfile::tempdir().unwrap();
    let (_reader, mut writer) = std::io::pipe().unwrap();
    // As much as Linux takes before a writer waits.
    writer.write_all(&[b'x'; 65_536]).unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut server = latchkey(folder.path());
    server.args(["serve", "--data-dir", "data", "--listen", &address.to_string()]).stdout(writer).stderr(Stdio::null());
    let mut server = server.spawn().unwrap();
    let answers = || {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(std::time::Duration::from_secs(1))).ok()?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").ok()?;
        stream.read(&mut [0; 12]).ok().filter(|read| *read > 0)
    };
    let begun = std::time::Instant::now();
    while answers().is_none() {
        assert!(begun.elapsed().as_secs() < 20, "the server does not answer");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    server.kill().unwrap();
    server.wait().unwrap();
}
