//! One Rust file: its role, its facts, and which of its lines belong to tests.

use crate::facts::{Facts, Function, Module, PublicItem, Token};

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Code that is built into a library or a binary.
    Product,
    /// Code that only tests build: under `tests/` or `benches/`, called `tests.rs`, or behind `#[cfg(test)]`.
    Test,
}

/// One Rust file of a package.
#[derive(Debug)]
pub struct Source {
    /// The path from the root of the repository.
    pub path: String,
    /// The path inside the package, such as `src/lib.rs`.
    pub local: String,
    /// The text as it stands.
    pub text: String,
    /// What the file is for.
    pub role: Role,
    /// True where a root of the package leads to the file.
    pub is_reached: bool,
    facts: Facts,
}

impl Source {
    /// Parses a file that stands at `path` in the repository and at `local` in its package.
    pub fn parse(path: &str, local: &str, text: &str) -> Result<Self, syn::Error> {
        Ok(Self {
            path: path.to_owned(),
            local: local.to_owned(),
            text: text.to_owned(),
            role: role_of(local),
            is_reached: false,
            facts: Facts::of(text)?,
        })
    }

    /// True where the line, counted from 1, is part of the product.
    pub fn is_product_line(&self, line: usize) -> bool {
        self.role == Role::Product
            && !self.facts.test_lines.iter().any(|range| range.contains(&line))
    }

    /// The lines of the product with their numbers, from 1.
    pub fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
            .filter(|(number, _)| self.is_product_line(*number))
    }

    /// The tokens of the product, inside macros too; comments and the text of strings are not among them.
    pub(crate) fn product_tokens(&self) -> Vec<&Token> {
        self.facts.tokens.iter().filter(|token| self.is_product_line(token.line)).collect()
    }

    /// The functions of the product.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.facts.functions.iter().filter(|function| self.is_product_line(function.line))
    }

    /// The public items of the product.
    pub(crate) fn public_items(&self) -> impl Iterator<Item = &PublicItem> {
        self.facts.public_items.iter().filter(|item| self.is_product_line(item.line))
    }

    /// The modules at the top of the file.
    pub(crate) fn modules(&self) -> &[Module] {
        &self.facts.modules
    }
}

/// The lines on which `pattern` occurs in `tokens`.
pub(crate) fn lines_with(tokens: &[&Token], pattern: &[&str]) -> Vec<usize> {
    let is_here =
        |window: &&[&Token]| window.iter().zip(pattern).all(|(token, want)| token.text == *want);
    tokens.windows(pattern.len()).filter(is_here).map(|window| window[0].line).collect()
}

fn role_of(local: &str) -> Role {
    let mut folders = local.split('/');
    let file = folders.next_back().unwrap_or_default();
    let in_tests = folders.any(|folder| folder == "tests" || folder == "benches");
    if in_tests || file == "tests.rs" { Role::Test } else { Role::Product }
}
