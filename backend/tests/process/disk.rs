//! A disk that is full or fails: what was acknowledged holds, what was refused did not happen, and the server goes on.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command},
};

use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};

use crate::server::{Server, id_and_key, json, new_token};

const ENOSPC: u8 = 28;
const EIO: u8 = 5;

/// A small file system in memory. Unmounted when it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where mounting is not allowed.
    fn mount(folder: PathBuf, megabytes: u32) -> Option<Self> {
        fs::create_dir(&folder).unwrap();
        let size = format!("size={megabytes}m,mode=700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&folder).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }

    /// Takes all the space that is left, until the file that is returned is removed.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("ballast");
        let mut file = fs::File::create(&path).unwrap();
        let mut piece = vec![0; 4096];
        while !piece.is_empty() {
            if file.write_all(&piece).is_err() {
                piece.truncate(piece.len() / 2);
            }
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn full_disk_loses_no_acknowledged_change_and_revocations_hold_once_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path().join("data"), 12) else {
        eprintln!("not run: mounting a tmpfs is not allowed here");
        return;
    };
    let server = Server::start(folder.path());
    let keys: Vec<(String, String)> = (0..4).map(|number| server.create(&format!("{number}"), "MD-0002")).collect();
    keys.iter().for_each(|(_, key)| assert_eq!(server.check(key), 200));
    let ballast = disk.fill();
    // Fails in the usage flush, which runs every three seconds, and in each of these.
    let mut refused = 0;
    for _ in 0..20 {
        refused += u32::from(server.admin("POST", "/auth/tokens", &new_token("Full", "MD-0002")).0 == 503);
        server.admin(
            "PUT",
            &format!("/auth/tokens/{}", keys[3].0),
            &format!(r#"{{"description":"{}"}}"#, "x".repeat(200)),
        );
    }
    assert!(refused > 0, "the disk was not full");
    assert_eq!(server.admin("GET", "/auth/tokens/SU-000-000-000", "").0, 404);
    assert_eq!(server.check(&keys[3].1), 200, "deciding goes on");
    let ready = || server.send("GET", "/readyz", &[], "").0;
    assert_eq!(ready(), 503, "no change is possible");
    fs::remove_file(ballast).unwrap();
    // The last answer counts for a second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(ready(), 200);

    let tokens = format!("/auth/tokens/{}", keys[0].0);
    assert_eq!(server.admin("POST", &format!("{tokens}/deactivate"), "").0, 200);
    assert_eq!(server.check(&keys[0].1), 401);
    assert_eq!(server.admin("DELETE", &format!("/auth/tokens/{}", keys[1].0), "").0, 204);
    assert_eq!(server.check(&keys[1].1), 401);
    let (new_id, new_key) = server.create("New", "MD-0002");
    assert_eq!(server.check(&new_key), 200);
    server.kill();
    let server = Server::start(folder.path());
    for (key, status) in [(&keys[0].1, 401), (&keys[1].1, 401), (&keys[2].1, 200), (&new_key, 200)] {
        assert_eq!(server.check(key), status);
    }
    assert_eq!(json(&server.admin("GET", &format!("/auth/tokens/{new_id}"), "").1)["name"], "New");
}

#[test]
fn file_size_limit_refuses_changes_and_does_not_end_the_server() {
    let folder = tempfile::tempdir().unwrap();
    Server::start(folder.path()).create("First", "MD-0002");
    // In blocks of 512 bytes: more than the database has, less than it would need.
    let mut limited = Command::new("sh");
    limited.current_dir(folder.path()).args([
        "-c",
        r#"ulimit -f 1000; exec "$0" "$@""#,
        env!("CARGO_BIN_EXE_latchkey"),
    ]);
    let server = Server::start_with(limited, &[]);
    let body = new_token("Limited", "MD-0002");
    let first_refused = (0..1000).find(|_| server.admin("POST", "/auth/tokens", &body).0 == 503);
    assert!(first_refused.is_some(), "the limit was not reached");
    assert_eq!(server.admin("GET", "/auth/tokens?limit=1", "").0, 200);
}

/// The remote control of libfiu: two named pipes.
struct Fiu(PathBuf);

impl Fiu {
    fn of(folder: &Path, child: &Child) -> Self {
        Self(folder.join(format!("fiu-{}", child.id())))
    }

    /// Returns whether libfiu did as asked: it cannot disable a fault that has happened.
    fn command(&self, command: &str) -> bool {
        let pipe = |end: &str| self.0.with_extension(end);
        fs::OpenOptions::new()
            .write(true)
            .open(pipe("in"))
            .unwrap()
            .write_all(format!("{command}\n").as_bytes())
            .unwrap();
        let mut reply = String::new();
        fs::File::open(pipe("out")).unwrap().read_to_string(&mut reply).unwrap();
        reply.trim() == "0"
    }
}

/// A token as it must be: what the API says of it, and the key that it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Expected {
    status: String,
    name: String,
    modules: usize,
    key: Option<String>,
}

/// Tokens by id, each with the states that are right: one, or two after a change that was refused, since nobody knows
/// whether a change was made whose last call failed.
type Model = BTreeMap<String, Vec<Expected>>;

struct Script {
    model: Model,
    acknowledged: usize,
    refused: usize,
}

impl Script {
    /// Makes one change, and notes what is right from now on.
    fn change(
        &mut self,
        server: &Server,
        id: &str,
        method: &str,
        action: &str,
        body: &str,
        apply: impl FnOnce(&mut Expected),
    ) {
        let path = format!("/auth/tokens/{id}{action}");
        let (status, answer) = server.admin(method, &path, body);
        let mut after = self.model[id][0].clone();
        apply(&mut after);
        if action == "/rotate" && status == 200 {
            after.key = Some(id_and_key(&answer).1);
        } else if action == "/rotate" {
            // If it was made, nobody has the new key.
            after.key = None;
        }
        match status {
            200 | 201 | 204 => {
                self.acknowledged += 1;
                self.model.insert(id.to_owned(), vec![after.clone()]);
                assert_eq!(seen(server, id), Expected { key: None, ..after }, "right after {method} {path}");
            }
            503 => {
                self.refused += 1;
                let before = self.model[id][0].clone();
                let now = seen(server, id);
                let right = [before, after].into_iter().filter(|state| now == Expected { key: None, ..state.clone() });
                let mut right: Vec<Expected> = right.collect();
                assert!(!right.is_empty(), "half made: {method} {path} left {now:?}");
                right.dedup();
                self.model.insert(id.to_owned(), right);
            }
            other => panic!("{method} {path}: {other} {answer}"),
        }
    }

    /// Every kind of change, with `fault` armed before the one with the number `point`. Returns whether there is such a
    /// one.
    fn run(&mut self, server: &Server, fiu: &Fiu, fault: &str, name: &str, point: usize) -> bool {
        let mut number = 0;
        let mut arm = || {
            if number == point {
                assert!(fiu.command(fault), "{fault}");
            }
            number += 1;
        };
        arm();
        let (mut status, mut answer) = server.admin("POST", "/auth/tokens", &new_token("Created", "MD-0002"));
        if status == 503 {
            self.refused += 1;
            (status, answer) = server.admin("POST", "/auth/tokens", &new_token("Created", "MD-0002"));
        }
        assert_eq!(status, 201, "the change after a refused one: {answer}");
        self.acknowledged += 1;
        let (id, key) = id_and_key(&answer);
        let created = Expected { status: "active".into(), name: "Created".into(), modules: 1, key: Some(key) };
        assert_eq!(seen(server, &id), Expected { key: None, ..created.clone() });
        self.model.insert(id.clone(), vec![created]);
        let grant = r#"{"object":{"id":"MD-0003"}}"#;
        arm();
        self.change(server, &id, "POST", "/deactivate", "", |token| token.status = "inactive".into());
        arm();
        self.change(server, &id, "POST", "/activate", "", |token| token.status = "active".into());
        arm();
        self.change(server, &id, "PUT", "", &format!(r#"{{"name":"{name}"}}"#), |token| token.name = name.into());
        arm();
        self.change(server, &id, "POST", "/permissions", grant, |token| token.modules = 2);
        arm();
        self.change(server, &id, "POST", "/rotate", "", |_| {});
        // Half of them stay, so that a key is tried again after the restart.
        if point.is_multiple_of(2) {
            arm();
            self.change(server, &id, "DELETE", "", "", |token| token.status = "deleted".into());
        }
        fiu.command(&format!("disable name={}", fault.split("name=").nth(1).unwrap().split(',').next().unwrap()));
        point < number
    }

    fn check(&self, server: &Server) {
        for (id, right) in &self.model {
            let now = seen(server, id);
            let right: Vec<&Expected> =
                right.iter().filter(|state| now == Expected { key: None, ..(*state).clone() }).collect();
            assert!(!right.is_empty(), "{id} is {now:?} and not {:?}", self.model[id]);
            let keys: Vec<&String> = right.iter().filter_map(|state| state.key.as_ref()).collect();
            if let [key] = keys.as_slice()
                && right.len() == 1
            {
                assert_eq!(server.check(key), if now.status == "active" { 200 } else { 401 }, "{id} {now:?}");
            }
        }
    }
}

/// Asks once more when the fault hits the question and not the change.
fn seen(server: &Server, id: &str) -> Expected {
    let ask = || server.admin("GET", &format!("/auth/tokens/{id}"), "");
    let (status, answer) = Some(ask()).filter(|(status, _)| *status != 503).unwrap_or_else(ask);
    assert_eq!(status, 200, "{answer}");
    let token = json(&answer);
    let text = |field: &str| token[field].as_str().unwrap().to_owned();
    Expected {
        status: text("status"),
        name: text("name"),
        modules: token["permissions"].as_array().unwrap().len(),
        key: None,
    }
}

/// As SQLite's own tests do it: one I/O call fails once, at every change of a script, and at random calls within them.
#[tokio::test]
async fn one_failing_io_call_loses_no_acknowledged_change_and_leaves_nothing_half_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut script = Script { model: Model::new(), acknowledged: 0, refused: 0 };
    for call in ["rw/pwrite", "rw/pread", "sync/fsync", "sync/fdatasync", "rw/ftruncate", "oc/open"] {
        let server = Server::start_under_fiu(folder.path());
        let fiu = Fiu::of(folder.path(), &server.child);
        // Signs in before anything fails.
        server.cookie();
        for errno in [ENOSPC, EIO] {
            for kind in ["enable", "enable_random"] {
                let chance = if kind == "enable" { "" } else { ",probability=0.3" };
                let fault = format!("{kind} name=posix/io/{call}{chance},onetime,failinfo={errno}");
                let mut point = 0;
                while script.run(&server, &fiu, &fault, &format!("{call} {errno} {point}"), point) {
                    point += 1;
                }
            }
        }
        script.check(&server);
        server.kill();
        let server = Server::start(folder.path());
        script.check(&server);
    }
    assert!(script.refused > 20, "{} of {} changes were refused", script.refused, script.acknowledged);
    // A change and its event are one: so many changes, so many events.
    let url = format!("sqlite:{}", folder.path().join("data/latchkey.db").display());
    let database = sea_orm::Database::connect(url).await.unwrap();
    // Use of a key that was replaced or disabled is an event, and no change.
    let sql = "SELECT COUNT(*) FROM tokens t WHERE revision <> (SELECT COUNT(*) FROM events e WHERE e.object_id = t.id \
               AND e.action <> 'token.ended_key_used')";
    let row = database.query_one_raw(Statement::from_string(DatabaseBackend::Sqlite, sql)).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 0, "tokens with another number of events than of changes");
}
