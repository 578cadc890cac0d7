//! The file that says who may do what: read again when it changes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use api_access::{Reread, stamp};
use api_docker::PolicySource;
use api_policy::Policy;

use crate::exit;

/// Reads a policy, which has to be good, and gives what it says whenever it is asked.
///
/// One that is changed and cannot be used leaves in force what was good before, and that is told in the server's log.
pub(super) fn source(path: PathBuf) -> anyhow::Result<PolicySource> {
    let policy = Reread::new(stamp(&path), Arc::new(read(&path)?));
    Ok(Arc::new(move || {
        policy.at(stamp(&path), |before| match read(&path) {
            Ok(policy) => {
                tracing::info!(path = %path.display(), "the policy was read again");
                Arc::new(policy)
            }
            Err(error) => {
                let error = exit::chain(error.as_ref());
                tracing::error!(
                    error,
                    "the policy was changed and cannot be used: what was good before stays"
                );
                before
            }
        })
    }))
}

fn read(path: &Path) -> anyhow::Result<Policy> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("reading the policy {shown}"))?;
    Policy::from_toml(&text).with_context(|| format!("{shown} is no policy"))
}
