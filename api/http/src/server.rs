//! The accept loop: one task a listener, one a connection, and a stop that lets requests finish.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::address::ListenAddress;
use crate::connection::{self, Shared};
use crate::listener::{Incoming, Listener};
use crate::observer::Observer;
use crate::options::{REFUSALS_MAX, ServerOptions};
use crate::peer::Peer;
use crate::permit::Permit;
use crate::service::Routes;

/// First wait after a failed accept; it doubles up to [`ACCEPT_RETRY_MAX`].
///
/// Out of files is the usual reason, and it ends when connections do.
const ACCEPT_RETRY_MIN: Duration = Duration::from_millis(5);

/// Longest wait after failed accepts: a client's connect must not seem dead for long.
const ACCEPT_RETRY_MAX: Duration = Duration::from_secs(1);

/// A running server. Dropping it stops it at once, without waiting for requests.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<ListenAddress>,
    stopping: CancellationToken,
    dropped: CancellationToken,
    acceptors: Vec<JoinHandle<()>>,
    connections: TaskTracker,
}

/// How a stop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopReport {
    /// Connections that had not finished when the grace ended, and were cut.
    pub cut: usize,
}

struct Acceptor<R> {
    shared: Arc<Shared<R>>,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    dropped: CancellationToken,
    connections: TaskTracker,
}

impl Server {
    /// Serves `routes` on all `listeners`; must be called in a tokio runtime.
    pub fn start<R: Routes>(
        listeners: Vec<Listener>,
        routes: R,
        options: ServerOptions,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let addresses = listeners.iter().map(|listener| listener.address().clone()).collect();
        let stopping = CancellationToken::new();
        let dropped = CancellationToken::new();
        let connections = TaskTracker::new();
        let acceptor = Arc::new(Acceptor {
            places: Arc::new(Semaphore::new(options.connections_max)),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
            dropped: dropped.clone(),
            connections: connections.clone(),
            shared: Arc::new(Shared { routes, options, observer, stopping: stopping.clone() }),
        });
        let acceptors = listeners
            .into_iter()
            .map(|listener| tokio::spawn(Arc::clone(&acceptor).run(listener)))
            .collect();
        Self { addresses, stopping, dropped, acceptors, connections }
    }

    /// Gives the addresses that are really bound, in the order of the listeners.
    pub fn addresses(&self) -> &[ListenAddress] {
        &self.addresses
    }

    /// Stops accepting, removes unix sockets, lets requests in progress finish for at most `grace`, and cuts the rest.
    ///
    /// Hijacked streams belong to their handlers and are not waited for.
    pub async fn stop(mut self, grace: Duration) -> StopReport {
        self.stopping.cancel();
        for acceptor in self.acceptors.drain(..) {
            // An acceptor does not panic and is not aborted; if it were, its listener is closed all the same.
            let _ = acceptor.await;
        }
        self.connections.close();
        let finished = timeout(grace, self.connections.wait()).await.is_ok();
        let cut = if finished { 0 } else { self.connections.len() };
        self.dropped.cancel();
        self.connections.wait().await;
        StopReport { cut }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.dropped.cancel();
    }
}

// === impl Acceptor ===

impl<R: Routes> Acceptor<R> {
    async fn run(self: Arc<Self>, listener: Listener) {
        let mut retry = ACCEPT_RETRY_MIN;
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.shared.stopping.cancelled() => break,
            };
            match accepted {
                Ok((incoming, peer)) => {
                    retry = ACCEPT_RETRY_MIN;
                    if self.admit(incoming, peer).await.is_none() {
                        break;
                    }
                }
                Err(error) if is_of_one_connection(&error) => {
                    tracing::debug!(%error, "a connection ended before it was accepted");
                }
                Err(error) => {
                    if retry == ACCEPT_RETRY_MIN {
                        tracing::warn!(%error, address = %listener.address(), "cannot accept connections");
                    }
                    tokio::select! {
                        () = sleep(retry) => {}
                        () = self.shared.stopping.cancelled() => break,
                    }
                    retry = (retry * 2).min(ACCEPT_RETRY_MAX);
                }
            }
        }
        listener.close();
    }

    /// Starts a connection's task, as one to serve or one to refuse; gives `None` when the server stops meanwhile.
    async fn admit(&self, incoming: Incoming, peer: Peer) -> Option<()> {
        let observer = &self.shared.observer;
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            self.spawn(incoming, peer, Permit::new(place, Arc::clone(observer)), false);
            return Some(());
        }
        observer.connection_refused();
        let place = tokio::select! {
            place = Arc::clone(&self.refusals).acquire_owned() => place.ok()?,
            () = self.shared.stopping.cancelled() => return None,
        };
        self.spawn(incoming, peer, Permit::new(place, Arc::clone(observer)), true);
        Some(())
    }

    fn spawn(&self, incoming: Incoming, peer: Peer, permit: Permit, refusing: bool) {
        let connection =
            connection::serve(Arc::clone(&self.shared), incoming, peer, permit, refusing);
        let dropped = self.dropped.clone();
        self.connections.spawn(async move {
            tokio::select! {
                () = connection => {}
                () = dropped.cancelled() => {}
            }
        });
    }
}

/// Tells errors of the connection that was being accepted from errors of accepting itself.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::NotConnected
    )
}
