//! Pools, as calls come by them: which one a new container is of, and how many calls each has turned away.
//!
//! A container's own label goes before the tenant's pool. Labels of images are not looked at: whoever builds an image
//! does not say where others' containers run.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use journal_domain::{ContainerOption, PoolName, Refusal};

use crate::{Addition, call::Call, error::ApiError};

/// How many calls full pools have turned away since the server began; a clone is the same count.
#[derive(Debug, Clone, Default)]
pub struct PoolRefusals(Arc<Mutex<BTreeMap<PoolName, u64>>>);

// === impl PoolRefusals ===

impl PoolRefusals {
    /// Gives the count of one pool.
    pub fn of(&self, pool: &PoolName) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(pool).copied().unwrap_or_default()
    }

    /// Counts a refusal, if it is that of a full pool.
    pub(crate) fn count(&self, refusal: &Refusal) {
        if let Refusal::PoolFull { pool, .. } = refusal {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(pool.clone()).or_default() += 1;
        }
    }
}

/// Gives the pool of a container that a call asks for: what its label says, or that of who calls.
pub(crate) fn asked(
    call: &Call,
    labels: &BTreeMap<String, String>,
) -> Result<Option<ContainerOption>, ApiError> {
    if let Some(label) = labels.get(PoolName::LABEL) {
        let name = label.parse().map_err(|text: String| ApiError::invalid(text))?;
        return Ok(Some(ContainerOption::Pool(name)));
    }
    // What a pod's containers share is held by a program that does nothing.
    if matches!(call.addition(), Some(Addition::WithPod(_))) {
        return Ok(None);
    }
    let world = call.world();
    if world.state.pools().is_empty() {
        return Ok(None);
    }
    let names = call.names();
    let kept = world.state.pools().of_tenant(names.iter().map(String::as_str));
    Ok(kept.map(|kept| ContainerOption::Pool(kept.pool.name.clone())))
}
