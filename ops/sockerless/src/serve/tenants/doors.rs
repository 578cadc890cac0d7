//! The ways to the tenants' servers: who is answered by which.
//!
//! What a member asks is answered by their tenant's server, whatever it is. What an operator asks is answered by this one, but for
//! `/tenants/NAME/…`, which is what stands behind the name, asked of that tenant's server. Each side of this server leads to the
//! same side of theirs: the Docker API to the Docker API, the operations address to health, metrics and what the page shows.

use std::{
    future::{Future, ready},
    sync::Arc,
    time::Duration,
};

use api_http::{Onward, OnwardBody, Peer, RequestBody, RouteTemplate, Routes};
use api_ops::{MetricKind, Metrics, MetricsError, TenantLine};
use futures_util::future::{Either as Future2, FutureExt as _};
use http::{
    HeaderValue, Request, Response, StatusCode, Uri, header::WWW_AUTHENTICATE, uri::PathAndQuery,
};
use http_body_util::Either;
use tokio::{sync::watch, time::timeout};

use crate::{
    page,
    settings::{Settings, Tenant, tenant_folders},
};

/// How long a request waits for a server that starts: as long as a log of ten million records without snapshots takes to fold.
const START_LIMIT: Duration = Duration::from_secs(25);

/// What stands in front of a tenant's name in an operator's path.
const INSIDE: &str = "/tenants/";

/// The route as this server's metrics know it where a tenant's server has answered, whatever was asked of that one.
const ROUTE: RouteTemplate = RouteTemplate("/tenants/{name}");

/// What is said to who is named nowhere.
const NOBODY: &str = "you are of no tenant of this server, and none of its operators";

/// What is said to who is not known on the operations address.
const NO_TOKEN: &str = "what tenants do is told to who shows an operator's token";

/// What a server answers at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum Side {
    /// The Docker API, and podman's.
    Docker,
    /// Health, metrics and the page.
    Operations,
}

/// The ways to the tenants' servers. A clone costs a counter.
#[derive(Debug, Clone)]
pub(in crate::serve) struct TenantDoors {
    doors: Arc<[Door]>,
    operators: Arc<[String]>,
    /// Whether somebody has to be named to be answered: there are tenants, or data of some that were.
    named_only: bool,
}

#[derive(Debug, Clone)]
struct Door {
    tenant: Arc<Tenant>,
    docker: Onward,
    operations: Onward,
    is_up: watch::Receiver<bool>,
}

/// Who somebody is where there are tenants.
enum Caller<'d> {
    Member(&'d Door),
    Operator,
    Nobody,
}

/// Who comes through a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Member,
    Operator,
}

/// Who answers a request.
enum Choice<'d> {
    Own,
    /// A tenant's server, which is asked for this.
    Theirs(&'d Door, Entry, Option<PathAndQuery>),
    /// Nobody, with the reason.
    Refused(StatusCode, String),
}

/// Routes with those of the tenants in front.
#[derive(Debug, Clone)]
struct InFront<R> {
    own: R,
    side: Side,
    doors: TenantDoors,
}

// === impl TenantDoors ===

impl TenantDoors {
    /// Makes the ways, and what opens each, in the order of the tenants.
    pub(super) fn of(settings: &Settings) -> anyhow::Result<(Self, Vec<watch::Sender<bool>>)> {
        let both = settings.tenants.iter().map(|tenant| Door::of(tenant, settings));
        let (doors, openers): (Vec<_>, Vec<_>) = both.unzip();
        let data = tenant_folders(&settings.data)?;
        if doors.is_empty() && !data.is_empty() {
            tracing::warn!(
                count = data.len(),
                "data of tenants is here that no table names: certificates and tokens are answered to operators alone"
            );
        }
        // The page's token is made by who has the data.
        let operators = settings.operators.iter().cloned().chain([page::PRINCIPAL.to_owned()]);
        let named_only = !doors.is_empty() || !data.is_empty();
        let doors = Self { doors: doors.into(), operators: operators.collect(), named_only };
        Ok((doors, openers))
    }

    /// No way to any server: members are told so, and see nothing of this one.
    pub(in crate::serve) fn closed(settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self::of(settings)?.0)
    }

    /// Has members of tenants answered by their own servers, and everybody else by `own` or by the tenant's server that they ask.
    pub(in crate::serve) fn in_front_of<R: Routes>(self, side: Side, own: R) -> impl Routes {
        InFront { own, side, doors: self }
    }

    /// Tells of each tenant for who is an operator.
    pub(in crate::serve) fn lines(&self) -> Vec<TenantLine> {
        let line = |door: &Door| TenantLine {
            name: door.tenant.name.clone(),
            members: door.tenant.members.clone(),
            up: *door.is_up.borrow(),
        };
        self.doors.iter().map(line).collect()
    }

    /// Adds which servers are up.
    pub(super) fn add_numbers(&self, metrics: &Metrics) -> Result<(), MetricsError> {
        let doors = self.clone();
        let help = "1 while the tenant's server answers.";
        metrics.add_each("sockerless_tenant_up", help, MetricKind::Gauge, "tenant", move || {
            let up = |line: TenantLine| (line.name, f64::from(u8::from(line.up)));
            doors.lines().into_iter().map(up).collect()
        })
    }

    /// Tells who a caller is: the tenant that names them goes before one that names a group of theirs.
    ///
    /// Who has proven to be somebody and is named nowhere is nobody here: a misspelt name, or a tenant that is gone, makes no
    /// operator.
    fn caller(&self, peer: &Peer) -> Caller<'_> {
        let theirs =
            |name: String| self.doors.iter().find(|door| door.tenant.members.contains(&name));
        if let Some(door) = peer.names().find_map(theirs) {
            return Caller::Member(door);
        }
        let is_known =
            peer.identity.is_none() || peer.names().any(|name| self.operators.contains(&name));
        if is_known { Caller::Operator } else { Caller::Nobody }
    }

    /// Says who answers what is asked; a server without tenants, as that of a tenant is, knows nothing of all this.
    fn choose(&self, side: Side, request: &Request<RequestBody>) -> Choice<'_> {
        if !self.named_only {
            return Choice::Own;
        }
        let Some(peer) = request.extensions().get::<Peer>() else { return Choice::nobody() };
        match self.caller(peer) {
            Caller::Nobody => Choice::nobody(),
            Caller::Member(door) => match side {
                Side::Docker => Choice::Theirs(door, Entry::Member, None),
                Side::Operations => Choice::Refused(StatusCode::FORBIDDEN, door.not_here()),
            },
            Caller::Operator => {
                let Some((name, rest)) = inside(request.uri()) else { return Choice::Own };
                // Everybody on this host reaches the operations address.
                if side == Side::Operations && peer.identity.is_none() {
                    return Choice::Refused(StatusCode::UNAUTHORIZED, NO_TOKEN.to_owned());
                }
                match self.doors.iter().find(|door| door.tenant.name == name) {
                    Some(door) => Choice::Theirs(door, Entry::Operator, Some(rest)),
                    None => {
                        Choice::Refused(StatusCode::NOT_FOUND, format!("no such tenant: {name}"))
                    }
                }
            }
        }
    }
}

/// Takes `/tenants/NAME` off a target that begins so: gives the name, and what is asked of that tenant's server.
fn inside(target: &Uri) -> Option<(&str, PathAndQuery)> {
    let rest = target.path_and_query()?.as_str().strip_prefix(INSIDE)?;
    let (name, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let slash = if rest.starts_with('/') { "" } else { "/" };
    // A part of a valid target is one too.
    let rest = PathAndQuery::try_from(format!("{slash}{rest}")).ok()?;
    (!name.is_empty()).then_some((name, rest))
}

// === impl Choice ===

impl Choice<'_> {
    fn nobody() -> Self {
        Self::Refused(StatusCode::FORBIDDEN, NOBODY.to_owned())
    }
}

// === impl Door ===

impl Door {
    /// The way to a tenant's server, and what opens it.
    fn of(tenant: &Tenant, settings: &Settings) -> (Self, watch::Sender<bool>) {
        let (opener, is_up) = watch::channel(false);
        let docker = Onward::new(&tenant.socket(&settings.data));
        let operations = Onward::new(&tenant.ops_socket(&settings.data));
        (Self { tenant: Arc::new(tenant.clone()), docker, operations, is_up }, opener)
    }

    async fn answer(
        mut self,
        side: Side,
        entry: Entry,
        request: Request<RequestBody>,
    ) -> Response<OnwardBody> {
        let up = self.is_up.wait_for(|is_up| *is_up);
        // What is waited for is not kept: it holds a lock.
        let opened = timeout(START_LIMIT, up).await.map(|opened| opened.is_ok());
        match (opened, entry) {
            (Ok(true), _) => match side {
                Side::Docker => self.docker.answer(request).await,
                Side::Operations => self.operations.answer(request).await,
            },
            (Ok(false), Entry::Member) => {
                OnwardBody::refusal(StatusCode::FORBIDDEN, &self.not_here())
            }
            (Ok(false), Entry::Operator) | (Err(_), _) => OnwardBody::refusal(
                StatusCode::SERVICE_UNAVAILABLE,
                &format!("the server of tenant {} is not up", self.tenant.name),
            ),
        }
    }

    fn not_here(&self) -> String {
        format!("members of tenant {} are not answered here", self.tenant.name)
    }
}

// === impl InFront ===

impl<R: Routes> Routes for InFront<R> {
    type Body = Either<R::Body, OnwardBody>;

    fn answer(
        &self,
        mut request: Request<RequestBody>,
    ) -> impl Future<Output = Response<Self::Body>> + Send + 'static {
        // The own answer is given on as it is and in place: what is asked of others is far larger, and seldom.
        match self.doors.choose(self.side, &request) {
            Choice::Own => Future2::Left(self.own.answer(request).map(|one| one.map(Either::Left))),
            Choice::Theirs(door, entry, target) => {
                if let Some(target) = target {
                    *request.uri_mut() = Uri::from(target);
                }
                let answered = door.clone().answer(self.side, entry, request).map(|mut answer| {
                    answer.extensions_mut().insert(ROUTE);
                    answer.map(Either::Right)
                });
                Future2::Right(answered.boxed())
            }
            Choice::Refused(status, reason) => {
                let mut refusal = OnwardBody::refusal(status, &reason);
                if status == StatusCode::UNAUTHORIZED {
                    let scheme = HeaderValue::from_static("Bearer");
                    refusal.headers_mut().insert(WWW_AUTHENTICATE, scheme);
                }
                Future2::Right(ready(refusal.map(Either::Right)).boxed())
            }
        }
    }
}

#[cfg(test)]
mod tests;
