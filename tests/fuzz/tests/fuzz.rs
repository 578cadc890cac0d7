//! Every decoder bears whatever it is given. `SOCKERLESS_TEST_INPUTS` says how much that is.

use anyhow::{Result, ensure};
use tests_fuzz::{fuzz, inputs, seed, targets};

/// Inputs of a plain run for each target: some seconds in all.
const INPUTS: u64 = 4000;

#[test]
fn every_decoder_bears_changed_samples() -> Result<()> {
    let (count, seed) = (inputs(INPUTS)?, seed()?);
    let mut found = Vec::new();
    for target in targets() {
        let count = (count / target.one_in).max(1);
        match fuzz(&target, seed, count) {
            Ok(taken) => println!(
                "{{\"suite\":\"fuzz-{}\",\"seed\":{seed},\"tried\":{count},\"lost\":0,\"taken_as_good\":{taken}}}",
                target.name
            ),
            Err(it) => {
                let bytes: String = it.input.iter().map(|byte| format!("{byte:02x}")).collect();
                found.push(format!("{}: {}, seed {seed}: {bytes}", it.target, it.what));
            }
        }
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

#[test]
fn every_sample_is_taken_as_it_is() {
    for target in targets() {
        assert!(!target.samples.is_empty(), "{}", target.name);
        let taken = target.samples.iter().filter(|sample| (target.run)(sample)).count();
        let are_all = taken == target.samples.len();
        assert!(are_all, "{}: {taken} of {}", target.name, target.samples.len());
    }
}
