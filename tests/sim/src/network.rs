//! What goes back and forth between a server and the provider.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use backends_core::{EffectError, Found, Observation};
use backends_reconcile::{Done, Step, StepKey, Stray};
use projector_containers::Containers;
use projector_engine::World;

/// A server that was started: its messages mean nothing to the next.
pub(crate) type Generation = u32;

/// What is asked of the provider.
#[derive(Debug)]
pub(crate) enum Request {
    /// A step of the plan; a start has a token, and a number for everything that it asks for.
    Step { step: Box<Step>, token: String, request: u64 },
    /// To end and remove what the log does not know.
    Stray(Stray),
    /// To tell everything that runs.
    List,
}

/// A request on its way.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) number: u64,
    pub(crate) generation: Generation,
    pub(crate) request: Rc<Request>,
}

/// What comes back.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Of a step: what became of it, and what a start has to report.
    Step(Result<Done, EffectError>, Option<Observation>),
    /// Of a stray.
    Stray,
    /// Of a list.
    List(Result<Vec<Found>, EffectError>),
}

/// What a server waits for.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) request: Rc<Request>,
    /// For a list, the state from before it.
    pub(crate) before: Option<Arc<World<Containers>>>,
}

/// Calls that a server waits for.
pub(crate) type InFlight = BTreeMap<u64, Waiting>;

// === impl Request ===

impl Request {
    /// Tells whether the server's own process does it, as the contract of `Backend` has it: nothing of it comes late or
    /// twice, and what has failed has left nothing.
    pub(crate) fn is_at_hand(&self) -> bool {
        let Self::Step { step, .. } = self else { return false };
        match **step {
            Step::MakeNetwork(_)
            | Step::RemoveNetwork(_)
            | Step::Wire(_)
            | Step::MakeVolume(_)
            | Step::RemoveVolume(_)
            | Step::DropUnreferenced(_) => true,
            Step::Start(_)
            | Step::Signal { .. }
            | Step::Resize { .. }
            | Step::Freeze { .. }
            | Step::Remove(_)
            | Step::StartExec(_)
            | Step::Update { .. }
            | Step::Probe { .. }
            | Step::ResizeExec { .. } => false,
        }
    }

    /// Gives what the request is about.
    pub(crate) fn key(&self) -> Option<StepKey> {
        match self {
            Self::Step { step, .. } => Some(step.key()),
            Self::Stray(stray) => Some(StepKey::Container(stray.container)),
            Self::List => None,
        }
    }
}
