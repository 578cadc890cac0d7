//! One connection's task: runs the HTTP library over the transport and looks after a client that goes away.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::activity::Activity;
use crate::listener::{Incoming, TlsEntry};
use crate::observer::Observer;
use crate::options::{BUFFER_MAX_BYTES, ServerOptions};
use crate::peer::Peer;
use crate::permit::Permit;
use crate::service::{Context, Envelope, Routes};
use crate::socket::Socket;
use crate::tls;
use crate::wire::{Wire, WireOptions, WireTimes};

/// What all connections of a server share.
pub(crate) struct Shared<R> {
    pub(crate) routes: R,
    pub(crate) options: ServerOptions,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) stopping: CancellationToken,
}

/// Time in which a refused connection must have sent its request and got its answer.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves one connection to its end or its upgrade.
pub(crate) async fn serve<R: Routes>(
    shared: Arc<Shared<R>>,
    incoming: Incoming,
    mut peer: Peer,
    permit: Permit,
    refusing: bool,
) {
    let options = &shared.options;
    let short = |time: Duration| if refusing { time.min(REFUSAL_TIMEOUT) } else { time };
    let limit = short(options.handshake_timeout);
    let entering = enter(incoming, &mut peer, limit, &shared);
    let Some((socket, entry)) = entering.await else { return };
    let activity = Arc::new(Activity::default());
    let times = WireTimes {
        head: short(options.head_timeout),
        idle: short(options.idle_timeout),
        tcp_half_closed: options.tcp_half_closed_timeout,
    };
    let wire_options = WireOptions {
        times,
        server: options.server_header.clone(),
        assumed_streams: options.assumed_streams,
    };
    let wire = Wire::new(socket, Arc::clone(&activity), permit, wire_options);
    let context = Context {
        peer: peer.clone(),
        entry,
        tokens: options.tokens.clone(),
        activity: Arc::clone(&activity),
        observer: Arc::clone(&shared.observer),
        server: options.server_header.clone(),
        body_idle: options.body_idle_timeout,
        refusing,
    };
    let envelope = Envelope { routes: shared.routes.clone(), context: Arc::new(context) };
    let connection = http1::Builder::new()
        // A client may end its sending half and still read: whether it is gone is asked in another way.
        .half_close(true)
        .max_header_size(options.head_max_bytes)
        .max_buf_size(BUFFER_MAX_BYTES.max(options.head_max_bytes))
        .serve_connection(TokioIo::new(wire), envelope)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut watched = pin!(Watched {
        connection: connection.as_mut(),
        activity: &activity,
        interval: options.hangup_check_interval,
        timer: None,
        armed: false,
    });
    let ended = tokio::select! {
        ended = watched.as_mut() => Some(ended),
        () = shared.stopping.cancelled() => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        // Whoever has asked nothing yet gets no answer, and would hold up the stop.
        None if activity.requests() == 0 => return,
        None => {
            watched.connection.as_mut().graceful_shutdown();
            watched.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, error = %chain(&error), "connection ended");
    }
}

/// Makes a connection ready for requests, and says who is at the other end; gives `None` where there is none.
async fn enter<R>(
    incoming: Incoming,
    peer: &mut Peer,
    limit: Duration,
    shared: &Shared<R>,
) -> Option<(Socket, Option<TlsEntry>)> {
    let (stream, entry) = match incoming {
        Incoming::Ready(socket) => return Some((socket, None)),
        Incoming::Tls(stream, entry) => (stream, entry),
    };
    let shaking = tls::shake_hands(stream, &*entry.keeper, limit, &shared.options.server_header);
    let shaken = tokio::select! {
        shaken = shaking => shaken,
        () = shared.stopping.cancelled() => return None,
    };
    match shaken {
        Ok((stream, owner)) => {
            peer.identity = owner.map(Arc::new);
            Some((Socket::Tls(stream), Some(entry)))
        }
        Err(error) => {
            tracing::info!(%peer, error = %chain(&error), "nobody was let in");
            None
        }
    }
}

/// A connection that asks its transport now and then whether the client is still there.
struct Watched<'a, C> {
    connection: Pin<&'a mut C>,
    activity: &'a Activity,
    interval: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl<C: Future> Future for Watched<'_, C> {
    type Output = C::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<C::Output> {
        let this = self.get_mut();
        loop {
            if let Poll::Ready(ended) = this.connection.as_mut().poll(cx) {
                return Poll::Ready(ended);
            }
            if !this.armed {
                if !this.activity.is_busy() {
                    return Poll::Pending;
                }
                // Short requests leave the timer running, and the next ones find it armed: it is set once an
                // interval, not once a request.
                let due = Instant::now() + this.interval;
                match &mut this.timer {
                    Some(timer) => timer.as_mut().reset(due),
                    None => this.timer = Some(Box::pin(sleep_until(due))),
                }
                this.armed = true;
            }
            let fired = this.timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready());
            if !fired {
                return Poll::Pending;
            }
            this.armed = false;
            if !this.activity.is_busy() {
                return Poll::Pending;
            }
            this.activity.ask_for_peer();
        }
    }
}

/// Writes an error with its sources.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
