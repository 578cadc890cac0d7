//! Metrics in Prometheus' text format.
//!
//! What others count already is read when it is asked for; only answered requests are counted here.

use std::time::Duration;

use api_http::{Answered, Observer};
use prometheus::{
    Encoder, Error as PrometheusError, HistogramOpts, HistogramVec, IntCounter, IntGauge, Registry,
    TextEncoder,
    core::{Collector, Desc},
    proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType},
};

/// Bounds of the time to an answer's head, in seconds: from a cached read to a slow start.
const ANSWER_BOUNDS: [f64; 12] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

/// The server's metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    answers: HistogramVec,
    connections: IntGauge,
    refused: IntCounter,
}

/// A metric could not be registered or written.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be gathered")]
pub struct MetricsError(#[from] PrometheusError);

/// How a value that is read elsewhere behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

struct ReadElsewhere<F> {
    desc: Desc,
    name: &'static str,
    help: &'static str,
    kind: MetricKind,
    label: Option<&'static str>,
    read: F,
}

// === impl Metrics ===

impl Metrics {
    /// Makes the metrics of requests and connections.
    pub fn new() -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let options = HistogramOpts::new(
            "sockerless_http_answer_seconds",
            "Time from a request's head to its answer's head.",
        )
        .buckets(ANSWER_BOUNDS.to_vec());
        let answers = HistogramVec::new(options, &["method", "route", "status"])?;
        let connections =
            IntGauge::new("sockerless_http_connections", "Connections that are open.")?;
        let refused = IntCounter::new(
            "sockerless_http_connections_refused_total",
            "Connections that came while the limit was reached.",
        )?;
        registry.register(Box::new(answers.clone()))?;
        registry.register(Box::new(connections.clone()))?;
        registry.register(Box::new(refused.clone()))?;
        Ok(Self { registry, answers, connections, refused })
    }

    /// Adds a value that `read` gives whenever the metrics are asked for.
    pub fn add(
        &self,
        name: &'static str,
        help: &'static str,
        kind: MetricKind,
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Result<(), MetricsError> {
        self.register(name, help, kind, None, move || vec![(String::new(), read())])
    }

    /// Adds values that `read` gives whenever the metrics are asked for, each with the value of `label` that it is of.
    pub fn add_each(
        &self,
        name: &'static str,
        help: &'static str,
        kind: MetricKind,
        label: &'static str,
        read: impl Fn() -> Vec<(String, f64)> + Send + Sync + 'static,
    ) -> Result<(), MetricsError> {
        self.register(name, help, kind, Some(label), read)
    }

    fn register(
        &self,
        name: &'static str,
        help: &'static str,
        kind: MetricKind,
        label: Option<&'static str>,
        read: impl Fn() -> Vec<(String, f64)> + Send + Sync + 'static,
    ) -> Result<(), MetricsError> {
        let labels = label.into_iter().map(str::to_owned).collect();
        let desc = Desc::new(name.to_owned(), help.to_owned(), labels, Default::default())?;
        self.registry.register(Box::new(ReadElsewhere { desc, name, help, kind, label, read }))?;
        Ok(())
    }

    /// Writes all metrics as text.
    pub fn text(&self) -> Result<String, MetricsError> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

impl Observer for Metrics {
    fn connection_opened(&self) {
        self.connections.inc();
    }

    fn connection_closed(&self) {
        self.connections.dec();
    }

    fn connection_refused(&self) {
        self.refused.inc();
    }

    fn answered(&self, answer: &Answered<'_>) {
        let route = answer.route.map_or("none", |route| route.0);
        let labels = [method(answer.method), route, answer.status.as_str()];
        self.answers.with_label_values(&labels).observe(seconds(answer.elapsed));
    }
}

/// Gives the method's label; what a client invents must not become a label of its own.
fn method(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

fn seconds(elapsed: Duration) -> f64 {
    elapsed.as_secs_f64()
}

// === impl ReadElsewhere ===

impl<F> ReadElsewhere<F> {
    fn metric(&self, of: String, value: f64) -> Metric {
        let mut metric = Metric::default();
        if let Some(label) = self.label {
            let mut pair = LabelPair::default();
            pair.set_name(label.to_owned());
            pair.set_value(of);
            metric.set_label(vec![pair]);
        }
        match self.kind {
            MetricKind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
            }
            MetricKind::Gauge => {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
            }
        }
        metric
    }
}

impl<F: Fn() -> Vec<(String, f64)> + Send + Sync> Collector for ReadElsewhere<F> {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let metrics: Vec<Metric> =
            (self.read)().into_iter().map(|(of, value)| self.metric(of, value)).collect();
        if metrics.is_empty() {
            return Vec::new();
        }
        let field_type = match self.kind {
            MetricKind::Counter => MetricType::COUNTER,
            MetricKind::Gauge => MetricType::GAUGE,
        };
        let mut family = MetricFamily::default();
        family.set_name(self.name.to_owned());
        family.set_help(self.help.to_owned());
        family.set_field_type(field_type);
        family.set_metric(metrics);
        vec![family]
    }
}

#[cfg(test)]
mod tests;
