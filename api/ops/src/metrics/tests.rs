//! The text that Prometheus reads.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use api_http::{Answered, Observer, RouteTemplate};
use http::{Method, StatusCode};

use super::{MetricKind, Metrics};

#[test]
fn answers_are_counted_by_template_and_never_by_what_a_client_invents() {
    let metrics = Metrics::new().unwrap();
    let invented = Method::from_bytes(b"INVENTED").unwrap();
    for (method, route) in
        [(&Method::GET, Some(RouteTemplate("/containers/{id}/json"))), (&invented, None)]
    {
        metrics.answered(&Answered {
            method,
            route,
            status: StatusCode::OK,
            elapsed: Duration::from_millis(1),
        });
    }
    let text = metrics.text().unwrap();
    assert!(
        text.contains(r#"_count{method="GET",route="/containers/{id}/json",status="200"} 1"#),
        "{text}"
    );
    assert!(text.contains(r#"_count{method="other",route="none",status="200"} 1"#), "{text}");
}

#[test]
fn connections_go_up_and_down() {
    let metrics = Metrics::new().unwrap();
    metrics.connection_opened();
    metrics.connection_opened();
    metrics.connection_closed();
    metrics.connection_refused();
    let text = metrics.text().unwrap();
    assert!(text.contains("sockerless_http_connections 1"), "{text}");
    assert!(text.contains("sockerless_http_connections_refused_total 1"), "{text}");
}

#[test]
fn a_value_that_is_kept_elsewhere_is_read_when_it_is_asked_for() {
    let metrics = Metrics::new().unwrap();
    let value = Arc::new(AtomicU64::new(1));
    let source = Arc::clone(&value);
    let read = move || source.load(Ordering::Relaxed) as f64;
    metrics.add("sockerless_records_total", "Records.", MetricKind::Counter, read).unwrap();
    value.store(7, Ordering::Relaxed);
    let text = metrics.text().unwrap();
    assert!(
        text.contains("# TYPE sockerless_records_total counter\nsockerless_records_total 7"),
        "{text}"
    );
    assert!(metrics.add("sockerless_records_total", "Again.", MetricKind::Gauge, || 0.0).is_err());
}
