//! `damage-child GOLDEN FOLDER SEED FROM COUNT`: trials in FOLDER one after the other, a line for each.

use std::path::Path;

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [golden, folder, numbers @ ..] = arguments.as_slice() else {
        anyhow::bail!("usage: damage-child GOLDEN FOLDER SEED FROM COUNT")
    };
    let numbers: Vec<u64> = numbers.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let [seed, from, count] = numbers[..] else { anyhow::bail!("three numbers are needed") };
    tests_damage::serve(Path::new(golden), Path::new(folder), seed, from..from + count)
        .with_context(|| format!("trials of {golden}"))
}
