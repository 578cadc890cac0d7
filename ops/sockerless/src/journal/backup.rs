//! `sockerless journal backup` and `sockerless journal restore`.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use api_ops::CopyAsked;
use journal_rocks::{Options, RocksJournal};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    draft::{self, Draft},
    folded::{Folded, folded},
};
use crate::{
    cli::{BackupArguments, RestoreArguments},
    control,
    exit::{self, Coded},
    serve::{self, Beginning, Offline},
    settings,
    version::VERSION,
};

/// The name of what says what a backup is.
const MANIFEST: &str = "backup.json";

/// How often a long copy tells how far it is.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Bytes after which a restore tells how far it is: about a second of a disk.
const TELL_BYTES: u64 = 256 << 20;

/// What a backup is, and every file of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: String,
    first: u64,
    seq: u64,
    record_hash: String,
    state_hash: String,
    files: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: PathBuf,
    bytes: u64,
    sha256: String,
}

/// Copies the log as it is at one moment, checks the copy, and says what it is.
pub(super) fn backup(arguments: &BackupArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data.clone())?;
    let draft = Draft::begin(&arguments.to)?;
    match fill(&data, draft.path()) {
        Ok(manifest) => {
            draft.finish()?;
            print(&manifest);
            Ok(())
        }
        Err(error) => {
            draft.abandon();
            Err(error)
        }
    }
}

/// Makes a data directory of a backup.
pub(super) fn restore(arguments: &RestoreArguments) -> anyhow::Result<()> {
    let manifest = checked(&arguments.from)?;
    let draft = Draft::begin(&arguments.data)?;
    match unpack(&arguments.from, &manifest, draft.path()) {
        Ok(()) => {
            draft.finish()?;
            print(&manifest);
            Ok(())
        }
        Err(error) => {
            draft.abandon();
            Err(error)
        }
    }
}

fn fill(data: &Path, to: &Path) -> anyhow::Result<Manifest> {
    let all = draft::bytes(&data.join(serve::JOURNAL).join("db"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut every = tokio::time::interval(TELL_EVERY);
        every.tick().await;
        let copying = copy(data, to);
        tokio::pin!(copying);
        loop {
            tokio::select! {
                copied = &mut copying => return copied,
                _ = every.tick() => tell(draft::bytes(to), all),
            }
        }
    })?;
    let Folded { tail, first, state } = folded(to)?;
    let mut files = Vec::new();
    for name in draft::files(to)? {
        let (bytes, sha256) = digest(&to.join(&name))?;
        files.push(Entry { name, bytes, sha256 });
    }
    let manifest = Manifest {
        version: VERSION.into(),
        first,
        seq: tail.seq.get(),
        record_hash: tail.hash.to_string(),
        state_hash: state,
        files,
    };
    let file = File::create(to.join(MANIFEST))?;
    serde_json::to_writer_pretty(&file, &manifest)?;
    file.sync_all()?;
    Ok(manifest)
}

/// Has the running server copy its log, or copies it as its owner where there is none.
async fn copy(data: &Path, to: &Path) -> anyhow::Result<()> {
    let asked = serde_json::to_value(CopyAsked { to: to.to_owned() })?;
    if control::ask(data, "/journal/copy", &asked).await?.is_some() {
        return Ok(());
    }
    let (data, to) = (data.to_owned(), to.to_owned());
    let copied = tokio::task::spawn_blocking(move || {
        let journal = data.join(serve::JOURNAL);
        if !journal.exists() {
            bail!("there is no log in {}", data.display());
        }
        let (owned, _) =
            RocksJournal::open(&journal, &Options::default()).map_err(serve::open_error)?;
        serve::copy(&owned.upkeep(), &data, &to)
    });
    copied.await?
}

/// Reads what a backup says of itself, and checks that every file is as it says.
fn checked(from: &Path) -> anyhow::Result<Manifest> {
    let path = from.join(MANIFEST);
    let text = fs::read_to_string(&path).with_context(|| {
        format!("{} is no backup: {} cannot be read", from.display(), path.display())
    })?;
    let manifest: Manifest = serde_json::from_str(&text)
        .with_context(|| format!("{} is not what a backup has", path.display()))?;
    for entry in &manifest.files {
        let path = from.join(&entry.name);
        let found = digest(&path).with_context(|| format!("reading {}", path.display()))?;
        if found != (entry.bytes, entry.sha256.clone()) {
            let message = format!("{} is not what was backed up", path.display());
            return Err(Coded { code: exit::DAMAGED, message }.into());
        }
    }
    Ok(manifest)
}

fn unpack(from: &Path, manifest: &Manifest, to: &Path) -> anyhow::Result<()> {
    let all: u64 = manifest.files.iter().map(|entry| entry.bytes).sum();
    let mut copied = 0;
    for Entry { name, bytes, .. } in &manifest.files {
        let target = to.join(name);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(from.join(name), &target)
            .with_context(|| format!("copying {}", name.display()))?;
        File::open(&target)?.sync_all()?;
        copied += bytes;
        if copied / TELL_BYTES > (copied - bytes) / TELL_BYTES {
            tell(copied, all);
        }
    }
    let found = folded(to)?;
    let is_same = found.tail.seq.get() == manifest.seq && found.state == manifest.state_hash;
    if !is_same {
        let message = format!(
            "the copy comes to record {} and state {}, not to record {} and state {}",
            found.tail.seq, found.state, manifest.seq, manifest.state_hash
        );
        return Err(Coded { code: exit::DAMAGED, message }.into());
    }
    let told = vec![format!(
        "restored from a backup of record {} with state {}",
        manifest.seq, manifest.state_hash
    )];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // The witness is made anew, and the first record of the new opening tells where the log comes from.
    let begun = Offline::open(to, Beginning { has_no_witness: true, told })?;
    runtime.block_on(begun.close());
    Ok(())
}

/// Gives a file's bytes and SHA-256.
fn digest(path: &Path) -> anyhow::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let bytes = io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok((bytes, hex::encode(hasher.finalize())))
}

#[expect(clippy::print_stdout, reason = "it is what was asked for")]
fn print(manifest: &Manifest) {
    println!("records {} to {}", manifest.first, manifest.seq);
    println!("head {} hash {}", manifest.seq, manifest.record_hash);
    println!("state {}", manifest.state_hash);
}

#[expect(clippy::print_stderr, reason = "progress of a long command")]
fn tell(copied: u64, all: u64) {
    eprintln!("{copied} of about {all} bytes copied");
}
