//! What an operator does from the command line while a server runs: it acts at once, is an event, and says what it did.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectionTrait as _, DatabaseBackend, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _,
};
use serde_json::Value;

use crate::server::{PASSWORD, Server, id_and_key, latchkey};

/// Runs a command that must succeed, with `--json`; returns what it printed.
fn run(folder: &Path, arguments: &[&str]) -> Value {
    let output = latchkey(folder).args(arguments).args(["--data-dir", "data", "--json"]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that must fail; returns its one line.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = latchkey(folder).args(arguments).args(["--data-dir", "data"]).output().unwrap();
    assert!(!output.status.success(), "{arguments:?} was accepted");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

async fn events(folder: &Path) -> Vec<String> {
    let url = format!("sqlite:{}", folder.join("data/latchkey.db").display());
    let database = sea_orm::Database::connect(url).await.unwrap();
    let sql = "SELECT actor_name || ' ' || action || ' ' || object_name FROM events WHERE actor_id = 'CLI' ORDER BY id";
    let rows = database.query_all_raw(Statement::from_string(DatabaseBackend::Sqlite, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

#[tokio::test]
async fn tokens_are_disabled_enabled_and_deleted_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(folder);
    let keys: Vec<(String, String)> = (0..3).map(|number| server.create(&format!("{number}"), "MD-0002")).collect();
    let statuses = || keys.iter().map(|(_, key)| server.check(key)).collect::<Vec<_>>();
    assert_eq!(statuses(), [200, 200, 200]);

    let printed = run(folder, &["token", "disable", &keys[0].0]);
    assert_eq!(statuses(), [401, 200, 200]);
    assert_eq!(
        (&printed[0]["id"], &printed[0]["status"]),
        (&Value::from(keys[0].0.as_str()), &Value::from("inactive"))
    );
    run(folder, &["token", "enable", &keys[0].0]);
    assert_eq!(statuses(), [200, 200, 200]);
    let error = refused(folder, &["token", "delete", &keys[0].0, "SU-000-000-000"]);
    assert!(error.contains("there is no token SU-000-000-000") && error.contains("nothing was changed"), "{error}");
    assert_eq!(statuses(), [200, 200, 200]);
    run(folder, &["token", "delete", &keys[0].0]);
    assert_eq!(statuses(), [401, 200, 200]);

    let listed = run(folder, &["token", "list", "--created-by", "admin@localhost"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    run(folder, &["token", "disable", "--created-by", "admin@localhost"]);
    assert_eq!(statuses(), [401, 401, 401]);
    let account = listed[0]["account"].as_str().unwrap();
    let enabled = run(folder, &["token", "enable", "--all-of-account", account]);
    assert_eq!((enabled.as_array().unwrap().len(), statuses()), (2, vec![401, 200, 200]));

    for (arguments, reason) in [
        (vec!["token", "disable"], "required"),
        (vec!["token", "disable", &keys[1].0, "--all-of-account", account], "cannot be used with"),
        (vec!["token", "disable", "--all-of-account", "VA-000-000"], "there is no account VA-000-000"),
        (vec!["token", "disable", "--created-by", "nobody@example.com"], "no user signs in with nobody@example.com"),
        (vec!["token", "disable", "--created-by", ""], "neither an e-mail address nor the id of a token"),
        (vec!["token", "disable", "--created-by", "SU-000-000-000"], "neither an e-mail address nor the id of a token"),
    ] {
        let error = refused(folder, &arguments);
        assert!(error.contains(reason), "{error}");
    }
    let changes = [
        "token.disabled 0",
        "token.enabled 0",
        "token.deleted 0",
        "token.disabled 1",
        "token.disabled 2",
        "token.enabled 1",
        "token.enabled 2",
    ];
    let mut told = events(folder).await;
    told[3..].sort();
    assert_eq!(told, changes.map(|change| format!("Command line {change}")));
}

/// A stolen session creates tokens, these create others, and it rotates a token that was there before.
#[test]
fn all_that_a_stolen_session_created_is_disabled() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(folder);
    let (id, _) = server.create("Before", "MD-0002");
    let email = "vera@example.com";
    let add = ["user", "add", "--email", email, "--name", "Vera", "--role", "member", "--data-dir", "data"];
    assert!(latchkey(folder).args(add).env("LATCHKEY_USER_PASSWORD", PASSWORD).status().unwrap().success());
    for flag in ["--created-by", "--seen-by"] {
        assert_eq!(run(folder, &["token", "disable", flag, email]), serde_json::json!([]), "nothing yet");
    }
    let body = format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#);
    let (_, answer) = server.send("POST", "/public/v1/auth/login", &[], &body);
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let modules = r#"[{"object":{"id":"MD-0007"}},{"object":{"id":"MD-0002"}}]"#;
    let create = |name: &str, header: (&str, &str)| {
        let body = format!(r#"{{"name":"{name}","extension":{{"name":"custom"}},"permissions":{modules}}}"#);
        let (status, answer) = server.send("POST", "/public/v1/auth/tokens", &[header], &body);
        assert_eq!(status, 201, "{answer}");
        id_and_key(&answer)
    };
    let first = create("First", ("cookie", cookie));
    let second = create("Second", ("authorization", &first.1));
    let third = create("Third", ("authorization", &second.1));
    let rotate = format!("/public/v1/auth/tokens/{id}/rotate");
    let (_, answer) = server.send("POST", &rotate, &[("cookie", cookie)], "");
    let rotated = id_and_key(&answer);
    let keys = [first, second, third, rotated].map(|(_, key)| key);
    let statuses = || keys.iter().map(|key| server.check(key)).collect::<Vec<_>>();
    assert_eq!(statuses(), [200; 4]);
    run(folder, &["user", "disable", "--email", email]);
    assert_eq!(run(folder, &["token", "disable", "--created-by", email]).as_array().unwrap().len(), 3);
    assert_eq!(statuses(), [401, 401, 401, 200]);
    assert_eq!(run(folder, &["token", "disable", "--seen-by", email]).as_array().unwrap().len(), 4);
    assert_eq!(statuses(), [401; 4]);
}

#[test]
fn users_are_disabled_enabled_get_passwords_and_are_signed_out_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(folder);
    let add = ["user", "add", "--email", "vera@example.com", "--name", "Vera", "--role", "member"];
    let mut add = latchkey(folder)
        .args(add)
        .args(["--data-dir", "data"])
        .env("LATCHKEY_USER_PASSWORD", PASSWORD)
        .spawn()
        .unwrap();
    assert!(add.wait().unwrap().success());
    let sign_in = |password: &str| {
        let body = format!(r#"{{"email":"vera@example.com","password":"{password}"}}"#);
        let (status, answer) = server.send("POST", "/public/v1/auth/login", &[], &body);
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        (status, cookie.map(|cookie| cookie.split(';').next().unwrap().to_owned()).unwrap_or_default())
    };
    let works = |cookie: &str| server.send("GET", "/public/v1/auth/context", &[("cookie", cookie)], "").0;

    let (status, cookie) = sign_in(PASSWORD);
    assert_eq!((status, works(&cookie)), (200, 200));
    let ended = run(folder, &["session", "end", "--user", "Vera@Example.com"]);
    assert_eq!((&ended[0]["sessions_ended"], works(&cookie)), (&Value::from(1), 401));

    let (_, cookie) = sign_in(PASSWORD);
    let disabled = run(folder, &["user", "disable", "--email", "vera@example.com"]);
    assert_eq!((&disabled[0]["status"], works(&cookie)), (&Value::from("disabled"), 401));
    assert_eq!(sign_in(PASSWORD).0, 401);
    run(folder, &["user", "enable", "--email", "vera@example.com"]);
    let (status, cookie) = sign_in(PASSWORD);
    assert_eq!((status, works(&cookie)), (200, 200));

    let changed = run(folder, &["user", "password", "--email", "vera@example.com"]);
    assert_eq!((works(&cookie), sign_in(PASSWORD).0), (401, 401));
    assert_eq!(sign_in(changed[0]["password"].as_str().unwrap()).0, 200);

    let users = run(folder, &["user", "list"]);
    let emails: Vec<&str> = users.as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap()).collect();
    assert_eq!(emails, ["admin@localhost", "vera@example.com"]);
    assert!(server.admin("GET", "/auth/context", "").1.contains("admin@localhost"));
    run(folder, &["session", "end", "--all"]);
    assert_eq!(server.admin("GET", "/auth/context", "").0, 401);
    assert!(refused(folder, &["session", "end"]).contains("required"));
    assert!(refused(folder, &["user", "disable", "--email", "nobody@example.com"]).contains("no user signs in with"));
}

/// Two operators at once: the second must not write back what it read before the first one's change.
#[tokio::test]
async fn user_who_is_disabled_while_their_password_is_set_stays_disabled() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let _server = Server::start(folder);
    let url = format!("sqlite:{}", folder.join("data/latchkey.db").display());
    let database = sea_orm::Database::connect(url).await.unwrap();
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let first = database.begin_with_options(immediate).await.unwrap();
    first.execute_unprepared("UPDATE users SET disabled = TRUE").await.unwrap();
    let mut second = latchkey(folder);
    second.args(["user", "password", "--email", "admin@localhost", "--data-dir", "data"]).stdout(Stdio::null());
    let mut second = second.spawn().unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(second.try_wait().unwrap().is_none(), "it waits for the first");
    first.commit().await.unwrap();
    assert!(second.wait().unwrap().success());
    assert_eq!(run(folder, &["user", "list"])[0]["status"], "disabled");
}

#[tokio::test]
async fn change_by_manual_sql_acts_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (id, key) = server.create("Key", "MD-0002");
    assert_eq!(server.check(&key), 200);
    let url = format!("sqlite:{}", folder.path().join("data/latchkey.db").display());
    let database = sea_orm::Database::connect(url).await.unwrap();
    database.execute_unprepared(&format!("UPDATE tokens SET state = 'inactive' WHERE id = '{id}'")).await.unwrap();
    let begun = Instant::now();
    while server.check(&key) != 401 {
        assert!(begun.elapsed() < Duration::from_secs(1), "the key goes on");
    }
}

#[test]
fn help_names_the_commands_for_an_emergency() {
    let folder = tempfile::tempdir().unwrap();
    let help = |arguments: &[&str]| {
        let output = latchkey(folder.path()).args(arguments).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let top = help(&[]);
    for (command, parts) in [
        ("user", vec!["list", "add", "password", "disable", "enable"]),
        ("session", vec!["end"]),
        ("token", vec!["list", "disable", "enable", "delete"]),
    ] {
        assert!(top.contains(&format!("\n  {command} ")), "{top}");
        let own = help(&[command]);
        parts.iter().for_each(|part| assert!(own.contains(&format!("\n  {part} ")), "{own}"));
    }
    assert!(help(&["token", "disable"]).contains("--created-by"));
}

#[test]
fn request_is_explained_by_the_rules_of_the_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(folder);
    let (id, _) = server.create("Billing", "MD-0002");
    let explain = |url: &str| run(folder, &["explain", "GET", url, "--token", &id]);
    let told = explain("/agreements/7");
    assert_eq!((&told["allowed"], &told["rules"][0]["rule"]), (&Value::from(true), &Value::from("/agreements")));
    assert_eq!(explain("https://api.example.com/requests")["status"], 403);
    assert!(refused(folder, &["explain", "GET", "requests", "--token", &id]).contains("URL: must be a path"));
    let keyless = run(folder, &["explain", "GET", "/agreements/7"]);
    assert_eq!((&keyless["status"], &keyless["text"]), (&401.into(), &"It needs a key.".into()));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/examples/orders.toml");
    let other =
        run(folder, &["explain", "GET", "https://api.example.com/v2/orders", "--token", &id, "--catalogue", file]);
    assert_eq!(other["text"], "It needs Orders (read) or Orders, which the token does not hold.");
}

#[test]
fn catalogue_is_checked_and_made_of_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let output = |arguments: &[&str]| {
        let output = latchkey(folder).args(arguments).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.success(), text)
    };
    std::fs::write(folder.join("openapi.yaml"), "openapi: 3.1.0\npaths: { /orders: { get: {}, post: {} } }\n").unwrap();
    let (made, text) = output(&["catalogue", "from-openapi", "openapi.yaml"]);
    assert!(made, "{text}");
    std::fs::write(folder.join("c.toml"), &text).unwrap();
    let (good, told) = output(&["catalogue", "check", "c.toml"]);
    assert!(good && told.contains("\tMD-0102\tOrders (read)\tGET /orders\n"), "{told}");
    std::fs::write(folder.join("c.toml"), text.replace("GET /orders", "GTE /orders")).unwrap();
    let (good, told) = output(&["catalogue", "check", "c.toml"]);
    assert!(good && told.contains("MD-0102, \"GTE /orders\": few APIs have this method; is it misspelt?"), "{told}");
    let hole = "[[apis]]\nname = \"live\"\nbase_path = \"/v1\"\n[[apis]]\nname = \"next\"\nmode = \"observe\"\nbase_path = \"/v2\"\n";
    std::fs::write(folder.join("hole.toml"), hole).unwrap();
    let (good, told) = output(&["catalogue", "check", "hole.toml"]);
    assert!(good && told.contains("next let requests without a key pass, live do not"), "{told}");
    std::fs::write(folder.join("c.toml"), text + "colour = 1\n").unwrap();
    let (good, told) = output(&["catalogue", "check", "c.toml"]);
    assert!(!good && told.starts_with("latchkey: catalogue c.toml, line "), "{told}");
}

/// `script` gives it a terminal.
#[test]
fn columns_have_names_on_a_terminal_and_tabs_in_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (id, _) = server.create("A long name", "MD-0002");
    let list = ["token", "list", "--data-dir", "data"];
    let piped = latchkey(folder.path()).args(list).output().unwrap();
    let piped = String::from_utf8(piped.stdout).unwrap();
    assert!(piped.starts_with(&format!("{id}\tactive\tA long name\t")) && piped.lines().count() == 1, "{piped}");
    let command = format!("{} {}", env!("CARGO_BIN_EXE_latchkey"), list.join(" "));
    let script = std::process::Command::new("script")
        .args(["-q", "-e", "-c", &command, "/dev/null"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = String::from_utf8(script.stdout).unwrap();
    let [names, row] = shown.lines().collect::<Vec<_>>()[..] else { panic!("{shown}") };
    let place = |line: &str, word: &str| line.find(word).unwrap_or_else(|| panic!("{shown}"));
    assert_eq!(
        [place(names, "ID"), place(names, "STATUS"), place(names, "NAME")],
        [0, place(row, "active"), place(row, "A long")]
    );
}

#[test]
fn shell_and_manual_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let script = latchkey(folder).args(["completions", "bash"]).output().unwrap();
    let script = String::from_utf8(script.stdout).unwrap();
    assert!(script.contains("from-openapi") && script.contains("--created-by"), "{script}");
    assert!(latchkey(folder).args(["man", "share/man1"]).status().unwrap().success());
    let page = std::fs::read_to_string(folder.join("share/man1/latchkey-token-disable.1")).unwrap();
    assert!(page.contains("Disable tokens"), "{page}");
    std::fs::write(folder.join("file"), "").unwrap();
    let nowhere = latchkey(folder).args(["man", "file"]).output().unwrap();
    assert!(!nowhere.status.success() && nowhere.stderr.starts_with(b"latchkey: file: "));
}

#[test]
fn what_another_catalogue_would_break_and_what_is_observed_are_told_from_recorded_calls() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, mode: &str, rule: &str| {
        let text = format!(
            "[[apis]]\nname = \"orders\"\nmode = \"{mode}\"\n[[modules]]\nid = \"MD-0002\"\nname = \"Orders\"\npaths = [\"{rule}\"]\n"
        );
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    write("now.toml", "observe", "/agreements");
    write("next.toml", "enforce", "POST /agreements");
    let server = Server::start_with(latchkey(folder.path()), &["--catalogue", "now.toml"]);
    let (id, key) = server.create("Key", "MD-0002");
    assert_eq!(server.check(&key), 200);
    assert_eq!(server.check("ApiKey nonsense"), 200);
    let begun = Instant::now();
    let observed = loop {
        let observed = run(folder.path(), &["observed"]);
        if observed[0]["calls"] == 1 {
            break observed;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{observed}");
    };
    let told = |name: &str| observed[0][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (told("reason"), told("path"), told("module")),
        ("malformed".into(), "/agreements".into(), "Orders".into())
    );
    // The file that the server has read is broken by now: what is in force is not.
    std::fs::write(folder.path().join("now.toml"), "colour = 1\n").unwrap();
    let plan = run(folder.path(), &["catalogue", "plan", "next.toml"]);
    assert_eq!(plan[0]["requests"], "mode: observe -> enforce");
    let begins = &plan[1];
    assert_eq!((&begins["token"], &begins["reason"], &begins["calls"]), (&"".into(), &"malformed".into(), &1.into()));
    assert_eq!(begins["requests"], "GET /agreements");
    let lost = &plan[2];
    assert_eq!((&lost["token"], &lost["becomes"], &lost["calls"]), (&id.as_str().into(), &"lost".into(), &1.into()));
    assert_eq!(lost["requests"], "all but POST /agreements");
    assert_eq!(plan.as_array().unwrap().len(), 3);
    // What is observed and would pass is no refusal that begins.
    let public = "[[apis]]\nname = \"orders\"\npublic = [\"/agreements\"]\n";
    std::fs::write(folder.path().join("public.toml"), public).unwrap();
    let plan = run(folder.path(), &["catalogue", "plan", "public.toml"]);
    assert!(plan.as_array().unwrap().iter().all(|row| row["reason"].is_null()), "{plan}");
    let error = refused(folder.path(), &["catalogue", "plan", "none.toml"]);
    assert!(error.contains("none.toml"), "{error}");
}

/// The value of `Authorization` that was printed with a key.
fn authorization(told: &Value) -> &str {
    told["headers"][0]["header"].as_str().unwrap().strip_prefix("Authorization: ").unwrap()
}

#[test]
fn token_is_created_once_for_an_external_id_and_its_key_is_printed_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let create = |rest: &[&str]| {
        let base = ["token", "create", "--name", "Tenant 7", "--external-id", "tenant-7", "--expires", "90d"];
        run(folder.path(), &[&base[..], rest].concat())
    };
    let made = create(&["--module", "Partners", "--module", "MD-0007"]);
    assert_eq!((&made["created"], server.check(authorization(&made))), (&Value::from(true), 200));
    let again = create(&["--module", "MD-0007", "--module", "partners"]);
    assert_eq!((&again["id"], &again["created"], &again["key"]), (&made["id"], &Value::from(false), &Value::Null));
    let base = ["token", "create", "--name", "Tenant 7", "--external-id", "tenant-7"];
    let other = refused(folder.path(), &[&base[..], &["--module", "Partners"]].concat());
    assert!(other.contains("has this external id; it is active, for custom with MD-0002, MD-0007"), "{other}");
    let modules = ["--module", "Partners", "--module", "Integrations", "--allowed-address", "10.0.0.0/8"];
    let wider = refused(folder.path(), &[&base[..], &modules].concat());
    assert!(wider.contains("from any address"), "{wider}");
    let modules = ["--module", "Partners", "--module", "Integrations", "--expires", "30d"];
    let longer = refused(folder.path(), &[&base[..], &modules].concat());
    assert!(longer.contains("and until "), "{longer}");
    let id = made["id"].as_str().unwrap();
    // A whole key in the place of an id is not repeated on the terminal.
    let key = made["key"].as_str().unwrap();
    for command in
        [&["token", "show"][..], &["token", "rotate"], &["token", "disable"], &["explain", "GET", "/", "--token"]]
    {
        let error = refused(folder.path(), &[command, &[key]].concat());
        assert!(error.contains("looks like a key") && !error.contains(&key[15..]), "{error}");
    }
    let unit = refused(folder.path(), &["token", "rotate", id, "--overlap", "24"]);
    assert!(unit.contains("must be like 90s, 30m, 24h or 7d"), "{unit}");
    let shown = run(folder.path(), &["token", "show", id]);
    assert_eq!((&shown["external_id"], &shown["status"]), (&Value::from("tenant-7"), &Value::from("active")));
    let secret = made["key"].as_str().unwrap().split_once(':').unwrap().1;
    assert!(!shown.to_string().contains(secret), "the key is shown twice");
    // With an overlap both work, then the old one does not.
    let rotated = run(folder.path(), &["token", "rotate", id, "--overlap", "1h"]);
    assert_eq!([&made, &rotated].map(|told| server.check(authorization(told))), [200, 200]);
    let until = &run(folder.path(), &["token", "show", id])["previous_key_works_until"];
    assert!(until.is_string() && *until == rotated["previous_key_works_until"], "{until} {rotated}");
    let last = run(folder.path(), &["token", "rotate", id]);
    assert_eq!(server.check(authorization(&rotated)), 401);
    assert_eq!((server.check(authorization(&last)), &last["previous_key_works_until"]), (200, &Value::Null));
    // What it may do is changed from here, too.
    let withdrawn = run(folder.path(), &["token", "withdraw", id, "partners"]);
    assert_eq!((&withdrawn["modules"], server.check(authorization(&last))), (&serde_json::json!(["MD-0007"]), 403));
    let not_held = refused(folder.path(), &["token", "withdraw", id, "Partners"]);
    assert!(not_held.contains("does not hold Partners"), "{not_held}");
    let all = run(folder.path(), &["token", "create", "--name", "All", "--module", "All"]);
    let by_all = refused(folder.path(), &["token", "withdraw", all["id"].as_str().unwrap(), "Partners"]);
    assert!(by_all.contains("holds All, which includes Partners"), "{by_all}");
    run(folder.path(), &["token", "grant", id, "MD-0002", "Partners"]);
    assert_eq!(server.check(authorization(&last)), 200);
    assert!(refused(folder.path(), &["token", "grant", id, "Partner"]).contains("which has All, "));
    // Deleted, it is one of the past.
    run(folder.path(), &["token", "delete", id]);
    assert_ne!(create(&["--module", "Partners"])["id"], made["id"]);
    for (wrong, reason) in [
        (&["--name", "x", "--module", "Nothing"][..], "\"Nothing\" is not a module of the catalogue"),
        (&["--name", "", "--module", "Partners"], "--name: "),
        (&["--name", "x"], "--module: name at least one"),
        (&["--module", "Partners"], "--name <NAME> (see latchkey token create --help)"),
        (&["--name", "x", "--module", "All", "--expires", "tomorrow"], "--expires: must be days like 90d"),
        (&["--name", "x", "--module", "All", "--expires", "2001-01-01T00:00:00Z"], "--expires: must be in the future"),
        (&["--name", "x", "--module", "All", "--allowed-address", "nowhere"], "--allowed-address: "),
        (&["--name", "x", "--account", "VA-999-999"], "there is no account VA-999-999"),
    ] {
        let error = refused(folder.path(), &[&["token", "create"][..], wrong].concat());
        assert!(error.contains(reason), "{error}");
    }
    let events = server.admin("GET", &format!("/auth/events?object.id={id}"), "").1;
    for action in ["token.created", "token.rotated", "token.permissions_changed", "token.deleted", "Command line"] {
        assert!(events.contains(action), "{events}");
    }
    assert!(!events.contains(secret));
}

#[test]
fn accounts_are_added_and_renamed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let added = run(folder.path(), &["account", "add", "--name", "Subsidiary", "--kind", "provider"]);
    let id = added[0]["id"].as_str().unwrap();
    assert!(id.starts_with("PA-"), "{id}");
    let made = run(folder.path(), &["token", "create", "--name", "Key", "--module", "Integrations", "--account", id]);
    let key = authorization(&made);
    let accounts = |key: &str| server.send("GET", "/public/v1/accounts", &[("authorization", key)], "").1;
    assert!(accounts(key).contains("Subsidiary"));
    run(folder.path(), &["account", "rename", id, "--name", "Daughter"]);
    // The server knows at once.
    assert!(accounts(key).contains("Daughter"), "{}", accounts(key));
    let events = server.send("GET", "/public/v1/auth/tokens", &[("authorization", key)], "").1;
    assert!(events.contains(id), "{events}");
    assert!(
        refused(folder.path(), &["account", "rename", "VA-999-998", "--name", "x"]).contains("there is no account")
    );
    assert!(refused(folder.path(), &["account", "add", "--name", " "]).contains("--name"));
    let listed = run(folder.path(), &["account", "list"]);
    assert!(listed.as_array().unwrap().iter().any(|row| row["name"] == "Daughter"));
}
