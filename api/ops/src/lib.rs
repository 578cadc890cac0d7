//! The operations side: health, readiness, metrics, and the log for reading.
//!
//! [`operations`] are the routes of the operations address: nothing secret, nothing that changes anything.
//! [`control`] are the routes of the control socket, which only the owner of the data directory reaches: the
//! records, as [`RecordView`] tells them, the past, as [`listing`], [`diff`] and [`explain`] tell it, what auditors ask an
//! [`Auditor`], what [`Maintenance`] of the log there is, and its [`pools`].
//!
//! [`with_page`] puts a page for browsers beside the first: its files are for anybody, what it shows is for who shows a token.

mod audit;
mod maintenance;
mod metrics;
mod page;
mod past;
mod pools;
mod readiness;
mod record_view;
mod routes;

pub use audit::{AuditAsk, AuditDoor, AuditQuery, Auditor};
pub use maintenance::{CopyAsked, Done, Maintenance, TrimAsked, maintenance};
pub use metrics::{MetricKind, Metrics, MetricsError};
pub use page::{PageDoor, PageSource, TenantLine, with_page};
pub use past::{
    Change, ChangeKind, ContainerLine, Diff, ExplainError, Facts, FieldChange, ImageLine, Kind,
    Listing, ListingError, PointView, Step, Subject, UnitLine, Who, diff, explain, listing,
    parse_point, past, question, time_of,
};
pub use pools::{PoolLine, pools};
pub use readiness::{Readiness, Stage};
pub use record_view::{RecordView, Words};
pub use routes::{ControlRoute, control, operations};
