//! Hooks for metrics.

use std::time::Duration;

use http::{Method, StatusCode};

/// What a server tells about its work; every method has an empty default.
///
/// Methods are called on the connection's task and must not block.
pub trait Observer: Send + Sync + 'static {
    /// A connection was accepted.
    fn connection_opened(&self) {}

    /// A connection ended; a hijacked one ends when its stream is dropped.
    fn connection_closed(&self) {}

    /// A connection came while the limit was reached and is answered with 503.
    fn connection_refused(&self) {}

    /// The head of an answer is ready; its body may still take hours.
    fn answered(&self, _answer: &Answered<'_>) {}
}

/// One answered request.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// The route's template, if the route set a [`RouteTemplate`].
    pub route: Option<RouteTemplate>,
    /// The answer's status.
    pub status: StatusCode,
    /// From the end of the request's head to the answer's head.
    pub elapsed: Duration,
}

/// The template of the route that answered, for example `/containers/{id}/json`.
///
/// A route sets it as an extension of its response; metrics are counted by it, for paths are unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RouteTemplate(pub &'static str);

/// Observes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {}
