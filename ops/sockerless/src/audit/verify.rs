//! `sockerless audit verify`.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::Path,
};

use anyhow::Context as _;
use api_ops::Words;
use journal_audit::{
    Checkpoint, SignedCheckpoint, VerifyError, VerifyOptions, VerifyingKey, verify as verify_export,
};

use super::arguments::VerifyArguments;
use crate::exit::{self, Coded};

/// Bytes that are read at once; a line has some kilobytes.
const READ_BYTES: usize = 256 << 10;

/// What is said where the export's own signature is the only one.
const UNSEALED: &str = "\
WARNING: no signature from before the export was checked, for no seal is among these records and no checkpoint was given.
The chain is whole, and the checkpoint that was signed for the export fits it. Whether the log was changed before, and its
chain made anew, cannot be seen.
A server seals its log after so many records, or some time after the first new one (audit-seal-records, audit-seal-seconds);
`sockerless audit checkpoint` signs what there is: keep what it prints elsewhere, and give it here with --checkpoint.
";

/// Verifies an export; what is wrong with it is told with exit code 65.
#[expect(clippy::print_stdout, reason = "it is what was asked for")]
pub(super) fn verify(arguments: &VerifyArguments) -> anyhow::Result<()> {
    let key = &arguments.key.0;
    let given = arguments.checkpoint.iter().chain(&arguments.older);
    let checkpoints =
        given.map(|path| checkpoint(path, key)).collect::<anyhow::Result<Vec<_>>>()?;
    let count = checkpoints.len();
    let options = VerifyOptions { checkpoints };
    let verified = verify_export(open(&arguments.export)?, key, &Words, &options);
    let verified = verified.map_err(|error| match error {
        VerifyError::Read(error) => anyhow::Error::new(error).context("reading the export"),
        error @ (VerifyError::Bad { .. }
        | VerifyError::NoExport
        | VerifyError::Version { .. }
        | VerifyError::Checkpoint(_)
        | VerifyError::NotCovered { .. }) => {
            Coded { code: exit::DAMAGED, message: exit::chain(&error) }.into()
        }
    })?;
    // The export's own signature is as old as the export.
    let is_vouched_for = verified.seals > 0 || count > 0;
    println!("records {} to {} of {}", verified.from, verified.to, key.name());
    println!("root {}", verified.root);
    println!(
        "{} records, {} seals, {} proofs, {count} checkpoints from elsewhere: {}",
        verified.records,
        verified.seals,
        verified.proofs,
        if is_vouched_for {
            "all good"
        } else {
            "unchanged since the export, and no more than that"
        }
    );
    if !is_vouched_for {
        print!("{UNSEALED}");
    }
    if verified.is_part {
        println!("records were left out: that none of this part is missing cannot be proven");
        if verified.proofs < verified.records {
            println!(
                "records without a proof were not compared with the log: export with --proofs"
            );
        }
    }
    Ok(())
}

fn checkpoint(path: &Path, key: &VerifyingKey) -> anyhow::Result<Checkpoint> {
    let shown = path.display();
    let note = fs::read_to_string(path).with_context(|| format!("reading {shown}"))?;
    match SignedCheckpoint::open(&note, key) {
        Ok(signed) => Ok(signed.checkpoint),
        Err(error) => {
            let message = format!("{shown}: {}", exit::chain(&error));
            Err(Coded { code: exit::DAMAGED, message }.into())
        }
    }
}

fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::with_capacity(READ_BYTES, io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    Ok(Box::new(BufReader::with_capacity(READ_BYTES, file)))
}
