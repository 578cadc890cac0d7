//! The parts of a program.

use std::rc::Rc;

use sandbox_world::pattern::Pattern;

use super::value::Value;

/// Where a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Global(usize),
    Local(usize),
}

/// Variables with a meaning of their own, by their places among the global ones.
pub(super) const SPECIAL: [&str; 16] = [
    "NF", "NR", "FNR", "FS", "OFS", "ORS", "RS", "FILENAME", "SUBSEP", "RSTART", "RLENGTH",
    "CONVFMT", "OFMT", "ENVIRON", "ARGC", "ARGV",
];
pub(super) const NF: usize = 0;
pub(super) const NR: usize = 1;
pub(super) const FNR: usize = 2;
pub(super) const FS: usize = 3;
pub(super) const OFS: usize = 4;
pub(super) const ORS: usize = 5;
pub(super) const RS: usize = 6;
pub(super) const FILENAME: usize = 7;
pub(super) const SUBSEP: usize = 8;
pub(super) const RSTART: usize = 9;
pub(super) const RLENGTH: usize = 10;
pub(super) const CONVFMT: usize = 11;
pub(super) const OFMT: usize = 12;
pub(super) const ENVIRON: usize = 13;
pub(super) const ARGC: usize = 14;
pub(super) const ARGV: usize = 15;

/// Where `getline` reads.
pub(super) enum Source {
    Main,
    File(Box<Expr>),
    Command(Box<Expr>),
}

/// An expression.
pub(super) enum Expr {
    Constant(Value),
    Regex(Rc<Pattern>),
    Variable(Slot),
    Field(Box<Self>),
    Element(Slot, Vec<Self>),
    /// `=` has no operator.
    Assign(Option<u8>, Box<Self>, Box<Self>),
    Condition(Box<Self>, Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    In(Vec<Self>, Slot),
    Match(bool, Box<Self>, Box<Self>),
    Compare(&'static str, Box<Self>, Box<Self>),
    Concat(Box<Self>, Box<Self>),
    Arithmetic(u8, Box<Self>, Box<Self>),
    Negate(Box<Self>),
    Plus(Box<Self>),
    Not(Box<Self>),
    /// What is added, and whether the value is the one before.
    Step(f64, bool, Box<Self>),
    Call(usize, Vec<Self>),
    Builtin(&'static str, Vec<Self>),
    Getline(Option<Box<Self>>, Source),
    /// Several in brackets, for `in` and `print`.
    List(Vec<Self>),
}

/// Where `print` writes.
pub(super) enum Target {
    File(Expr),
    Append(Expr),
    Command(Expr),
}

/// A statement.
pub(super) enum Statement {
    Expr(Expr),
    Print(Vec<Expr>, Option<Target>),
    Printf(Vec<Expr>, Option<Target>),
    If(Expr, Box<Self>, Option<Box<Self>>),
    While(Expr, Box<Self>),
    Do(Box<Self>, Expr),
    For(Option<Box<Self>>, Option<Expr>, Option<Box<Self>>, Box<Self>),
    ForIn(Slot, Slot, Box<Self>),
    Block(Vec<Self>),
    Next,
    NextFile,
    Exit(Option<Expr>),
    Return(Option<Expr>),
    Break,
    Continue,
    Delete(Slot, Option<Vec<Expr>>),
}

/// When an action is taken.
pub(super) enum When {
    Always,
    Holds(Expr),
    /// From one to the other; the index tells the ranges apart.
    Range(Expr, Expr, usize),
}

/// A function.
#[derive(Default)]
pub(super) struct Function {
    pub(super) parameters: usize,
    pub(super) body: Vec<Statement>,
}

/// A program.
#[derive(Default)]
pub(super) struct Program {
    pub(super) begin: Vec<Vec<Statement>>,
    pub(super) rules: Vec<(When, Option<Vec<Statement>>)>,
    pub(super) end: Vec<Vec<Statement>>,
    pub(super) functions: Vec<Function>,
    pub(super) globals: Vec<String>,
    pub(super) ranges: usize,
}
