//! `sockerless journal restore`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use super::{RestoreArguments, draft::Draft, folded::folded, manifest::Manifest};
use crate::{
    folder,
    places::{AUDIT_KEY, KEK, Places},
    serve::{Beginning, Offline},
};

/// Bytes after which a restore tells how far it is: about a second of a disk.
const TELL_BYTES: u64 = 256 << 20;

/// Makes a data directory of a backup.
pub(super) fn restore(arguments: &RestoreArguments) -> anyhow::Result<()> {
    let manifest = Manifest::checked(&arguments.from)?;
    let draft = Draft::begin(&arguments.data)?;
    let outside = outside(arguments, draft.target());
    for (name, path) in &outside {
        refuse_other(&arguments.from.join(name), path)?;
    }
    unpack(&arguments.from, &manifest, &outside, draft.path())?;
    for (name, path) in &outside {
        let kept = arguments.from.join(name);
        if kept.exists() {
            folder::copy_secret(&kept, path)?;
        }
    }
    draft.finish()?;
    manifest.print();
    Ok(())
}

/// Gives what of a backup does not go into the data directory, and where it goes.
fn outside(arguments: &RestoreArguments, data: &Path) -> Vec<(&'static str, PathBuf)> {
    let places = Places::told(data, &arguments.keys);
    let mut outside = vec![(KEK, places.kek)];
    if arguments.keys.audit_key.is_some() {
        outside.push((AUDIT_KEY, places.audit_key));
    }
    outside
}

/// Refuses to put a key in the place of another.
fn refuse_other(kept: &Path, path: &Path) -> anyhow::Result<()> {
    if !kept.exists() || !path.exists() {
        return Ok(());
    }
    let read = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
    if read(kept)? != read(path)? {
        bail!(
            "{} is another key than the backup's, and is not overwritten: move it away, or name another place with \
             --kek-file or --audit-key",
            path.display()
        );
    }
    Ok(())
}

fn unpack(
    from: &Path,
    manifest: &Manifest,
    outside: &[(&str, PathBuf)],
    to: &Path,
) -> anyhow::Result<()> {
    let all: u64 = manifest.files.iter().map(|entry| entry.bytes).sum();
    let mut copied = 0;
    for entry in &manifest.files {
        if outside.iter().any(|(name, _)| Path::new(name) == entry.name) {
            continue;
        }
        folder::copy_file(&from.join(&entry.name), &to.join(&entry.name))?;
        copied += entry.bytes;
        if copied / TELL_BYTES > (copied - entry.bytes) / TELL_BYTES {
            tell(copied, all);
        }
    }
    manifest.check(&folded(to)?)?;
    let told = vec![format!(
        "restored from a backup of record {} with state {}",
        manifest.seq, manifest.state_hash
    )];
    // The witness is made anew, and the first record of the new opening tells where the log comes from.
    let places = Places::told(to, &super::KeyArguments::default());
    let begun = Offline::open(places, Beginning { has_no_witness: true, told })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(begun.close());
    Ok(())
}

#[expect(clippy::print_stderr, reason = "progress of a long command")]
fn tell(copied: u64, all: u64) {
    eprintln!("{copied} of {all} bytes copied");
}
