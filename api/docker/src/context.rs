//! What every route needs.

use std::{fmt, sync::Arc};

use api_policy::Policy;
use backends_core::Backend;
use backends_images::{ImageStore, Registry};
use journal_keys::KeyStore;
use journal_reads::AccessLog;
use projector_containers::Containers;
use projector_engine::{Clock, Handle};

use crate::{Gate, PoolRefusals, ServerInfo};

/// Gives the policy as it is now.
pub type PolicySource = Arc<dyn Fn() -> Arc<Policy> + Send + Sync>;

/// The engine, the backend and what this server is; a clone costs a few counters.
#[derive(Clone)]
pub struct Context {
    /// Takes commands and shows the state.
    pub handle: Handle<Containers>,
    /// Moves the bytes of what runs. No route asks it to change anything.
    pub backend: Arc<dyn Backend>,
    /// Keeps what transfers bring, before the state refers to it.
    pub images: Arc<ImageStore>,
    /// Fetches from registries and sends to them.
    pub registry: Arc<Registry>,
    /// Seals values before they go on record, and opens them for who asks.
    pub keys: KeyStore,
    /// Where calls that change nothing are put down.
    pub reads: AccessLog,
    /// Tells the time: the engine's own.
    pub clock: Arc<dyn Clock>,
    /// Says what is taken at present.
    pub gate: Gate,
    /// What full pools have turned away.
    pub pool_refusals: PoolRefusals,
    /// Who may do what; everybody may do everything where there is none.
    pub policy: Option<PolicySource>,
    /// What this server is and runs on.
    pub server: Arc<ServerInfo>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("server", &self.server).finish_non_exhaustive()
    }
}
