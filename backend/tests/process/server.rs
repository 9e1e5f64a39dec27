//! A server as a process of its own, and a client that speaks to it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use serde_json::Value;

pub const PASSWORD: &str = "correct horse battery";

/// The program, run in `folder`.
pub fn latchkey(folder: &Path) -> Command {
    in_folder(Command::new(env!("CARGO_BIN_EXE_latchkey")), folder)
}

fn in_folder(mut command: Command, folder: &Path) -> Command {
    command.current_dir(folder).env_remove("LATCHKEY_TEST_POSTGRES").env("LATCHKEY_ADMIN_PASSWORD", PASSWORD);
    command
}

/// A server with its data in `data`, below the folder that it was started in. Dropped, it is killed.
pub struct Server {
    pub child: Child,
    pub address: String,
    pub greeting: String,
    cookie: OnceLock<String>,
}

impl Server {
    pub fn start(folder: &Path) -> Self {
        Self::start_with(latchkey(folder), &[])
    }

    /// As [`start`](Self::start), under libfiu: its I/O calls can be made to fail.
    pub fn start_under_fiu(folder: &Path) -> Self {
        let mut fiu = Command::new("fiu-run");
        fiu.args(["-x", "-f"]).arg(folder.join("fiu")).arg(env!("CARGO_BIN_EXE_latchkey"));
        Self::start_with(in_folder(fiu, folder), &[])
    }

    pub fn start_with(mut command: Command, flags: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let greeting = lines.next().unwrap().unwrap();
        let address = greeting.strip_prefix("Latchkey listens on http://").unwrap().to_owned();
        Self { child, address, greeting, cookie: OnceLock::new() }
    }

    /// Sends a request. Returns the status, and headers and body as text.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        if !body.is_empty() {
            head += "content-type: application/json\r\n";
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default(), answer)
    }

    /// The `Cookie` header of the first admin, who signs in when they are first needed.
    pub fn cookie(&self) -> &str {
        self.cookie.get_or_init(|| {
            let body = format!(r#"{{"email":"admin@localhost","password":"{PASSWORD}"}}"#);
            let (_, answer) = self.send("POST", "/public/v1/auth/login", &[], &body);
            let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
            cookie.split(';').next().unwrap().to_owned()
        })
    }

    /// Sends a request of the first admin to the API.
    pub fn admin(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.send(method, &format!("/public/v1{path}"), &[("cookie", self.cookie())], body)
    }

    /// A new token with one module: its id and its key.
    pub fn create(&self, name: &str, module: &str) -> (String, String) {
        let (status, answer) = self.admin("POST", "/auth/tokens", &new_token(name, module));
        assert_eq!(status, 201, "{answer}");
        id_and_key(&answer)
    }

    /// The status with which a key is answered at the forward-auth endpoint, for a path of the module MD-0002.
    pub fn check(&self, key: &str) -> u16 {
        let headers = [("authorization", key), ("x-forwarded-method", "GET"), ("x-forwarded-uri", "/agreements")];
        self.send("GET", "/gateway/check", &headers, "").0
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// As `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A body that creates a token.
pub fn new_token(name: &str, module: &str) -> String {
    format!(r#"{{"name":"{name}","extension":{{"name":"custom"}},"permissions":[{{"object":{{"id":"{module}"}}}}]}}"#)
}

/// The body of an answer.
pub fn json(answer: &str) -> Value {
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    serde_json::from_str(body).unwrap_or_default()
}

/// The id and the key in the answer to a creation or a rotation.
pub fn id_and_key(answer: &str) -> (String, String) {
    let token = json(answer);
    let id = token["id"].as_str().unwrap().to_owned();
    let key = format!("ApiKey {id}:{}", token["token"].as_str().unwrap());
    (id, key)
}
