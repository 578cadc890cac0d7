//! The task that owns the connection to one shim: calls out, answers and news in, in the order of the socket.
//!
//! It ends with the shim, or quietly with the server, which leaves the container as it is. It never holds what
//! leads to its own handle, so that dropping the backend ends it.

mod ends;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    os::fd::OwnedFd,
    sync::Arc,
};

use backends_core::{Names, Observation, ObservationSender, RunId, StartError};
use journal_domain::ExecId;
use sandbox_shim::{
    Call, CallError, ExitRecord, FromShim, Notice, ReceiveError, Reply, Request, RunDir, SendError,
};
use tokio::{
    io::{Interest, Ready},
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until},
};

use super::{Life, ORDERS_MAX, Order, RunHandle};
use crate::{
    bridge::PublishedPorts,
    connection::{Connection, HELLO_CALL},
    exec_io::ExecStreams,
    host::Host,
    layout::Layout,
    probe::Probes,
    record,
    registry::Slot,
    shim::ShimProcess,
};

/// Reported ends of execs that a shim keeps at most, for its memory's sake; older ones are forgotten early.
const EXECS_KEPT_MAX: usize = 256;

/// What holders share with the rest of the backend.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) host: Host,
    pub(crate) layout: Layout,
    pub(crate) observations: ObservationSender,
    pub(crate) streams: Arc<ExecStreams>,
    pub(crate) ports: Arc<PublishedPorts>,
    pub(crate) probes: Probes,
    /// What knows the names of containers, once it was handed over.
    pub(crate) names: std::sync::Mutex<Option<Arc<dyn Names>>>,
}

/// The owner of one connection.
#[derive(Debug)]
pub(crate) struct Holder {
    run: RunId,
    dir: RunDir,
    around: Arc<Surroundings>,
    grown: watch::Sender<u64>,
    connection: Connection,
    process: ShimProcess,
    orders: mpsc::Receiver<Order>,
    life: watch::Sender<Life>,
    next_call: u64,
    waiting: HashMap<u64, Waiting>,
    /// Execs that have started and whose end has not been reported.
    running: BTreeSet<ExecId>,
    /// Execs whose end was reported, with the time at which the shim may forget them.
    ended: VecDeque<(Instant, ExecId)>,
    reconnects: u32,
}

/// Who waits for an answer.
#[derive(Debug)]
struct Waiting {
    starts: Option<ExecId>,
    answer: oneshot::Sender<Result<Vec<OwnedFd>, CallError>>,
}

/// Why the holder stopped serving.
enum Stop {
    /// Nobody holds the run's handle any more.
    ServerEnds,
    /// The container has ended.
    Exited(Box<ExitRecord>),
    /// The connection is gone.
    Closed,
}

/// What a turn of the loop begins with.
enum Turn {
    Socket { ready: Ready },
    Output,
    Order(Option<Order>),
    Forget,
    Broken,
}

// === impl Holder ===

impl Holder {
    /// Takes over a connection. Nothing is read from it before [`Self::hold`] runs.
    pub(crate) fn new(
        run: RunId,
        slot: &Slot,
        around: &Arc<Surroundings>,
        connection: Connection,
        process: ShimProcess,
    ) -> (Self, RunHandle) {
        let (order_sender, orders) = mpsc::channel(ORDERS_MAX);
        let (life, life_receiver) = watch::channel(Life::Runs);
        let start = &connection.state.start;
        let handle = RunHandle {
            run,
            pid: start.pid,
            shim_pid: start.shim_pid,
            started_at: record::timestamp(start.started_at_nanos),
            ports: record::bound_ports(&start.ports),
            orders: order_sender,
            life: life_receiver,
            writers: std::sync::Mutex::default(),
            names: std::sync::atomic::AtomicBool::default(),
        };
        let holder = Self {
            run,
            dir: around.layout.run(run),
            around: Arc::clone(around),
            grown: slot.grown.clone(),
            connection,
            process,
            orders,
            life,
            next_call: HELLO_CALL + 1,
            waiting: HashMap::new(),
            running: BTreeSet::new(),
            ended: VecDeque::new(),
            reconnects: 0,
        };
        (holder, handle)
    }

    /// Serves the run until it ends, and reports its end.
    pub(crate) async fn hold(mut self) {
        self.learn_execs();
        // The shim tells of output from its greeting on; there may be some from before.
        self.output_grew();
        loop {
            match self.serve().await {
                Stop::ServerEnds => return,
                Stop::Exited(record) => {
                    self.life.send_replace(Life::Ends);
                    self.around.ports.withdraw(self.run).await;
                    self.report_exit(&record).await;
                    self.sync_output();
                    break;
                }
                Stop::Closed if self.reconnect().await => {}
                Stop::Closed => {
                    self.process.gone().await;
                    self.life.send_replace(Life::Ends);
                    self.around.ports.withdraw(self.run).await;
                    self.report_unseen_end().await;
                    break;
                }
            }
        }
        self.orders.close();
        self.waiting.clear();
        self.process.gone().await;
        self.life.send_replace(Life::Gone);
    }

    async fn serve(&mut self) -> Stop {
        while let Some(notice) = self.connection.early.pop_front() {
            if let Some(stop) = self.take_notice(notice).await {
                return stop;
            }
        }
        // What came together with the greeting's answer has been read from the socket already.
        if let Some(stop) = self.receive().await {
            return stop;
        }
        loop {
            match self.turn().await {
                Turn::Socket { ready } => {
                    if ready.is_writable() && self.connection.channel.get_mut().flush().is_err() {
                        return Stop::Closed;
                    }
                    if ready.is_readable()
                        && let Some(stop) = self.receive().await
                    {
                        return stop;
                    }
                }
                Turn::Output => self.output_grew(),
                Turn::Order(Some(order)) => {
                    if let Some(stop) = self.take_order(order).await {
                        return stop;
                    }
                }
                Turn::Order(None) => return Stop::ServerEnds,
                Turn::Forget => {
                    if !self.forget_one() {
                        return Stop::Closed;
                    }
                }
                Turn::Broken => return Stop::Closed,
            }
        }
    }

    /// Waits for something to do.
    async fn turn(&mut self) -> Turn {
        let due = self.ended.front().map(|(at, _)| *at);
        let crowded = self.ended.len() > EXECS_KEPT_MAX;
        let forget = async {
            match due {
                _ if crowded => {}
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let channel = &mut self.connection.channel;
        let wants_write = channel.get_ref().wants_write();
        let interest =
            if wants_write { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        tokio::select! {
            ready = channel.ready_mut(interest) => match ready {
                Ok(mut guard) => {
                    let ready = guard.ready();
                    // Everything that is there is taken in this turn, so the next one waits for more.
                    guard.clear_ready();
                    Turn::Socket { ready }
                }
                Err(_) => Turn::Broken,
            },
            ready = self.connection.output.readable_mut() => match ready {
                Ok(mut guard) => {
                    let mut count = [0; 8];
                    // A counter that was zero all the same tells nothing new and is no error.
                    let _ = rustix::io::read(guard.get_inner(), &mut count);
                    guard.clear_ready();
                    Turn::Output
                }
                Err(_) => Turn::Broken,
            },
            order = self.orders.recv() => Turn::Order(order),
            () = forget => Turn::Forget,
        }
    }

    /// Takes every message that is there.
    async fn receive(&mut self) -> Option<Stop> {
        loop {
            let message = match self.connection.channel.get_mut().receive() {
                Err(ReceiveError::WouldBlock) => return None,
                Err(ReceiveError::Closed) => return Some(Stop::Closed),
                Err(error) => {
                    tracing::error!(run = %self.run, %error, "a shim cannot be understood");
                    return Some(Stop::Closed);
                }
                Ok(message) => message,
            };
            match message {
                (FromShim::Reply { id, result }, fds) => self.take_reply(id, result, fds).await,
                (FromShim::Notice(notice), _) => {
                    if let Some(stop) = self.take_notice(notice).await {
                        return Some(stop);
                    }
                }
            }
        }
    }

    async fn take_reply(
        &mut self,
        id: u64,
        result: Result<Reply, CallError>,
        mut fds: Vec<OwnedFd>,
    ) {
        let Some(waiting) = self.waiting.remove(&id) else { return };
        // An exec's start is reported here, so that its end cannot overtake it.
        if let Some(exec) = waiting.starts {
            match &result {
                Ok(Reply::ExecStarted { pid }) => {
                    self.running.insert(exec);
                    // Who hears of the start may ask for the terminal at once.
                    if let Some(terminal) = fds.pop() {
                        self.around.streams.keep_terminal(exec, terminal);
                    }
                    self.report(Observation::ExecStarted { exec, pid: *pid }).await;
                }
                Ok(Reply::Done | Reply::State(_)) => {}
                Err(error) => {
                    let error = exec_error(error);
                    self.report(Observation::ExecStartFailed { exec, error }).await;
                }
            }
        }
        // A caller that went away does not want it any more.
        let _ = waiting.answer.send(result.map(|_| fds));
    }

    async fn take_notice(&mut self, notice: Notice) -> Option<Stop> {
        match notice {
            Notice::ExecExit(exit) => {
                self.report_exec_exit(&exit).await;
                None
            }
            Notice::Exit(record) => Some(Stop::Exited(record)),
        }
    }

    fn output_grew(&self) {
        self.grown.send_modify(|count| *count += 1);
    }

    async fn take_order(&mut self, order: Order) -> Option<Stop> {
        let id = self.next_call;
        self.waiting.insert(id, Waiting { starts: order.starts, answer: order.answer });
        match self.send(order.request, order.fds) {
            Ok(()) => None,
            // What cannot be sent at all is answered in the shim's place; the connection is none the worse for it.
            Err(SendError::Frame(error)) => {
                let (what, reason) = ("sending".to_owned(), error.to_string());
                self.take_reply(id, Err(CallError::System { what, reason }), Vec::new()).await;
                None
            }
            Err(error @ (SendError::Lagging { .. } | SendError::Socket(_))) => {
                tracing::warn!(run = %self.run, %error, "a shim does not take calls");
                Some(Stop::Closed)
            }
        }
    }

    fn send(&mut self, request: Request, fds: Vec<OwnedFd>) -> Result<(), SendError> {
        let call = Call { id: self.next_call, request };
        self.next_call += 1;
        self.connection.channel.get_mut().send(&call, fds)
    }

    fn forget_one(&mut self) -> bool {
        let Some((_, exec)) = self.ended.pop_front() else { return true };
        self.send(Request::ExecForget { exec_id: exec.to_string() }, Vec::new()).is_ok()
    }
}

/// Gives why an exec did not start, in Docker's words where it has some.
pub(crate) fn exec_error(error: &CallError) -> StartError {
    match error {
        CallError::Start(failure) => {
            StartError { exit_code: failure.code.into(), message: failure.docker_text() }
        }
        CallError::Version { .. }
        | CallError::NotRunning
        | CallError::Paused
        | CallError::NoSuchExec { .. }
        | CallError::NoTerminal
        | CallError::NoStdin
        | CallError::Descriptors { .. }
        | CallError::TooManyExecs { .. }
        | CallError::System { .. } => StartError { exit_code: 128, message: error.to_string() },
    }
}
