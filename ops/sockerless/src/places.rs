//! Where a log is, and the keys that may be elsewhere.

use std::path::{Path, PathBuf};

use crate::{audit, journal::KeyArguments, settings::Settings};

/// The wrapping key's name in a backup.
pub(crate) const KEK: &str = "kek";

/// The signing key's name in a backup.
pub(crate) const AUDIT_KEY: &str = "audit.key";

/// Where the parts of one log are.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// The data directory.
    pub(crate) data: PathBuf,
    /// The key that wraps the keys of sealed values.
    pub(crate) kek: PathBuf,
    /// The key that signs the log.
    pub(crate) audit_key: PathBuf,
}

// === impl Places ===

impl Places {
    /// Gives the places of a server.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            data: settings.data.clone(),
            kek: settings.kek_file.clone(),
            audit_key: audit::key_path(&settings.data, settings.audit_key.clone()),
        }
    }

    /// Gives the places that a command was told, or the usual ones.
    pub(crate) fn told(data: &Path, keys: &KeyArguments) -> Self {
        Self {
            data: data.to_owned(),
            kek: keys.kek_file.clone().unwrap_or_else(|| journal_keys::beside(data)),
            audit_key: audit::key_path(data, keys.audit_key.clone()),
        }
    }
}
