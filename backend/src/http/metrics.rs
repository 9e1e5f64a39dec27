//! `/metrics`, for Prometheus, on a listener of its own: figures about every account are for the operator alone.

use std::{sync::Arc, time::Duration};

use axum::{Router, http::header, response::IntoResponse, routing::get};
use metrics::{counter, gauge};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
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
    let metrics = async move || {
        #[expect(clippy::cast_precision_loss, reason = "a gauge; there are no 2^53 connections")]
        let float = |count: usize| count as f64;
        let (connections, idle) = store.connections();
        gauge!("latchkey_database_connections").set(f64::from(connections));
        gauge!("latchkey_database_connections_idle").set(float(idle));
        counter!("latchkey_log_lines_dropped_total")
            .absolute(u64::try_from(dropped.dropped_lines()).unwrap_or(u64::MAX));
        let media_type = "text/plain; version=0.0.4; charset=utf-8";
        ([(header::CONTENT_TYPE, media_type)], handle.render() + &keeper.figures()).into_response()
    };
    Router::new().route("/metrics", get(metrics))
}
