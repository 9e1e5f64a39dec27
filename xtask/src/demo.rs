//! `cargo xtask run -- --demo`: a small orders API behind nginx and Latchkey, with a key to try.
//!
//! nginx runs with the very file of `deploy/`, so the three are where that file expects them.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use crate::steps::Steps;
use crate::{Result, build, debian, process, run, workspace};

/// Where the data of the demo are; made anew each time.
const FOLDER: &str = "demo";
const CATALOGUE: &str = "deploy/examples/demo.toml";
const NGINX: &[debian::Package] = &[debian::NGINX];
const LATCHKEY: &str = "127.0.0.1:8080";
const PROXY: &str = "127.0.0.1:8000";
const API: &str = "127.0.0.1:9000";
const EMAIL: &str = "demo@example.com";
const PASSWORD: &str = "demo of a latchkey";
const PATIENCE: Duration = Duration::from_secs(20);

pub fn main(flags: &[String]) -> Result {
    let mut steps = Steps::of("run")?;
    // A test gives the server that it has built.
    let server = match std::env::var_os("LATCHKEY_BIN") {
        Some(server) => PathBuf::from(server),
        None => {
            build::all(&mut steps, run::PROFILE)?;
            workspace::server(run::PROFILE)
        }
    };
    steps.step("look for nginx", |step| debian::ensure(NGINX, step))?;
    let folder = workspace::target().join(FOLDER);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let folder = folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))?;

    let api = TcpListener::bind(API).map_err(|error| format!("the orders API on {API}: {error}"))?;
    thread::spawn(move || api.incoming().flatten().for_each(|stream| drop(answer(stream))));
    let mut latchkey = process::background(&server, "TERM");
    latchkey.args(["serve", "--catalogue", CATALOGUE, "--trusted-proxies", "127.0.0.1", "--data-dir"]).arg(&folder);
    latchkey.env("LATCHKEY_ADMIN_EMAIL", EMAIL).env("LATCHKEY_ADMIN_PASSWORD", PASSWORD);
    let mut latchkey = started(latchkey.args(flags), "Latchkey", LATCHKEY)?;
    let mut nginx = process::background(&debian::find("nginx").ok_or("nginx is not there")?, "TERM");
    let conf = nginx_conf(&folder)?;
    let mut nginx = started(nginx.arg("-p").arg(&folder).arg("-c").arg(conf), "nginx", PROXY)?;
    let key = create_key(&server, &folder)?;
    println!("{}", instructions(&server, &folder, &key));
    // Whichever ends first; the others end with this process.
    loop {
        for (child, name) in [(&mut latchkey, "Latchkey"), (&mut nginx, "nginx")] {
            if let Ok(Some(status)) = child.try_wait() {
                return if status.success() { Ok(()) } else { Err(format!("{name} ended: {status}")) };
            }
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// Starts a server and waits until it answers at its address.
fn started(command: &mut Command, name: &str, address: &str) -> Result<Child> {
    let address: SocketAddr = address.parse().map_err(|error| format!("{address}: {error}"))?;
    if TcpStream::connect(address).is_ok() {
        return Err(format!("{name} needs {address}, where another program listens"));
    }
    let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
    let begun = Instant::now();
    while !answers(address) {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("{name} ended: {status}"));
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("{name} does not answer on {address}"));
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(child)
}

/// Whether a server answers requests: one that only listens has not started yet.
fn answers(address: SocketAddr) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n")?;
        stream.read_exact(&mut [0])
    };
    ask().is_ok()
}

/// nginx as a child, with the file of `deploy/` as it is.
fn nginx_conf(folder: &Path) -> Result<PathBuf> {
    let shipped = fs::canonicalize("deploy/nginx/latchkey.conf").map_err(|error| format!("latchkey.conf: {error}"))?;
    let text = format!(
        "daemon off; master_process off; pid nginx.pid; error_log stderr; events {{}}\nhttp {{ access_log off; \
         client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp; \
         include {}; }}\n",
        shipped.display()
    );
    let path = folder.join("nginx.conf");
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// A key that reads orders: its id, and all of it.
fn create_key(server: &Path, folder: &Path) -> Result<(String, String)> {
    let mut create = process::command(server);
    create.args(["token", "create", "--name", "Demo", "--module", "Orders (read)"]);
    let told = process::output_of(create.arg("--data-dir").arg(folder)).ok_or("the key of the demo was not made")?;
    let printed = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('\t'));
    let (id, key) = printed("id").zip(printed("key")).ok_or("the key of the demo was not printed")?;
    Ok((id.to_owned(), key.to_owned()))
}

fn instructions(server: &Path, folder: &Path, (id, key): &(String, String)) -> String {
    let (server, folder) = (server.display(), folder.display());
    format!(
        "
An orders API on {API} is behind nginx on {PROXY}, which asks Latchkey. This key reads orders:

  curl -i -H 'X-API-Key: {key}' http://{PROXY}/orders            # 200
  curl -i -H 'X-API-Key: {key}' -X POST http://{PROXY}/orders    # 403: it needs Orders
  {server} token disable {id} --data-dir {folder}
  curl -i -H 'X-API-Key: {key}' http://{PROXY}/orders            # 401

Or disable it in the console: http://{LATCHKEY}, {EMAIL}, password \"{PASSWORD}\". Ctrl-C ends the demo.
"
    )
}

/// The orders API: what it was asked, and by whom as the proxy says.
fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let (mut request, mut who, mut length) = (String::new(), String::from("nobody"), 0_u64);
    let mut reader = BufReader::new(stream.try_clone()?);
    reader.read_line(&mut request)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "x-token-name" if !value.trim().is_empty() => value.trim().clone_into(&mut who),
            "content-length" => length = value.trim().parse().unwrap_or_default(),
            _ => {}
        }
    }
    std::io::copy(&mut std::io::Read::take(reader, length), &mut std::io::sink())?;
    let asked = request.rsplit_once(' ').map_or("", |(asked, _)| asked).replace(['"', '\\'], "");
    let body = format!("{{\"asked\": \"{asked}\", \"by\": \"{who}\", \"orders\": [{{\"id\": 1, \"total\": 12.5}}]}}\n");
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}
