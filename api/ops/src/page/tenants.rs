//! Who has a server of their own behind the one whose page it is.

use std::sync::Arc;

use serde::Serialize;

/// A tenant, as the page lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TenantLine {
    /// What it is called.
    pub name: String,
    /// Callers as records name them, and their groups.
    pub members: Vec<String>,
    /// Whether its server answers.
    pub up: bool,
}

/// Tells of the tenants as they are.
pub(super) type Lines = Arc<dyn Fn() -> Vec<TenantLine> + Send + Sync>;

/// There are none.
pub(super) fn none() -> Lines {
    Arc::new(Vec::new)
}
