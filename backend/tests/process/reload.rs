//! A catalogue that is read again while the server runs.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use sea_orm::ConnectionTrait as _;
use serde_json::Value;

use crate::server::{Server, latchkey};

const PATIENCE: Duration = Duration::from_secs(10);

/// A module MD-0002 for one path.
fn write(folder: &Path, path: &str) {
    let text = format!("[[modules]]\nid = \"MD-0002\"\nname = \"Partners\"\npaths = [\"{path}\"]\n");
    fs::write(folder.join("catalogue.toml"), text).unwrap();
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What `latchkey reload --json` prints, and what it says on standard error.
fn reload(folder: &Path) -> (Value, String) {
    let output = latchkey(folder).args(["reload", "--data-dir", "data", "--json"]).output().unwrap();
    (serde_json::from_slice(&output.stdout).unwrap_or_default(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn catalogue_is_read_again_on_sighup_and_no_request_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "/agreements");
    let server = Server::start_with(latchkey(folder.path()), &["--catalogue", "catalogue.toml"]);
    let (_, key) = server.create("Key", "MD-0002");
    assert_eq!(server.check(&key), 200);
    let (stop, asked) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        let client = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let status = server.check(&key);
                assert!(status == 200 || status == 403, "{status}");
                asked.fetch_add(1, Ordering::Relaxed);
            }
        });
        for _ in 0..10 {
            for (path, status) in [("/elsewhere", 403), ("/agreements", 200)] {
                write(folder.path(), path);
                server.signal("HUP");
                until("the catalogue was not read again", || server.check(&key) == status);
            }
        }
        stop.store(true, Ordering::Relaxed);
        client.join().unwrap();
    });
    assert!(asked.load(Ordering::Relaxed) > 20);
    // What was counted before belongs to the module that it was of.
    let id = &key["ApiKey ".len()..][..14];
    until("the calls were not written", || {
        let usage = server.admin("GET", &format!("/auth/tokens/{id}/usage"), "").1;
        crate::server::json(&usage)["modules"][0]["calls"].as_u64().is_some_and(|calls| calls > 20)
    });
}

#[test]
fn bad_catalogue_leaves_the_one_in_force_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "/agreements");
    let server = Server::start_with(latchkey(folder.path()), &["--catalogue", "catalogue.toml"]);
    let (_, key) = server.create("Key", "MD-0002");
    let (servers, error) = reload(folder.path());
    assert_eq!((&servers[0]["problem"], error.as_str()), (&Value::from(""), ""));
    write(folder.path(), "no slash");
    let (servers, error) = reload(folder.path());
    let problem = servers[0]["problem"].as_str().unwrap();
    assert!(problem.contains("catalogue.toml, line 1: \"no slash\" must"), "{problem}");
    assert!(error.contains("1 of 1 servers keep the catalogue that they have"), "{error}");
    assert_eq!(server.check(&key), 200);
    // It does not wait for what somebody may write to a pipe.
    fs::remove_file(folder.path().join("catalogue.toml")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.path().join("catalogue.toml")).status().unwrap().success());
    let (servers, _) = reload(folder.path());
    assert!(servers[0]["problem"].as_str().unwrap().contains("catalogue.toml: is not a file"), "{servers}");
    fs::remove_file(folder.path().join("catalogue.toml")).unwrap();
    // It says what it has as soon as the database takes it again; until then nobody claims to know.
    let sqlite = format!("sqlite:{}", folder.path().join("data/latchkey.db").display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let execute = |sql: &str| {
        runtime.block_on(async {
            sea_orm::Database::connect(&sqlite).await.unwrap().execute_unprepared(sql).await.unwrap();
        });
    };
    execute("CREATE TRIGGER no_room BEFORE INSERT ON replicas BEGIN SELECT RAISE(FAIL, 'disk is full'); END");
    write(folder.path(), "/agreements");
    let (servers, error) = reload(folder.path());
    assert_eq!(servers[0]["result"], "has not answered");
    assert!(error.contains("1 of 1 servers have not answered"), "{error}");
    execute("DROP TRIGGER no_room");
    assert_eq!(reload(folder.path()).1, "");
    // The server has run for long.
    execute("UPDATE replicas SET seen_at = 1");
    write(folder.path(), "/elsewhere");
    let (servers, error) = reload(folder.path());
    assert_eq!((&servers[0]["problem"], error.as_str()), (&Value::from(""), ""));
    assert_eq!(server.check(&key), 403);
    // Nobody asked for it.
    write(folder.path(), "/agreements");
    let disable = latchkey(folder.path()).args(["token", "list", "--data-dir", "data"]).output().unwrap();
    assert!(disable.status.success());
    assert_eq!(server.check(&key), 403);
    server.kill();
    assert!(reload(folder.path()).1.contains("no server runs with this database"));
}

/// `script` gives it a terminal, which is closed with it.
#[test]
fn server_in_a_terminal_stops_when_that_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let serve =
        format!("{} serve --listen 127.0.0.1:0 --data-dir data >{}", env!("CARGO_BIN_EXE_latchkey"), "greeting");
    let mut script = Command::new("script")
        .args(["-q", "-e", "-c", &format!("exec {serve}"), "/dev/null"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let greeting = || fs::read_to_string(folder.path().join("greeting")).unwrap_or_default();
    until("it did not start", || greeting().lines().count() > 1);
    let address = greeting().lines().next().unwrap().split_once("http://").unwrap().1.to_owned();
    let is_up = || std::net::TcpStream::connect(&address).is_ok();
    assert!(is_up());
    script.kill().unwrap();
    script.wait().unwrap();
    until("it goes on without its terminal", || !is_up());
}

#[test]
fn sighup_while_the_server_starts_does_not_end_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "/agreements");
    let mut child = latchkey(folder.path())
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "--catalogue", "catalogue.toml"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // From its first moments on, until it has told where it listens.
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    thread::sleep(Duration::from_millis(60));
    let greeted = thread::spawn(move || lines.next().unwrap().unwrap());
    while !greeted.is_finished() {
        assert!(Command::new("kill").args(["-s", "HUP", &child.id().to_string()]).status().unwrap().success());
        thread::sleep(Duration::from_millis(10));
    }
    assert!(greeted.join().unwrap().starts_with("Latchkey listens"));
    assert_eq!(child.try_wait().unwrap(), None);
    child.kill().unwrap();
    child.wait().unwrap();
}
