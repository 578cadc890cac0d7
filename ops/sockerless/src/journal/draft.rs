//! A directory in the making: whole under its name, or not there.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::folder::sync;

/// A directory in the making, beside the place that it will have. Where it is dropped, it is gone.
pub(super) struct Draft {
    path: PathBuf,
    target: PathBuf,
    is_finished: bool,
}

// === impl Draft ===

impl Draft {
    /// Begins one for `target`, which has to be empty or missing; what an earlier try left is removed.
    pub(super) fn begin(target: &Path) -> anyhow::Result<Self> {
        let shown = target.display();
        match fs::read_dir(target) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    bail!("{shown} is not empty");
                }
            }
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("looking into {shown}"));
            }
            Err(_) => {}
        }
        let target = std::path::absolute(target)?;
        let Some(name) = target.file_name() else { bail!("{shown} has no name") };
        let mut partial = name.to_owned();
        partial.push(".partial");
        let path = target.with_file_name(partial);
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| format!("removing {}", path.display()))?;
        }
        fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
        let draft = Self { path, target, is_finished: false };
        fs::set_permissions(&draft.path, fs::Permissions::from_mode(0o700))?;
        Ok(draft)
    }

    /// Gives the place where it is made.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the place that it will have.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Gives it its name, durably.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        sync(&self.path)?;
        let shown = self.target.display();
        // An empty directory gives way to the whole one.
        fs::rename(&self.path, &self.target).with_context(|| format!("naming {shown}"))?;
        self.is_finished = true;
        self.target.parent().map_or(Ok(()), sync)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_finished {
            // Whoever gave up has a reason of its own to tell.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
