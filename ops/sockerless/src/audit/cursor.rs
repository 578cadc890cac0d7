//! A file that says where to go on: the number of the next record, written whole and synced, or not at all.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// Reads where to go on; nothing where there is no file yet.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<u64>> {
    let shown = path.display();
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        text => {
            let text = text.with_context(|| format!("reading the cursor {shown}"))?;
            let next = text.trim().parse();
            next.map(Some).with_context(|| format!("{shown} is not a cursor: it has no number"))
        }
    }
}

/// Notes where to go on.
pub(super) fn write(path: &Path, next: u64) -> anyhow::Result<()> {
    let put = || {
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".fresh");
        let fresh = PathBuf::from(fresh);
        let mut file = File::create(&fresh)?;
        writeln!(file, "{next}")?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    put().with_context(|| format!("writing the cursor {}", path.display()))
}
