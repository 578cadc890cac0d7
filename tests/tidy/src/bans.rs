//! Calls and attributes that the house does without.

use std::collections::BTreeMap;

use crate::facts::Token;
use crate::finding::Finding;
use crate::source::lines_with;
use crate::tree::Tree;

/// Token sequences that no source of the product holds, and why.
const BANNED: &[(&[&str], &str)] = &[
    (&[".", "unwrap", "(", ")"], "unwrap: name the invariant with `expect`, or return the error"),
    (&["#", "[", "allow", "("], "allow: use `#[expect(lint, reason = \"...\")]`"),
    (&["#", "!", "[", "allow", "("], "allow: use `#[expect(lint, reason = \"...\")]`"),
];

/// Ways to read a variable. Handing the whole environment on is another thing.
const ENVIRONMENT: &[&[&str]] =
    &[&["env", ":", ":", "var", "("], &["env", ":", ":", "var_os", "("]];

/// Reads the environment without being a binary or a test: a bug that is planted in a build for tests has to reach
/// whatever process a suite starts. It is compiled there alone.
const PLANTED: &str = "journal/log/src/planted.rs";

/// Finds banned calls, front pages that export everything, and reads of the environment outside one file.
pub fn bans(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut readers: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
    for package in &tree.packages {
        for source in &package.sources {
            let tokens = source.product_tokens();
            for (pattern, why) in BANNED {
                findings.extend(at_each(&tokens, pattern, &source.path, why));
            }
            if source.local == "src/lib.rs" {
                let glob = [":", ":", "*", ";"];
                findings.extend(at_each(
                    &tokens,
                    &glob,
                    &source.path,
                    "export by name, not by `*`",
                ));
            }
            let reads: Vec<Finding> = ENVIRONMENT
                .iter()
                .flat_map(|way| at_each(&tokens, way, &source.path, "the environment is read here"))
                .collect();
            if source.path == PLANTED {
                continue;
            }
            if !reads.is_empty() && reads_environment(&package.name) {
                readers.entry(&package.name).or_default().push(reads[0].clone());
            } else {
                findings.extend(reads);
            }
        }
    }
    findings.extend(readers.into_values().filter(|places| places.len() > 1).flatten().map(
        |mut place| {
            place.what.push_str(", and in another file too; one file of a package may");
            place
        },
    ));
    findings
}

/// Configuration is read by the binary; tests are told by variables where the things under test are.
fn reads_environment(package: &str) -> bool {
    package.starts_with("ops-") || package.starts_with("tests-")
}

fn at_each(tokens: &[&Token], pattern: &[&str], path: &str, why: &str) -> Vec<Finding> {
    lines_with(tokens, pattern).into_iter().map(|line| Finding::at(path, line, why)).collect()
}

#[cfg(test)]
mod tests;
