//! Shell arithmetic: text to a tree once, and the tree to a number.
//!
//! Where the text holds no expansion, or only plain parameters, the tree is made when the script is read. A parameter whose
//! value is no plain number makes the whole text be expanded and parsed anew, for `$a*2` means its text.

mod eval;
mod parse;

pub use eval::{Scope, evaluate};
pub use parse::parse;

use std::sync::Arc;

use crate::syntax::{ArithText, Param, ParamName, ParamOp, Piece, Word};

/// An expression.
#[expect(missing_docs, reason = "they are named for what they are")]
#[derive(Debug, Clone)]
pub enum Expr {
    Number(i64),
    Variable(Box<[u8]>),
    /// An array's element: the text of its subscript, and that text as an expression.
    Element(Box<[u8]>, Box<[u8]>, Box<Self>),
    /// `$name` among the text.
    Param(Arc<Param>),
    Unary(Unary, Box<Self>),
    Binary(Binary, Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Choice(Box<Self>, Box<Self>, Box<Self>),
    /// An assignment, with its operator if it has one.
    Assign(Option<Binary>, Box<Self>, Box<Self>),
    /// `++` and `--`: by how much, and whether the old value counts.
    Step(i64, bool, Box<Self>),
}

/// An operator before its operand.
#[expect(missing_docs, reason = "they are named for what they are")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    Minus,
    Not,
    Complement,
}

/// An operator between its operands.
#[expect(missing_docs, reason = "they are named for what they are")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    Power,
    Multiply,
    Divide,
    Remainder,
    Add,
    Subtract,
    ShiftLeft,
    ShiftRight,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    BitAnd,
    BitXor,
    BitOr,
    Comma,
}

/// Why text is no arithmetic, in dash's or bash's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArithError {
    /// The words.
    pub message: String,
    /// What bash names as the token at fault.
    pub token: Option<Vec<u8>>,
}

/// Makes arithmetic of a word, parsed already if it can be.
pub fn text(word: Word, bash: bool) -> ArithText {
    let mut source = Vec::new();
    let mut params = Vec::new();
    for piece in &word.pieces {
        match piece {
            Piece::Text(text) | Piece::Quoted(text) => source.extend_from_slice(text),
            Piece::Param(param, _) if is_simple(param) => {
                params.push(Arc::clone(param));
                source.extend_from_slice(format!(" \u{1}{} ", params.len() - 1).as_bytes());
            }
            Piece::Tilde(_)
            | Piece::Param(..)
            | Piece::Command(..)
            | Piece::Arith(..)
            | Piece::Process(..) => return ArithText { text: word, parsed: None },
        }
    }
    // A subscript may be a key, which is text: its expansions come first.
    let keyed = !params.is_empty() && source.contains(&b'[');
    let parsed = if keyed { None } else { parse(&source, &params, bash).ok() };
    ArithText { text: word, parsed }
}

fn is_simple(param: &Param) -> bool {
    let named = match &param.name {
        ParamName::Var(_) | ParamName::Positional(_) => true,
        ParamName::Special(name) => matches!(name, b'#' | b'?'),
        ParamName::Element(..) | ParamName::All(..) => false,
    };
    named && !param.indirect && matches!(param.op, ParamOp::Get)
}

/// The number that text is, if it is a plain decimal one.
pub fn plain_number(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 || digits[0] == b'0' && digits.len() > 1 {
        return None;
    }
    let mut value = 0_i64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    Some(if negative { -value } else { value })
}
