//! Output of removed containers that somebody still reads: out of the way at once, deleted when the last reader is gone.

use std::{fs, io, path::PathBuf, sync::Arc};

use journal_domain::ContainerId;

use crate::{errors::chain, layout::Layout, registry::Slot, wipe::wipe};

/// Moves a container's output out of the way; `None` where there is none.
///
/// A reader holds the directory itself, so it goes on reading under the new name.
pub(crate) fn discard_log(layout: &Layout, container: ContainerId) -> io::Result<Option<PathBuf>> {
    let trash = layout.trash().join(container.to_string());
    // Ids are never used again, so what is there is of an earlier try.
    match fs::rename(layout.log(container), &trash) {
        Ok(()) => Ok(Some(trash)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(trash.exists().then_some(trash))
        }
        Err(error) => Err(error),
    }
}

/// Deletes discarded output once nobody reads it.
pub(crate) fn delete_unread(trash: PathBuf, slot: Arc<Slot>) {
    tokio::spawn(async move {
        slot.grown.closed().await;
        let deleted = tokio::task::spawn_blocking(move || wipe(&trash)).await;
        if let Ok(Err(error)) = deleted {
            tracing::warn!(
                error = chain(&error),
                "output of a removed container stays until the next start"
            );
        }
    });
}

/// Deletes all discarded output: at the start of a server nobody reads any.
pub(crate) fn empty_trash(layout: &Layout) {
    let emptied = fs::read_dir(layout.trash()).and_then(|entries| {
        for entry in entries {
            wipe(&entry?.path())?;
        }
        Ok(())
    });
    if let Err(error) = emptied {
        tracing::warn!(error = chain(&error), "output of removed containers stays");
    }
}
