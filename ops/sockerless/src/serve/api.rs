//! The listeners: the Docker API, the operations address, the control socket.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use api_access::{Holders, Keeper};
use api_docker::{Context, Gate, HostInfo, PoolRefusals, ServerInfo, docker_api};
use api_http::{
    BindOptions, CertificateKeeper, Introduced, ListenAddress, Listener, NoObserver, Server,
    ServerOptions, TokenKeeper, warp_service,
};
use api_libpod::{is_stream, libpod_api};
use api_ops::{AuditDoor, ControlRoute, Metrics, PageDoor, Readiness};
use backends_images::{Registry, RegistryOptions};
use journal_reads::{AccessLog, ReadsOptions};
use projector_engine::Clock;

use super::{
    backend::Running,
    log::Log,
    numbers, page, policy, pools,
    tenants::{Side, TenantDoors},
};
use crate::{control, exit, plan, settings::Settings, token, version::VERSION};

/// Where the side log of calls that change nothing is in the data directory.
pub(crate) const READS: &str = "reads";

/// What is answered on the operations address once it is there.
pub(super) struct Doors {
    pub(super) audit: AuditDoor,
    pub(super) page: PageDoor,
    /// Who is answered by servers of their own.
    pub(super) tenants: TenantDoors,
}

/// What goes with the Docker API, beside the log and what runs.
pub(super) struct Served {
    pub(super) gate: Gate,
    pub(super) metrics: Arc<Metrics>,
    /// Where the page gets what it shows.
    pub(super) page: PageDoor,
    /// Who is answered by servers of their own.
    pub(super) tenants: TenantDoors,
}

/// Answers health, metrics and the page, where an address is given. It is read-only. The first two need no permission, the page
/// shows nothing without a token; auditors are answered there only where the settings say so, for they read what everybody did.
pub(super) async fn operations(
    settings: &Settings,
    metrics: &Arc<Metrics>,
    readiness: &Readiness,
    doors: &Doors,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Option<Server>> {
    let Some(address) = &settings.ops_listen else { return Ok(None) };
    let open = settings.ops_audit.then(|| Arc::clone(&doors.audit));
    let routes = api_ops::operations(Arc::clone(metrics), readiness.clone(), open);
    let routes = api_ops::with_page(warp_service(routes), Arc::clone(&doors.page));
    let routes = doors.tenants.clone().in_front_of(Side::Operations, routes);
    let loopback = BindOptions { insecure_tcp: true, ..BindOptions::default() };
    let listener = bind(address, loopback).await?;
    let tokens = Some(tokens(settings, clock)?);
    let options = ServerOptions { tokens, ..ServerOptions::default() };
    let server = Server::start(vec![listener], routes, options, Arc::new(NoObserver));
    for address in server.addresses() {
        tracing::info!(%address, "health, metrics and the operations page are answered");
    }
    Ok(Some(server))
}

/// Answers the command line on this host.
pub(super) async fn control(
    data: &Path,
    log: &Log,
    door: &AuditDoor,
    clock: Arc<dyn Clock>,
    more: [ControlRoute; 2],
) -> anyhow::Result<Server> {
    let listener =
        bind(&ListenAddress::Unix(control::socket(data)), BindOptions::default()).await?;
    let (handle, own) = (log.handle.clone(), data.to_owned());
    let planned = api_ops::question("plan", move || {
        let (world, data) = (handle.snapshot(), own.clone());
        async move { plan::drifts(&data, &world).await.map_err(|error| exit::chain(error.as_ref())) }
    });
    let past = api_ops::past(log.handle.clone(), clock);
    let pools = api_ops::pools(log.handle.clone());
    let more = [past, planned, pools].into_iter().chain(more);
    let routes = warp_service(api_ops::control(log.handle.reader(), Arc::clone(door), more));
    Ok(Server::start(vec![listener], routes, ServerOptions::default(), Arc::new(NoObserver)))
}

/// Serves the Docker API, and podman's beside it.
pub(super) async fn docker(
    settings: &Settings,
    log: &Log,
    running: &Running,
    clock: Arc<dyn Clock>,
    Served { gate, metrics, page: door, tenants }: Served,
) -> anyhow::Result<Server> {
    let tls = certificates(settings, &clock)?;
    let tokens = tokens(settings, &clock)?;
    let mut listeners = Vec::new();
    for address in &settings.listen {
        let options = BindOptions { insecure_tcp: settings.insecure_tcp, tls: tls.clone() };
        listeners.push(bind(address, options).await?);
    }
    let server = ServerInfo {
        id: hex::encode(log.cluster),
        version: VERSION.into(),
        host: HostInfo::of_this_machine(),
        ..ServerInfo::default()
    };
    let pool_refusals = PoolRefusals::default();
    pools::add_numbers(&metrics, &log.handle, &pool_refusals)?;
    let context = Context {
        handle: log.handle.clone(),
        backend: Arc::clone(&running.backend),
        images: Arc::clone(&running.images),
        registry: Arc::new(Registry::new(RegistryOptions {
            mirrors: settings.registry_mirrors.clone(),
            insecure: settings.insecure_registries.clone(),
            user_agent: format!("sockerless/{VERSION}"),
        })),
        keys: running.keys.clone(),
        reads: reads(settings, &clock, &metrics)?,
        clock,
        gate,
        pool_refusals,
        policy: settings.policy.clone().map(policy::source).transpose()?,
        server: Arc::new(server),
    };
    // It is set once a process, by this function.
    let _ = door.set(page::source(&context, &tenants));
    let options = ServerOptions {
        tokens: Some(tokens),
        assumed_streams: Some(is_stream),
        ..ServerOptions::default()
    };
    let both = libpod_api(docker_api(context.clone()), context);
    Ok(Server::start(listeners, tenants.in_front_of(Side::Docker, both), options, metrics))
}

/// Starts the side log of calls that change nothing.
fn reads(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> anyhow::Result<AccessLog> {
    let options = ReadsOptions {
        policy: settings.audit_reads,
        ..ReadsOptions::new(settings.data.join(READS))
    };
    let clock = Arc::clone(clock);
    let reads = AccessLog::start(options, move || clock.now()).context("starting a thread")?;
    numbers::add_reads(metrics, &reads)?;
    Ok(reads)
}

/// Reads the certificates of listeners on TCP, where TLS is spoken.
fn certificates(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Option<Arc<dyn CertificateKeeper>>> {
    let Some(files) = settings.tls.clone() else { return Ok(None) };
    let clock = Arc::clone(clock);
    let keeper = Keeper::open(files, Arc::new(move || clock.now()));
    Ok(Some(Arc::new(
        keeper.context("no certificates to listen with (`sockerless cert` makes them)")?,
    )))
}

/// Gives who knows the holders of tokens.
fn tokens(settings: &Settings, clock: &Arc<dyn Clock>) -> anyhow::Result<Arc<dyn TokenKeeper>> {
    if settings.tenant.is_some() {
        // Who asks has proven it to the server in front.
        return Ok(Arc::new(Introduced));
    }
    let clock = Arc::clone(clock);
    let holders = Holders::open(token::of_server(&settings.data), Arc::new(move || clock.now()));
    Ok(Arc::new(holders.context("reading the tokens")?))
}

async fn bind(address: &ListenAddress, options: BindOptions) -> anyhow::Result<Listener> {
    Listener::bind(address, options).await.with_context(|| format!("listening on {address}"))
}
