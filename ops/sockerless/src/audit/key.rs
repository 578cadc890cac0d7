//! The key that signs checkpoints: a file that only its owner can read.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use journal_audit::SigningKey;

use crate::exit::{self, Coded};

/// The key's name in the data directory, where no other file is named.
const FILE: &str = "audit.key";

/// Bits of a mode that let others than the owner in.
const OTHERS: u32 = 0o077;

/// Gives the key's place.
pub(crate) fn path(data: &Path, chosen: Option<PathBuf>) -> PathBuf {
    chosen.unwrap_or_else(|| data.join(FILE))
}

/// Reads the key of the log in `data`; the first start makes it, named after the journal.
pub(crate) fn load_or_make(
    data: &Path,
    chosen: Option<PathBuf>,
    cluster: [u8; 16],
) -> anyhow::Result<SigningKey> {
    let path = path(data, chosen);
    if !path.exists() {
        make(&path, cluster).with_context(|| format!("making the audit key {}", path.display()))?;
    }
    load(&path)
}

/// Reads a key.
pub(super) fn load(path: &Path) -> anyhow::Result<SigningKey> {
    let shown = path.display();
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "there is no audit key at {shown}: a server makes it at its first start, --audit-key FILE names another"
        ),
        text => text.with_context(|| format!("reading the audit key {shown}"))?,
    };
    let mode = fs::metadata(path).with_context(|| format!("looking at {shown}"))?;
    if mode.permissions().mode() & OTHERS != 0 {
        bail!("the audit key {shown} can be read by others: chmod 600 {shown}");
    }
    SigningKey::from_secret_text(&text).map_err(|error| {
        let way = "put a copy of it back, or move it away: a new one is made, and what this one signed stays good";
        Coded { code: exit::DAMAGED, message: format!("the audit key {shown} is damaged: {error}; {way}") }
            .into()
    })
}

fn make(path: &Path, cluster: [u8; 16]) -> anyhow::Result<()> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).context("no randomness")?;
    let key = SigningKey::new(&format!("sockerless/{}", hex::encode(cluster)), secret)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    // Whole and durable, or not there: a key that signed something must not be lost.
    let fresh = path.with_extension("fresh");
    let mut file =
        File::options().create(true).truncate(true).write(true).mode(0o600).open(&fresh)?;
    writeln!(file, "{}", key.secret_text())?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    File::open(folder)?.sync_all()?;
    Ok(())
}
