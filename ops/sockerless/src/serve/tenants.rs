//! Tenants: each has a server of its own behind this one, with a log, state, images, networks and keys of its own, so there is
//! nothing in which one could see or reach another.
//!
//! The servers are children of this process, run with its settings but for what each has alone. Who asks is known here, and what a
//! member asks is answered by their tenant's server; everybody else is answered by this one.

use std::{
    convert::Infallible,
    future::{Future, pending},
    iter,
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use api_http::{Onward, OnwardBody, Peer, RequestBody, Routes};
use api_ops::{MetricKind, Metrics, MetricsError};
use http::{Request, Response, StatusCode};
use http_body_util::Either;
use tokio::{
    net::UnixStream,
    process::{Child, Command},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    page,
    settings::{Settings, Tenant},
};

/// How long a request waits for a server that starts: as long as a log of ten million records without snapshots takes to fold.
const START_LIMIT: Duration = Duration::from_secs(25);

/// Between two looks whether a server that starts answers already: it has no other way to say so that a crash could not lose.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// Before a server that has ended is started again; it doubles up to [`RETRY_MAX`].
const RETRY_MIN: Duration = Duration::from_millis(100);

/// The longest wait before another start.
const RETRY_MAX: Duration = Duration::from_secs(10);

/// What is said to who is named nowhere.
const NOBODY: &str = "you are of no tenant of this server, and none of its operators";

/// The servers of all tenants.
pub(super) struct Tenants {
    doors: TenantDoors,
    stopping: CancellationToken,
    keepers: JoinSet<()>,
}

/// The ways to the tenants' servers. A clone costs a counter.
#[derive(Debug, Clone)]
pub(super) struct TenantDoors {
    doors: Arc<[Door]>,
    operators: Arc<[String]>,
}

#[derive(Debug, Clone)]
struct Door {
    tenant: Arc<Tenant>,
    server: Onward,
    is_up: watch::Receiver<bool>,
}

/// Who somebody is where there are tenants.
enum Caller<'d> {
    Member(&'d Door),
    Operator,
    Nobody,
}

/// What comes of a request.
enum Answering<F> {
    Own(F),
    Member(Box<(Door, Request<RequestBody>)>),
    Nobody,
}

/// Routes with those of the tenants in front.
#[derive(Debug, Clone)]
struct InFront<R> {
    own: R,
    doors: TenantDoors,
}

/// What starts one server again and again.
struct Keeper {
    name: String,
    program: PathBuf,
    socket: PathBuf,
    is_up: watch::Sender<bool>,
    stopping: CancellationToken,
}

// === impl Tenants ===

impl Tenants {
    /// Starts the server of each tenant; it does not wait for them.
    pub(super) fn start(settings: &Settings, metrics: &Metrics) -> anyhow::Result<Self> {
        let stopping = CancellationToken::new();
        let (mut doors, mut keepers) = (Vec::new(), JoinSet::new());
        for tenant in &settings.tenants {
            let (door, is_up) = Door::of(tenant, settings);
            let keeper = Keeper {
                name: tenant.name.clone(),
                program: std::env::current_exe().context("finding this program")?,
                socket: tenant.socket(&settings.data),
                is_up,
                stopping: stopping.clone(),
            };
            keepers.spawn(keeper.keep());
            doors.push(door);
        }
        let doors = TenantDoors { doors: doors.into(), operators: operators(settings) };
        doors.add_numbers(metrics)?;
        Ok(Self { doors, stopping, keepers })
    }

    /// The ways to the servers.
    pub(super) fn doors(&self) -> TenantDoors {
        self.doors.clone()
    }

    /// Has the servers end; their containers go on.
    pub(super) async fn stop(mut self) {
        self.stopping.cancel();
        while self.keepers.join_next().await.is_some() {}
    }
}

// === impl TenantDoors ===

impl TenantDoors {
    /// No way to any server: members are told so, and see nothing of this one.
    pub(super) fn closed(settings: &Settings) -> Self {
        let doors = settings.tenants.iter().map(|tenant| Door::of(tenant, settings).0).collect();
        Self { doors, operators: operators(settings) }
    }

    /// Has members of tenants answered by their own servers, and everybody else by `own`.
    pub(super) fn in_front_of<R: Routes>(self, own: R) -> impl Routes {
        InFront { own, doors: self }
    }

    /// Adds which servers are up.
    fn add_numbers(&self, metrics: &Metrics) -> Result<(), MetricsError> {
        let doors = self.clone();
        let help = "1 while the tenant's server answers.";
        metrics.add_each("sockerless_tenant_up", help, MetricKind::Gauge, "tenant", move || {
            let up = |door: &Door| f64::from(u8::from(*door.is_up.borrow()));
            doors.doors.iter().map(|door| (door.tenant.name.clone(), up(door))).collect()
        })
    }

    /// Tells who a caller is: the tenant that names them goes before one that names a group of theirs.
    ///
    /// Who has proven to be somebody and is named nowhere is nobody here: a misspelt name, or a tenant that is gone, makes no
    /// operator.
    fn of(&self, peer: &Peer) -> Caller<'_> {
        if self.doors.is_empty() {
            return Caller::Operator;
        }
        let groups = peer.identity.iter().flat_map(|identity| &identity.groups);
        let names: Vec<String> = iter::once(peer.principal())
            .chain(groups.map(|group| format!("group:{group}")))
            .collect();
        let is_theirs = |door: &Door, name| door.tenant.members.contains(name);
        if let Some(door) =
            names.iter().find_map(|name| self.doors.iter().find(|door| is_theirs(door, name)))
        {
            return Caller::Member(door);
        }
        let is_known =
            peer.identity.is_none() || names.iter().any(|name| self.operators.contains(name));
        if is_known { Caller::Operator } else { Caller::Nobody }
    }
}

/// Whom the server in front answers itself; the page's token is made by who has its data.
fn operators(settings: &Settings) -> Arc<[String]> {
    settings.operators.iter().cloned().chain([page::PRINCIPAL.to_owned()]).collect()
}

// === impl Door ===

impl Door {
    /// The way to a tenant's server, and what opens it.
    fn of(tenant: &Tenant, settings: &Settings) -> (Self, watch::Sender<bool>) {
        let (opener, is_up) = watch::channel(false);
        let server = Onward::new(&tenant.socket(&settings.data));
        (Self { tenant: Arc::new(tenant.clone()), server, is_up }, opener)
    }

    async fn answer(mut self, request: Request<RequestBody>) -> Response<OnwardBody> {
        let up = self.is_up.wait_for(|is_up| *is_up);
        // What is waited for is not kept: it holds a lock.
        let opened = timeout(START_LIMIT, up).await.map(|opened| opened.is_ok());
        let name = &self.tenant.name;
        match opened {
            Ok(true) => self.server.answer(request).await,
            Ok(false) => OnwardBody::refusal(
                StatusCode::FORBIDDEN,
                &format!("members of tenant {name} are not answered here"),
            ),
            Err(_) => OnwardBody::refusal(
                StatusCode::SERVICE_UNAVAILABLE,
                &format!("the server of tenant {name} is not up"),
            ),
        }
    }
}

// === impl InFront ===

impl<R: Routes> Routes for InFront<R> {
    type Body = Either<R::Body, OnwardBody>;

    fn answer(
        &self,
        request: Request<RequestBody>,
    ) -> impl Future<Output = Response<Self::Body>> + Send + 'static {
        let peer = request.extensions().get::<Peer>();
        let caller = peer.map_or(Caller::Nobody, |peer| self.doors.of(peer));
        // Begun here, so that the routes are not copied for each request.
        let answering = match caller {
            Caller::Operator => Answering::Own(self.own.answer(request)),
            Caller::Member(door) => Answering::Member(Box::new((door.clone(), request))),
            Caller::Nobody => Answering::Nobody,
        };
        async move {
            match answering {
                Answering::Own(answer) => answer.await.map(Either::Left),
                Answering::Member(asked) => asked.0.answer(asked.1).await.map(Either::Right),
                Answering::Nobody => {
                    OnwardBody::refusal(StatusCode::FORBIDDEN, NOBODY).map(Either::Right)
                }
            }
        }
    }
}

// === impl Keeper ===

impl Keeper {
    async fn keep(self) {
        let mut retry = RETRY_MIN;
        while !self.stopping.is_cancelled() {
            match self.spawn() {
                Ok(child) => {
                    if self.watch(child).await {
                        retry = RETRY_MIN;
                    }
                }
                Err(error) => {
                    tracing::error!(tenant = self.name, %error, "the server cannot be started");
                }
            }
            tokio::select! {
                () = sleep(retry) => {}
                () = self.stopping.cancelled() => {}
            }
            retry = (retry * 2).min(RETRY_MAX);
        }
    }

    /// Starts the server as this process was started.
    fn spawn(&self) -> std::io::Result<Child> {
        Command::new(&self.program)
            .args(std::env::args_os().skip(1))
            .arg("--tenant")
            .arg(&self.name)
            // It ends when the other end of this does, be it by a kill of this process.
            .stdin(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    /// Waits for the end of the server, or has it end; tells whether it was up.
    async fn watch(&self, mut child: Child) -> bool {
        // Taken, or waiting would close it.
        let input = child.stdin.take();
        let ended = tokio::select! {
            ended = child.wait() => Some(ended),
            never = self.tell_when_up() => match never {},
            () = self.stopping.cancelled() => None,
        };
        match ended {
            Some(Ok(status)) => {
                tracing::warn!(tenant = self.name, %status, "a tenant's server has ended");
            }
            Some(Err(error)) => {
                tracing::warn!(tenant = self.name, %error, "a tenant's server is lost");
            }
            None => {
                drop(input);
                // What has not ended then is killed, as any server may be at any time.
                let _ = timeout(2 * super::STOP_GRACE, child.wait()).await;
            }
        }
        self.is_up.send_replace(false)
    }

    /// Tells once the server answers.
    async fn tell_when_up(&self) -> Infallible {
        while UnixStream::connect(&self.socket).await.is_err() {
            sleep(LOOK_INTERVAL).await;
        }
        self.is_up.send_replace(true);
        pending().await
    }
}
