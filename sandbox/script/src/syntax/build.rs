//! brush-parser's tree to the tree that is run.

use std::sync::Arc;

use brush_parser::ast;

use super::assignment::{split_subscript, tilde};
use super::brace;
use super::cond;
use super::lex::{MARK, to_bytes};
use super::param::subscript;
use super::tree::{
    AndOr, ArithText, Assign, AssignValue, CaseItem, CaseThen, Command, Compound, Function, Item,
    Joint, List, Piece, Pipeline, Redirect, RedirectKind, Simple, Subscript, Timed, Word,
};
use crate::arith;

/// Turns a tree over; the words are in `slots`.
pub(super) fn program(program: &ast::Program, slots: &[Word], bash: bool) -> Result<List, String> {
    let build = Build { slots, bash };
    let mut list = List::default();
    for command in &program.complete_commands {
        list.items.extend(build.list(command)?.items);
    }
    Ok(list)
}

pub(super) struct Build<'s> {
    slots: &'s [Word],
    pub(super) bash: bool,
}

impl Build<'_> {
    fn list(&self, list: &ast::CompoundList) -> Result<List, String> {
        let items = list.0.iter().map(|ast::CompoundListItem(and_or, separator)| {
            Ok(Item {
                and_or: Arc::new(self.and_or(and_or)?),
                background: matches!(separator, ast::SeparatorOperator::Async),
            })
        });
        Ok(List { items: items.collect::<Result<_, String>>()? })
    }

    fn shared(&self, list: &ast::CompoundList) -> Result<Arc<List>, String> {
        self.list(list).map(Arc::new)
    }

    fn and_or(&self, and_or: &ast::AndOrList) -> Result<AndOr, String> {
        let rest = and_or.additional.iter().map(|next| match next {
            ast::AndOr::And(pipeline) => Ok((Joint::And, self.pipeline(pipeline)?)),
            ast::AndOr::Or(pipeline) => Ok((Joint::Or, self.pipeline(pipeline)?)),
        });
        Ok(AndOr {
            first: self.pipeline(&and_or.first)?,
            rest: rest.collect::<Result<_, String>>()?,
        })
    }

    fn pipeline(&self, pipeline: &ast::Pipeline) -> Result<Pipeline, String> {
        let commands = pipeline.seq.iter().map(|command| self.command(command).map(Arc::new));
        Ok(Pipeline {
            bang: pipeline.bang,
            timed: pipeline.timed.as_ref().map(|timed| match timed {
                ast::PipelineTimed::Timed(_) => Timed::Bash,
                ast::PipelineTimed::TimedWithPosixOutput(_) => Timed::Posix,
            }),
            commands: commands.collect::<Result<_, String>>()?,
        })
    }

    fn command(&self, command: &ast::Command) -> Result<Command, String> {
        Ok(match command {
            ast::Command::Simple(simple) => Command::Simple(self.simple(simple)?),
            ast::Command::Compound(compound, redirects) => {
                self.compound(compound, redirects.as_ref())?
            }
            ast::Command::Function(function) => {
                let ast::FunctionBody(body, redirects) = &function.body;
                let name = to_bytes(&function.fname.value).into();
                let body = self.compound(body, redirects.as_ref())?;
                Command::Function { name, body: Arc::new(Function { body }) }
            }
            ast::Command::ExtendedTest(test, redirects) => Command::Compound {
                kind: Compound::Test(cond::condition(self, &test.expr)),
                redirects: self.redirects(redirects.as_ref())?,
                line: line(&test.loc),
            },
        })
    }

    fn compound(
        &self,
        compound: &ast::CompoundCommand,
        redirects: Option<&ast::RedirectList>,
    ) -> Result<Command, String> {
        let (kind, line) = match compound {
            ast::CompoundCommand::Arithmetic(arith) => {
                (Compound::Arith(self.arith(&arith.expr.value)), line(&arith.loc))
            }
            ast::CompoundCommand::ArithmeticForClause(clause) => {
                let part = |part: &Option<ast::UnexpandedArithmeticExpr>| {
                    self.arith(part.as_ref().map_or("", |part| part.value.as_str()))
                };
                let kind = Compound::ArithFor {
                    init: part(&clause.initializer),
                    condition: part(&clause.condition),
                    update: part(&clause.updater),
                    body: self.shared(&clause.body.list)?,
                };
                (kind, line(&clause.loc))
            }
            ast::CompoundCommand::BraceGroup(group) => {
                (Compound::Brace(self.shared(&group.list)?), line(&group.loc))
            }
            ast::CompoundCommand::Subshell(subshell) => {
                (Compound::Subshell(self.shared(&subshell.list)?), line(&subshell.loc))
            }
            ast::CompoundCommand::ForClause(clause) => {
                (self.for_clause(clause)?, line(&clause.loc))
            }
            ast::CompoundCommand::CaseClause(clause) => {
                (self.case_clause(clause)?, line(&clause.loc))
            }
            ast::CompoundCommand::IfClause(clause) => (self.if_clause(clause)?, line(&clause.loc)),
            ast::CompoundCommand::WhileClause(clause) => {
                (self.while_clause(clause, false)?, line(&clause.2))
            }
            ast::CompoundCommand::UntilClause(clause) => {
                (self.while_clause(clause, true)?, line(&clause.2))
            }
            ast::CompoundCommand::Coprocess(_) => return Err("coproc is not supported".to_owned()),
        };
        Ok(Command::Compound { kind, redirects: self.redirects(redirects)?, line })
    }

    fn for_clause(&self, clause: &ast::ForClauseCommand) -> Result<Compound, String> {
        let name = clause.variable_name.trim_start_matches(MARK);
        // `for name in; do` has no words; the grammar says none were given, as for `for name do`.
        let words = clause.values.as_ref().map(|words| self.words(words));
        Ok(Compound::For {
            name: to_bytes(name).into(),
            words,
            body: self.shared(&clause.body.list)?,
            select: clause.variable_name.starts_with(MARK),
        })
    }

    fn case_clause(&self, clause: &ast::CaseClauseCommand) -> Result<Compound, String> {
        let items = clause.cases.iter().map(|case| {
            let patterns = case.patterns.iter().map(|word| {
                let mut word = self.word(&word.value);
                tilde(&mut word, false, self.bash);
                word
            });
            Ok(CaseItem {
                patterns: patterns.collect(),
                body: case.cmd.as_ref().map(|list| self.shared(list)).transpose()?,
                then: match case.post_action {
                    ast::CaseItemPostAction::ExitCase => CaseThen::Leave,
                    ast::CaseItemPostAction::UnconditionallyExecuteNextCaseItem => {
                        CaseThen::RunNext
                    }
                    ast::CaseItemPostAction::ContinueEvaluatingCases => CaseThen::TestNext,
                },
            })
        });
        let mut word = self.word(&clause.value.value);
        tilde(&mut word, false, self.bash);
        Ok(Compound::Case { word, items: items.collect::<Result<_, String>>()? })
    }

    fn if_clause(&self, clause: &ast::IfClauseCommand) -> Result<Compound, String> {
        let mut branches = vec![(self.shared(&clause.condition)?, self.shared(&clause.then)?)];
        let mut otherwise = None;
        for branch in clause.elses.iter().flatten() {
            match &branch.condition {
                Some(condition) => {
                    branches.push((self.shared(condition)?, self.shared(&branch.body)?));
                }
                None => otherwise = Some(self.shared(&branch.body)?),
            }
        }
        Ok(Compound::If { branches, otherwise })
    }

    fn while_clause(
        &self,
        clause: &ast::WhileOrUntilClauseCommand,
        until: bool,
    ) -> Result<Compound, String> {
        let ast::WhileOrUntilClauseCommand(condition, body, _) = clause;
        Ok(Compound::While {
            until,
            condition: self.shared(condition)?,
            body: self.shared(&body.list)?,
        })
    }

    fn simple(&self, simple: &ast::SimpleCommand) -> Result<Simple, String> {
        let mut out = Simple {
            assigns: Vec::new(),
            words: Vec::new(),
            arrays: Vec::new(),
            redirects: Vec::new(),
            line: 0,
        };
        for item in simple.prefix.iter().flat_map(|prefix| &prefix.0) {
            if let ast::CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) = item {
                first_line(&mut out.line, Some(&assignment.loc));
                out.assigns.push(self.assign(assignment));
            } else {
                self.suffix_item(item, &mut out)?;
            }
        }
        if let Some(name) = &simple.word_or_name {
            first_line(&mut out.line, name.loc.as_ref());
            self.argument(&name.value, &mut out);
        }
        for item in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
            self.suffix_item(item, &mut out)?;
        }
        Ok(out)
    }

    fn suffix_item(
        &self,
        item: &ast::CommandPrefixOrSuffixItem,
        out: &mut Simple,
    ) -> Result<(), String> {
        match item {
            ast::CommandPrefixOrSuffixItem::IoRedirect(redirect) => {
                let redirect = self.redirect(redirect)?;
                if out.line == 0 {
                    out.line = redirect.line;
                }
                out.redirects.push(redirect);
            }
            ast::CommandPrefixOrSuffixItem::Word(word) => self.argument(&word.value, out),
            ast::CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) => {
                if let ast::AssignmentValue::Array(_) = assignment.value {
                    let assign = self.assign(assignment);
                    out.words.push(Word::text(&assign.name));
                    out.arrays.push((out.words.len() - 1, assign));
                } else {
                    self.argument(&word.value, out);
                }
            }
            ast::CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {
                return Err("process substitution out of place".to_owned());
            }
        }
        Ok(())
    }

    fn argument(&self, text: &str, out: &mut Simple) {
        let word = self.word(text);
        let start = out.words.len();
        if self.bash {
            brace::expand(&word, &mut out.words);
        } else {
            out.words.push(word);
        }
        for word in &mut out.words[start..] {
            tilde(word, false, self.bash);
        }
    }

    fn words(&self, words: &[ast::Word]) -> Vec<Word> {
        let mut out = Vec::new();
        for word in words {
            let start = out.len();
            let word = self.word(&word.value);
            if self.bash {
                brace::expand(&word, &mut out);
            } else {
                out.push(word);
            }
            for word in &mut out[start..] {
                tilde(word, false, self.bash);
            }
        }
        out
    }

    fn assign(&self, assignment: &ast::Assignment) -> Assign {
        let (name, index) = match &assignment.name {
            ast::AssignmentName::VariableName(name) => (name, None),
            ast::AssignmentName::ArrayElementName(name, index) => {
                (name, Some(subscript(self.word(index), self.bash)))
            }
        };
        let value = match &assignment.value {
            ast::AssignmentValue::Scalar(word) => AssignValue::Scalar(self.value(&word.value)),
            ast::AssignmentValue::Array(values) => {
                AssignValue::Array(values.iter().flat_map(|pair| self.element(pair)).collect())
            }
        };
        Assign { name: to_bytes(name).into(), index, append: assignment.append, value }
    }

    fn value(&self, text: &str) -> Word {
        let mut word = self.word(text);
        tilde(&mut word, true, self.bash);
        word
    }

    fn element(&self, pair: &(Option<ast::Word>, ast::Word)) -> Vec<(Option<Subscript>, Word)> {
        let (key, value) = pair;
        if let Some(key) = key {
            let key = subscript(self.word(&key.value), self.bash);
            return vec![(Some(key), self.value(&value.value))];
        }
        let word = self.word(&value.value);
        if let Some((key, _, value)) = split_subscript(&word, 0) {
            return vec![(Some(subscript(key, self.bash)), value)];
        }
        let mut words = Vec::new();
        brace::expand(&word, &mut words);
        for word in &mut words {
            tilde(word, false, self.bash);
        }
        words.into_iter().map(|word| (None, word)).collect()
    }

    fn redirects(&self, list: Option<&ast::RedirectList>) -> Result<Vec<Redirect>, String> {
        list.iter().flat_map(|list| &list.0).map(|redirect| self.redirect(redirect)).collect()
    }

    fn redirect(&self, redirect: &ast::IoRedirect) -> Result<Redirect, String> {
        let number = |fd: &Option<ast::IoFd>, default: u32| {
            fd.and_then(|fd| u32::try_from(fd).ok()).unwrap_or(default)
        };
        let target = |word: &ast::Word| {
            let mut target = self.word(&word.value);
            tilde(&mut target, false, self.bash);
            (target, word.loc.as_ref().map_or(0, line))
        };
        let (fd, kind, line) = match redirect {
            ast::IoRedirect::File(fd, kind, file) => {
                let (word, line) = match file {
                    ast::IoFileRedirectTarget::Filename(word)
                    | ast::IoFileRedirectTarget::Duplicate(word) => target(word),
                    ast::IoFileRedirectTarget::Fd(fd) => (Word::text(fd.to_string().as_bytes()), 0),
                    ast::IoFileRedirectTarget::ProcessSubstitution(..) => {
                        return Err("process substitution out of place".to_owned());
                    }
                };
                let (default, kind) = file_redirect(kind, word);
                (number(fd, default), kind, line)
            }
            ast::IoRedirect::HereDocument(fd, here) => {
                let word = self.word(&here.doc.value);
                (number(fd, 0), RedirectKind::Here(word, false), 0)
            }
            ast::IoRedirect::HereString(fd, word) => {
                let (word, line) = target(word);
                (number(fd, 0), RedirectKind::Here(word, true), line)
            }
            ast::IoRedirect::OutputAndError(word, append) => {
                let (word, line) = target(word);
                (1, RedirectKind::Both(word, *append), line)
            }
        };
        Ok(Redirect { fd, kind, line })
    }

    fn arith(&self, text: &str) -> ArithText {
        arith::text(self.word(text), self.bash)
    }

    /// A word out of the text that the grammar saw.
    pub(super) fn word(&self, text: &str) -> Word {
        let mut pieces = Vec::new();
        for (index, part) in text.split(MARK).enumerate() {
            if index % 2 == 0 {
                if !part.is_empty() {
                    pieces.push(Piece::Text(to_bytes(part).into()));
                }
            } else if let Some(word) =
                part.parse().ok().and_then(|slot: usize| self.slots.get(slot))
            {
                pieces.extend(word.pieces.iter().cloned());
            }
        }
        Word { pieces }
    }
}

fn file_redirect(kind: &ast::IoFileRedirectKind, word: Word) -> (u32, RedirectKind) {
    match kind {
        ast::IoFileRedirectKind::Read => (0, RedirectKind::Read(word)),
        ast::IoFileRedirectKind::Write => (1, RedirectKind::Write(word)),
        ast::IoFileRedirectKind::Append => (1, RedirectKind::Append(word)),
        ast::IoFileRedirectKind::ReadAndWrite => (0, RedirectKind::ReadWrite(word)),
        ast::IoFileRedirectKind::Clobber => (1, RedirectKind::Clobber(word)),
        ast::IoFileRedirectKind::DuplicateInput => (0, RedirectKind::Dup(word, true)),
        ast::IoFileRedirectKind::DuplicateOutput => (1, RedirectKind::Dup(word, false)),
    }
}

fn line(span: &brush_parser::SourceSpan) -> u32 {
    u32::try_from(span.start.line).unwrap_or_default()
}

fn first_line(to: &mut u32, span: Option<&brush_parser::SourceSpan>) {
    if *to == 0 {
        *to = span.map_or(0, line);
    }
}
