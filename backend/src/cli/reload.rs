//! `latchkey reload`.

use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use super::operator::Operator;
use crate::{clock::Clock, replicas::GONE_AFTER, rng::Rng, store::Replica};

/// How long servers get to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Interval between two looks.
const INTERVAL: Duration = Duration::from_millis(100);

/// What is to be read again.
#[derive(Debug, Args)]
pub struct Reload {
    #[command(flatten)]
    operator: Operator,
}

/// Runs the command. A server that keeps its old catalogue is an error, and so are two that differ.
pub async fn run(Reload { operator }: Reload) -> Result<(), String> {
    let store = operator.store().await?;
    let nobody = || "no server runs with this database".to_owned();
    // A server holds the lock of a SQLite file for as long as it runs.
    if !store.is_shared() && store.clone().alone().is_ok() {
        return Err(nobody());
    }
    let (reload, clock) = (Rng::system().hex::<8>(), Clock::system());
    let tx = store.begin().await?;
    tx.ask_for_reload(&reload).await?;
    tx.commit().await?;
    let begun = Instant::now();
    let servers = loop {
        // The one server of a SQLite file shows itself when it has something to tell.
        let since = if store.is_shared() { clock.now().unix() - GONE_AFTER } else { 0 };
        let servers = store.replicas_since(since).await?;
        let have_all = !servers.is_empty() && servers.iter().all(|server| server.reload == reload);
        if have_all || begun.elapsed() > PATIENCE {
            break servers;
        }
        tokio::time::sleep(INTERVAL).await;
    };
    let has_answered = |server: &&Replica| server.reload == reload;
    let problem = |server: &Replica| match has_answered(&server) {
        true => server.problem.clone(),
        false => "has not answered".to_owned(),
    };
    let row = |server: &Replica| {
        let digest: String = server.catalogue.chars().take(12).collect();
        let result = match problem(server) {
            problem if problem.is_empty() => "reloaded".to_owned(),
            // It may have the new one, and not be able to say so.
            problem if !has_answered(&server) => problem,
            problem => format!("keeps the one that it has: {problem}"),
        };
        json!({ "server": server.name, "catalogue": digest, "result": result, "problem": problem(server) })
    };
    let rows: Vec<Value> = servers.iter().map(row).collect();
    operator.print(&["server", "catalogue", "result"], &rows)?;
    let silent = servers.iter().filter(|server| !has_answered(server)).count();
    let kept = servers.iter().filter(|server| !problem(server).is_empty()).count() - silent;
    let differ = servers.windows(2).any(|pair| pair[0].catalogue != pair[1].catalogue);
    match (servers.len(), kept, silent) {
        (0, ..) => Err(nobody()),
        (all, 1.., _) => Err(format!("{kept} of {all} servers keep the catalogue that they have")),
        (all, _, 1..) => Err(format!("{silent} of {all} servers have not answered: look at their logs")),
        _ if differ => Err("the servers have different catalogues".to_owned()),
        _ => Ok(()),
    }
}
