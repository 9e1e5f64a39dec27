//! `/metrics`, for Prometheus, on a listener of its own: figures about every account are for the operator alone.

use std::time::Duration;

use axum::{Router, http::header, response::IntoResponse, routing::get};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of a decision's time, in seconds: a look into memory takes a few microseconds, one into the database some
/// hundreds.
const SECONDS: [f64; 12] = [2e-6, 4e-6, 8e-6, 16e-6, 64e-6, 256e-6, 1e-3, 4e-3, 16e-3, 64e-3, 0.25, 1.0];
/// Between two times of tidying up what the histograms have collected.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begins to count. To be called before what shall be counted is made.
///
/// # Errors
/// When this process counts already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()?;
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
pub fn router(handle: PrometheusHandle) -> Router {
    let metrics = async move || {
        let text = "text/plain; version=0.0.4; charset=utf-8";
        ([(header::CONTENT_TYPE, text)], handle.render()).into_response()
    };
    Router::new().route("/metrics", get(metrics))
}
