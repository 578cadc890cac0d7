//! What is wrong with a script's text.

/// A syntax error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where it was noticed.
    pub line: u32,
    /// Dash's words, without `Syntax error: `.
    pub message: String,
    /// The token that bash names, where it would name one.
    pub near: Option<String>,
    /// True when the text ended too early.
    pub end: bool,
}
