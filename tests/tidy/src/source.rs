//! One Rust file: its role, its parsed form, and which of its lines belong to tests.

use std::ops::RangeInclusive;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;

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
    /// The parsed file.
    pub syntax: syn::File,
    /// What the file is for.
    pub role: Role,
    /// True where a root of the package leads to the file.
    pub is_reached: bool,
    test_lines: Vec<RangeInclusive<usize>>,
}

/// A token with its line, flattened: a group is its opening mark, its content and its closing mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Source {
    /// Parses a file that stands at `path` in the repository and at `local` in its package.
    pub fn parse(path: &str, local: &str, text: &str) -> Result<Self, syn::Error> {
        let syntax = syn::parse_file(text)?;
        let test_lines = syntax
            .items
            .iter()
            .filter(|item| attributes_of(item).is_some_and(is_test_only))
            .map(|item| item.span().start().line..=item.span().end().line)
            .collect();
        Ok(Self {
            path: path.to_owned(),
            local: local.to_owned(),
            text: text.to_owned(),
            syntax,
            role: role_of(local),
            is_reached: false,
            test_lines,
        })
    }

    /// True where the line, counted from 1, is part of the product.
    pub fn is_product_line(&self, line: usize) -> bool {
        self.role == Role::Product && !self.test_lines.iter().any(|range| range.contains(&line))
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
    pub(crate) fn product_tokens(&self) -> Vec<Token> {
        let mut tokens = Vec::new();
        if let Ok(stream) = self.text.parse::<TokenStream>() {
            flatten(stream, &mut tokens);
        }
        tokens.retain(|token| self.is_product_line(token.line));
        tokens
    }
}

/// The places where `pattern` occurs in `tokens`, as indices of its first token.
pub(crate) fn occurrences<'t>(
    tokens: &'t [Token],
    pattern: &'t [&'t str],
) -> impl Iterator<Item = usize> + 't {
    tokens.windows(pattern.len()).enumerate().filter_map(move |(index, window)| {
        window.iter().zip(pattern).all(|(token, want)| token.text == *want).then_some(index)
    })
}

/// True where an attribute is `#[cfg(test)]`.
pub(crate) fn is_test_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

fn role_of(local: &str) -> Role {
    let mut folders = local.split('/');
    let file = folders.next_back().unwrap_or_default();
    let in_tests = folders.any(|folder| folder == "tests" || folder == "benches");
    if in_tests || file == "tests.rs" { Role::Test } else { Role::Product }
}

fn attributes_of(item: &syn::Item) -> Option<&[syn::Attribute]> {
    if let syn::Item::Mod(module) = item {
        Some(&module.attrs)
    } else if let syn::Item::Fn(function) = item {
        Some(&function.attrs)
    } else {
        None
    }
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let push = |text: String, span: Span, tokens: &mut Vec<Token>| {
        tokens.push(Token { text, line: span.start().line });
    };
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                    proc_macro2::Delimiter::Brace => ("{", "}"),
                    proc_macro2::Delimiter::Bracket => ("[", "]"),
                    proc_macro2::Delimiter::None => ("", ""),
                };
                push(open.to_owned(), group.span_open(), tokens);
                flatten(group.stream(), tokens);
                push(close.to_owned(), group.span_close(), tokens);
            }
            TokenTree::Literal(literal) => push("\"\"".to_owned(), literal.span(), tokens),
            TokenTree::Ident(ident) => push(ident.to_string(), ident.span(), tokens),
            TokenTree::Punct(punct) => push(punct.to_string(), punct.span(), tokens),
        }
    }
}
