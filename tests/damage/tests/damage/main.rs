//! Every damage ends in a repair or in a refusal by name.
//!
//! `SOCKERLESS_TEST_DAMAGES` says how many, `SOCKERLESS_TEST_SEED` repeats their draws. Where one goes wrong the
//! golden directories are kept, for their bytes are not the same in another run.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use tests_damage::{Golden, Kind, Run, damages, fast_folder, make, run, seed};

/// Trials of a plain run: some seconds.
const DAMAGES: u64 = 600;

/// A witness that has everything, and one that has the newest records only.
const WITNESSES: [u64; 2] = [2 << 20, 64 << 10];

fn goldens(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut goldens = Vec::new();
    for (number, witness_bytes) in WITNESSES.into_iter().enumerate() {
        let golden = folder.join(format!("golden-{number}"));
        make(&golden, witness_bytes)?;
        goldens.push(golden);
    }
    Ok(goldens)
}

#[test]
fn every_damage_is_repaired_or_refused_by_name() -> Result<()> {
    let (count, seed) = (damages(DAMAGES)?, seed()?);
    let folder = tempfile::tempdir_in(fast_folder())?;
    let goldens = goldens(folder.path())?;
    let child = env!("CARGO_BIN_EXE_damage-child").into();
    let totals = run(&Run { child, goldens, seed, count })?;
    for kind in Kind::ALL {
        println!("{}", totals.line(kind, seed));
    }
    if totals.bad.is_empty() {
        return Ok(());
    }
    let kept = folder.keep();
    ensure!(totals.bad.is_empty(), "kept in {}:\n{}", kept.display(), totals.bad.join("\n"));
    Ok(())
}

#[test]
fn the_golden_directory_has_several_of_each_kind_of_file() -> Result<()> {
    let folder = tempfile::tempdir_in(fast_folder())?;
    for golden in goldens(folder.path())? {
        let files = Golden::read(&golden)?.files()?;
        let count = |ending: &str| {
            files.iter().filter(|file| file.to_string_lossy().ends_with(ending)).count()
        };
        for (ending, least) in [(".sst", 3), (".log", 1), (".zst", 2), (".json", 2)] {
            assert!(count(ending) >= least, "{} of {ending}: {files:?}", count(ending));
        }
    }
    Ok(())
}
