//! A throw-away PostgreSQL server for the tests.

use std::env;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, id};
use std::thread;
use std::time::{Duration, Instant};

use crate::steps::Step;
use crate::{Result, debian, process};

const PREFIX: &str = "latchkey-postgres-";
const PATIENCE: Duration = Duration::from_secs(60);

/// A running cluster with one superuser `postgres` and no passwords, reachable from this machine only. It ends, and
/// its folder goes, when this is dropped.
#[derive(Debug)]
pub struct Cluster {
    server: Child,
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    /// Makes and starts a cluster, and waits until it answers.
    pub fn start(step: &mut Step) -> Result<Self> {
        sweep();
        let folder = env::temp_dir().join(format!("{PREFIX}{}", id()));
        let made = step.run(
            as_owner("initdb")?
                .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"])
                .arg(&folder),
        );
        if let Err(why) = made {
            remove(&folder);
            return Err(why);
        }
        let port = free_port()?;
        let mut command = as_owner("postgres")?;
        command.arg("-D").arg(&folder).arg("-p").arg(port.to_string());
        // Speed instead of durability: what is in it is worth nothing. Every test has a database and a pool of its own.
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=300",
            // A quarter of the memory, as its manual advises: here of a machine with 4 GiB. It is taken when it is
            // used.
            "shared_buffers=1GB",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ] {
            command.args(["-c", setting]);
        }
        let server = step.attach(&mut command)?.spawn().map_err(|error| format!("postgres did not start: {error}"))?;
        let mut cluster = Self { server, folder, port };
        cluster.wait()?;
        Ok(cluster)
    }

    /// Its address, for `LATCHKEY_TEST_POSTGRES`.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn wait(&mut self) -> Result {
        let asking = program("pg_isready")?;
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let mut question = process::command(&asking);
            if process::output_of(question.args(["-h", "127.0.0.1", "-p", &self.port.to_string()])).is_some() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.server.try_wait() {
                return Err(format!("postgres ended with {status}"));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(format!("postgres did not answer within {} s", PATIENCE.as_secs()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // QUIT: at once, without writing anything back.
        if let Err(why) = process::stop(&mut self.server, "QUIT") {
            eprintln!("warning: {why}");
        }
        remove(&self.folder);
    }
}

fn program(name: &str) -> Result<PathBuf> {
    debian::find(name).ok_or_else(|| format!("`{name}` of PostgreSQL is not installed"))
}

/// A program of PostgreSQL under a user who may run it: it refuses root, whose place Debian's own user takes.
fn as_owner(name: &str) -> Result<Command> {
    let mut command = if debian::is_root() {
        let mut command = process::command("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=QUIT", "--"]);
        command.arg(program(name)?);
        command
    } else {
        process::background(&program(name)?, "QUIT")
    };
    // The checkout may be closed to that user.
    command.current_dir(env::temp_dir());
    Ok(command)
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free port: {error}"))
}

/// Removes what runs that were killed left behind.
fn sweep() {
    for entry in fs::read_dir(env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|id| id.parse::<u32>().ok());
        if owner.is_some_and(|id| !Path::new("/proc").join(id.to_string()).exists()) {
            remove(&entry.path());
        }
    }
}

fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder)
        && folder.exists()
    {
        eprintln!("warning: {} stays behind: {error}", folder.display());
    }
}
