//! The operations side: health, readiness, metrics, and the log for reading.
//!
//! [`operations`] are the routes of the operations address: nothing secret, nothing that changes anything.
//! [`control`] are the routes of the control socket, which only the owner of the data directory reaches: the
//! records, as [`RecordView`] tells them, and what [`Maintenance`] of the log there is.

mod maintenance;
mod metrics;
mod readiness;
mod record_view;
mod routes;

pub use maintenance::{CopyAsked, Done, Maintenance, TrimAsked, tended_control};
pub use metrics::{MetricKind, Metrics, MetricsError};
pub use readiness::{Readiness, Stage};
pub use record_view::RecordView;
pub use routes::{control, operations};
