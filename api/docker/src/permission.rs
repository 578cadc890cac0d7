//! Whether who asks may have it, by the policy.
//!
//! A change is asked about where it is decided, as the very command that is put on record. A read makes no command:
//! it is asked about by what its route tells of.

use std::sync::Arc;

use api_policy::{Reading, Rights};
use http::Method;
use projector_containers::Containers;
use projector_engine::Check;

use crate::{call::Call, error::ApiError, path::decoded};

// === impl Call ===

impl Call {
    /// Refuses a read that who asks may not have.
    pub(crate) fn check_read(&self, template: &str) -> Result<(), ApiError> {
        let Some(rights) = self.rights() else { return Ok(()) };
        // As the router takes it: segments with nothing in them are none.
        let mut segments = self.path().split('/').filter(|segment| !segment.is_empty());
        let name = segments.nth(1).map(decoded);
        let name = name.as_ref().map(|target| target.0.as_str());
        let is_get = [Method::GET, Method::HEAD].contains(self.method());
        let Some(reading) = Reading::of(is_get, template, name) else { return Ok(()) };
        Ok(rights.check_read(&self.world().state, reading)?)
    }

    /// Gives what is asked about a command of this call, where there is a policy.
    pub(crate) fn check(&self) -> Option<Check<Containers>> {
        let rights = self.rights()?;
        Some(Arc::new(move |state, command| rights.check(state, command)))
    }

    fn rights(&self) -> Option<Rights> {
        let policy = self.context().policy.as_ref()?();
        Some(policy.rights(&self.principal(), self.groups()))
    }
}
