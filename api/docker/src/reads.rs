//! Puts calls that change nothing into the side log: who, when, which path, with what outcome, read at which record.
//!
//! It is done beside the answer, never before it, and only where the policy and the rate let it.

use api_http::{Preliminary, RouteTemplate};
use http::{Extensions, Method, Response};
use journal_log::{Actor, Seq, Timestamp};
use journal_reads::{Access, AccessLog, ReadPolicy, without_secrets};
use tokio::time::Instant;

use crate::{
    call::{Call, cut},
    reply::AS_OF_HEADER,
};

/// Bytes of a path or a query that are put down: as many as of a refused call's path.
const TEXT_BYTES_MAX: usize = 512;

/// Asked all the time by everybody, and it tells nobody anything.
const NOT_PUT_DOWN: &str = "/_ping";

/// A call that is being answered and will be put down.
pub(crate) struct Reading {
    call: Call,
    at: Timestamp,
    since: Instant,
    /// Whether it is put down only where it is refused.
    is_preliminary: bool,
}

// === impl Reading ===

impl Reading {
    /// Begins with a call, where it is to be put down.
    pub(crate) fn begin(call: &Call, extensions: &Extensions) -> Option<Self> {
        let reads = &call.context().reads;
        let reading = reads.policy() != ReadPolicy::None
            && (call.method() == Method::GET || call.method() == Method::HEAD)
            && call.path() != NOT_PUT_DOWN;
        let is_preliminary = extensions.get::<Preliminary>().is_some();
        // The permit is taken last: it counts what it does not let through.
        (reading && (is_preliminary || reads.permit())).then(|| Self {
            call: call.clone(),
            at: call.now(),
            since: Instant::now(),
            is_preliminary,
        })
    }

    /// Puts it down with its answer.
    pub(crate) fn end<B>(self, response: &Response<B>) {
        let reads: &AccessLog = &self.call.context().reads;
        if self.is_preliminary && (response.status().is_success() || !reads.permit()) {
            return;
        }
        let Actor { principal, source, agent } = self.call.actor();
        let target = self.call.target();
        let query = target.query().filter(|_| reads.policy() == ReadPolicy::Request);
        let as_of = response.headers().get(AS_OF_HEADER).and_then(|seq| seq.to_str().ok());
        reads.put(Access {
            at: self.at,
            caller: principal,
            source,
            agent,
            method: self.call.method().as_str().to_owned(),
            route: response
                .extensions()
                .get::<RouteTemplate>()
                .map_or_else(String::new, |route| route.0.to_owned()),
            path: cut(target.path(), TEXT_BYTES_MAX),
            query: query.map(|query| cut(&without_secrets(query), TEXT_BYTES_MAX)),
            status: response.status().as_u16(),
            as_of: as_of.and_then(|seq| seq.parse().ok()).map(Seq::new),
            took_micros: u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX),
        });
    }
}
