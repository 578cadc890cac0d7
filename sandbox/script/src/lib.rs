//! Shell scripts as text: read command by command into the tree that is run, and the small languages inside.
//!
//! The grammar is brush-parser's; the lexer, the words and the errors are those of dash and of bash. Beside the tree
//! there are arithmetic ([`arith`]), patterns ([`pattern`]) and backslash escapes ([`escapes`]).
//!
//! Nothing is run here, and no file is read.

pub mod arith;
pub mod escapes;
pub mod pattern;

mod syntax;

pub use syntax::{
    Aliases, AndOr, ArithText, Assign, AssignValue, CaseItem, CaseThen, Command, Compound, Cond,
    Function, Item, Joint, Lines, List, Param, ParamName, ParamOp, PatternWord, Piece, Pipeline,
    Reader, Redirect, RedirectKind, ReplaceWhere, Simple, Subscript, SyntaxError, Timed, Word,
    assignment_tilde, is_name, param_name, quoted_word, shown, subscript_of, word_of,
};
