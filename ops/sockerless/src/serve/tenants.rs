//! Tenants: each has a server of its own behind this one, with a log, state, images, networks and keys of its own, so there is
//! nothing in which one could see or reach another.
//!
//! The servers are children of this process, run with its settings but for what each has alone. Who asks is known here, and what a
//! member asks is answered by their tenant's server; everybody else is answered by this one.

mod doors;

use std::{convert::Infallible, future::pending, path::PathBuf, process::Stdio, time::Duration};

use anyhow::Context as _;
use api_ops::Metrics;
use tokio::{
    net::UnixStream,
    process::{Child, Command},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

pub(super) use self::doors::{Side, TenantDoors};
use crate::settings::Settings;

/// Between two looks whether a server that starts answers already: it has no other way to say so that a crash could not lose.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// Before a server that has ended is started again; it doubles up to [`RETRY_MAX`].
const RETRY_MIN: Duration = Duration::from_millis(100);

/// The longest wait before another start.
const RETRY_MAX: Duration = Duration::from_secs(10);

/// The servers of all tenants.
pub(super) struct Tenants {
    doors: TenantDoors,
    stopping: CancellationToken,
    /// What is to start each, until it is started.
    waiting: Vec<Keeper>,
    keepers: JoinSet<()>,
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
    /// Makes the ways to the server of each tenant, and starts none.
    pub(super) fn of(settings: &Settings, metrics: &Metrics) -> anyhow::Result<Self> {
        let stopping = CancellationToken::new();
        let (doors, openers) = TenantDoors::of(settings)?;
        doors.add_numbers(metrics)?;
        let mut waiting = Vec::new();
        for (tenant, is_up) in settings.tenants.iter().zip(openers) {
            waiting.push(Keeper {
                name: tenant.name.clone(),
                program: std::env::current_exe().context("finding this program")?,
                socket: tenant.socket(&settings.data),
                is_up,
                stopping: stopping.clone(),
            });
        }
        Ok(Self { doors, stopping, waiting, keepers: JoinSet::new() })
    }

    /// Starts the servers; it does not wait for them.
    pub(super) fn start(&mut self) {
        for keeper in self.waiting.drain(..) {
            self.keepers.spawn(keeper.keep());
        }
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
