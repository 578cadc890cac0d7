//! The compact tree that is run: commands with their words parsed, once for each place in the script.
//!
//! It is made from brush-parser's tree by [`super::build`]; every part that another process of the shell may run is an
//! `Arc`, so that a fork shares the script.

use std::sync::Arc;

use crate::arith::Expr;
use crate::pattern::Pattern;

/// Commands one after the other.
#[derive(Debug, Default)]
pub struct List {
    pub items: Vec<Item>,
}

/// One and-or list, waited for or not.
#[derive(Debug)]
pub struct Item {
    pub and_or: Arc<AndOr>,
    pub background: bool,
}

/// Pipelines joined by `&&` and `||`.
#[derive(Debug)]
pub struct AndOr {
    pub first: Pipeline,
    pub rest: Vec<(Joint, Pipeline)>,
}

/// When the next pipeline of an and-or list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    And,
    Or,
}

/// Commands joined by `|`.
#[derive(Debug)]
pub struct Pipeline {
    pub bang: bool,
    pub timed: Option<Timed>,
    pub commands: Vec<Arc<Command>>,
}

/// How `time` reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timed {
    Bash,
    Posix,
}

/// One command of a pipeline.
#[derive(Debug)]
pub enum Command {
    Simple(Simple),
    Compound { kind: Compound, redirects: Vec<Redirect>, line: u32 },
    Function { name: Box<[u8]>, body: Arc<Function> },
}

/// What a function runs, and the line it began at.
#[derive(Debug)]
pub struct Function {
    pub body: Command,
}

/// Assignments, words and redirections.
#[derive(Debug)]
pub struct Simple {
    pub assigns: Vec<Assign>,
    pub words: Vec<Word>,
    /// Array values given to words of a declaration, by the word's index.
    pub arrays: Vec<(usize, Assign)>,
    pub redirects: Vec<Redirect>,
    pub line: u32,
}

/// `name=value`, `name+=value`, `name[index]=value`, `name=(values)`.
#[derive(Debug)]
pub struct Assign {
    pub name: Box<[u8]>,
    pub index: Option<Subscript>,
    pub append: bool,
    pub value: AssignValue,
}

/// The right side of an assignment.
#[derive(Debug)]
pub enum AssignValue {
    Scalar(Word),
    Array(Vec<(Option<Subscript>, Word)>),
}

/// What stands between `[` and `]` of an array's element: text for an associative array, arithmetic for another.
#[derive(Debug)]
pub struct Subscript {
    pub text: Word,
    pub arith: ArithText,
}

/// A compound command.
#[derive(Debug)]
pub enum Compound {
    Brace(Arc<List>),
    Subshell(Arc<List>),
    For { name: Box<[u8]>, words: Option<Vec<Word>>, body: Arc<List>, select: bool },
    ArithFor { init: ArithText, condition: ArithText, update: ArithText, body: Arc<List> },
    Case { word: Word, items: Vec<CaseItem> },
    If { branches: Vec<(Arc<List>, Arc<List>)>, otherwise: Option<Arc<List>> },
    While { until: bool, condition: Arc<List>, body: Arc<List> },
    Arith(ArithText),
    Test(Cond),
}

/// One branch of `case`.
#[derive(Debug)]
pub struct CaseItem {
    pub patterns: Vec<Word>,
    pub body: Option<Arc<List>>,
    pub then: CaseThen,
}

/// What follows a branch that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseThen {
    Leave,
    RunNext,
    TestNext,
}

/// A condition of `[[ ]]`.
#[derive(Debug)]
pub enum Cond {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Unary(&'static str, Word),
    Binary(&'static str, Word, Word),
}

/// One redirection.
#[derive(Debug)]
pub struct Redirect {
    pub fd: u32,
    pub kind: RedirectKind,
    pub line: u32,
}

/// What a redirection does to its descriptor.
#[derive(Debug)]
pub enum RedirectKind {
    Read(Word),
    Write(Word),
    Clobber(Word),
    Append(Word),
    ReadWrite(Word),
    /// `n>&word`; true for `<&`.
    Dup(Word, bool),
    /// `&>word` and `&>>word`: both descriptors.
    Both(Word, bool),
    /// A here-document or here-string; true adds a newline.
    Here(Word, bool),
}

/// A word: its pieces in order.
#[derive(Debug, Default, Clone)]
pub struct Word {
    pub pieces: Vec<Piece>,
}

impl Word {
    /// The text of a word that is nothing but unquoted text.
    pub fn plain(&self) -> Option<&[u8]> {
        match self.pieces.as_slice() {
            [] => Some(b""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    pub fn text(text: &[u8]) -> Self {
        Self { pieces: if text.is_empty() { Vec::new() } else { vec![Piece::Text(text.into())] } }
    }
}

/// A piece of a word.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Unquoted text, whose pattern characters count.
    Text(Box<[u8]>),
    /// Quoted text; an empty one makes a field all the same.
    Quoted(Box<[u8]>),
    /// `~` or `~name`.
    Tilde(Box<[u8]>),
    Param(Arc<Param>, bool),
    Command(Arc<List>, bool),
    Arith(Arc<ArithText>, bool),
    /// `<(list)`, or `>(list)` for true.
    Process(Arc<List>, bool),
}

/// Text of arithmetic, parsed already where no expansion can change its shape.
#[derive(Debug)]
pub struct ArithText {
    pub text: Word,
    pub parsed: Option<Expr>,
}

/// A parameter expansion.
#[derive(Debug)]
pub struct Param {
    pub name: ParamName,
    pub op: ParamOp,
    /// `${!name}`.
    pub indirect: bool,
    pub line: u32,
}

/// Which parameter.
#[derive(Debug)]
pub enum ParamName {
    Var(Box<[u8]>),
    Positional(usize),
    /// `@ * # ? - $ ! 0` by their character.
    Special(u8),
    Element(Box<[u8]>, Subscript),
    /// `name[@]`, or `name[*]` for true.
    All(Box<[u8]>, bool),
}

/// What is made of a parameter's value.
#[derive(Debug)]
pub enum ParamOp {
    Get,
    Length,
    /// `-`, true for `:-`.
    Default(Word, bool),
    Assign(Word, bool),
    Error(Word, bool),
    Alternative(Word, bool),
    /// `%` and `%%`.
    TrimSuffix(PatternWord, bool),
    /// `#` and `##`.
    TrimPrefix(PatternWord, bool),
    Substring(ArithText, Option<ArithText>),
    Replace(ReplaceWhere, PatternWord, Word),
    /// `^ ^^ , ,,`: upper, every character.
    Case {
        upper: bool,
        all: bool,
        pattern: Option<PatternWord>,
    },
    /// `${name@Q}` and its like.
    Transform(u8),
    /// `${!prefix@}`, true for `*`.
    Names(bool),
    /// `${!name[@]}`, true for `*`.
    Keys(bool),
    /// Refused when it is expanded.
    Bad,
}

/// Which matches `${name/pattern/text}` replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplaceWhere {
    First,
    All,
    Prefix,
    Suffix,
}

/// A pattern, compiled already when it is made of text alone.
#[derive(Debug)]
pub struct PatternWord {
    pub word: Word,
    pub compiled: Option<Pattern>,
}
