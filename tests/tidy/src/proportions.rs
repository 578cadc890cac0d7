//! Tests and stated invariants in proportion to the code.

use crate::finding::Finding;
use crate::source::lines_with;
use crate::tree::Tree;

/// Tests for a thousand lines of code: fewer leave behaviour unstated.
const TESTS_PER_THOUSAND_MIN: usize = 15;

/// `expect` calls for a thousand lines of code: more are errors that found no type.
const EXPECTS_PER_THOUSAND_MAX: usize = 3;

/// Finds a project with too few tests or too many `expect` calls.
pub fn proportions(tree: &Tree) -> Vec<Finding> {
    let mut code_lines = 0;
    let mut expects = 0;
    let mut tests = 0;
    for package in &tree.packages {
        for source in &package.sources {
            tests += source.text.lines().filter(|line| is_test(line.trim())).count();
            if package.is_test_package() {
                continue;
            }
            code_lines += source
                .product_lines()
                .map(|(_, line)| line.trim())
                .filter(|line| !line.is_empty() && !line.starts_with("//"))
                .count();
            let tokens = source.product_tokens();
            expects += lines_with(&tokens, &[".", "expect", "("]).len();
        }
    }
    let mut findings = Vec::new();
    if tests * 1000 < TESTS_PER_THOUSAND_MIN * code_lines {
        findings.push(Finding::of(
            "the project",
            format!("{tests} tests for {code_lines} lines of code; {TESTS_PER_THOUSAND_MIN} a thousand are wanted"),
        ));
    }
    if expects * 1000 > EXPECTS_PER_THOUSAND_MAX * code_lines {
        findings.push(Finding::of(
            "the project",
            format!("{expects} expects in {code_lines} lines of code; {EXPECTS_PER_THOUSAND_MAX} a thousand are the limit"),
        ));
    }
    findings
}

fn is_test(line: &str) -> bool {
    line.starts_with("#[test]") || line.starts_with("#[tokio::test")
}

#[cfg(test)]
mod tests;
