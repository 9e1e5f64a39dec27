//! `/metrics`, for Prometheus, on a listener of its own: figures about every account are for the operator alone.

use std::{sync::Arc, time::Duration};

use axum::{Router, http::header, response::IntoResponse, routing::get};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use tracing_appender::non_blocking::ErrorCounter;

use crate::{
    gatekeeper::{Gatekeeper, metrics::BOUNDS},
    store::Store,
};

/// Between two times of tidying up what the histograms have collected.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begins to count what the `metrics` crate is told.
///
/// # Errors
/// When this process counts already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let bounds = BOUNDS.map(|bound| bound.as_secs_f64());
    let handle = PrometheusBuilder::new().set_buckets(&bounds)?.install_recorder()?;
    describe_gauge!("latchkey_build_info", "1, with the version that runs.");
    describe_gauge!("latchkey_database_connections", "Connections to the database.");
    describe_gauge!("latchkey_database_connections_idle", "Connections to the database that wait for work.");
    describe_histogram!("latchkey_database_seconds", "Time of each statement to the database.");
    describe_histogram!("latchkey_usage_flush_seconds", "Time to write the use of tokens.");
    describe_gauge!("latchkey_usage_flush_lag_seconds", "How late the last write of the use of tokens was.");
    describe_gauge!("latchkey_catalogue_last_reload_successful", "0 after a catalogue that was refused.");
    describe_gauge!("latchkey_catalogue_differing_replicas", "Other servers of this database with another catalogue.");
    describe_counter!("latchkey_observed_total", "Requests that an API in observe mode would have refused.");
    describe_counter!("latchkey_log_lines_dropped_total", "Lines of the log that found no room to wait.");
    gauge!("latchkey_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Collector::default().describe();
    let kept = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            kept.run_upkeep();
        }
    });
    Ok(handle)
}

/// `GET /metrics`, and nothing else.
pub fn router(handle: PrometheusHandle, keeper: Arc<Gatekeeper>, store: Store, dropped: ErrorCounter) -> Router {
    let process = Collector::default();
    let metrics = async move || {
        #[expect(clippy::cast_precision_loss, reason = "a gauge; there are no 2^53 connections")]
        let float = |count: usize| count as f64;
        let (connections, idle) = store.connections();
        process.collect();
        gauge!("latchkey_database_connections").set(f64::from(connections));
        gauge!("latchkey_database_connections_idle").set(float(idle));
        counter!("latchkey_log_lines_dropped_total")
            .absolute(u64::try_from(dropped.dropped_lines()).unwrap_or(u64::MAX));
        let media_type = "text/plain; version=0.0.4; charset=utf-8";
        ([(header::CONTENT_TYPE, media_type)], handle.render() + &keeper.figures()).into_response()
    };
    Router::new().route("/metrics", get(metrics))
}
