//! Compound commands.

use std::sync::Arc;

use crate::shell::{Flow, Shell, Stop};
use sandbox_script::pattern::Pattern;
use sandbox_script::{ArithText, CaseItem, CaseThen, Compound, List, Piece, Redirect, Word};

impl Shell {
    pub(super) fn run_compound(
        &mut self,
        kind: &Compound,
        redirects: &[Redirect],
        line: u32,
    ) -> Flow {
        if line > 0 && !redirects.is_empty()
            || matches!(kind, Compound::Test(_) | Compound::Arith(_))
        {
            self.line = line;
        }
        if let Compound::Subshell(list) = kind {
            // The redirections are the subshell's own.
            let copy = self.copy();
            self.status = self.run_copy(copy, |copy| {
                copy.with_redirects(redirects, |copy| copy.run_list(list))
            })?;
            return Ok(());
        }
        self.with_redirects(redirects, |shell| shell.run_kind(kind, line))
    }

    fn run_kind(&mut self, kind: &Compound, line: u32) -> Flow {
        match kind {
            Compound::Brace(list) => self.run_list(list),
            Compound::Subshell(_) => Ok(()),
            Compound::For { name, words, body, select } => {
                let mut values = Vec::new();
                match words {
                    Some(words) => {
                        self.line = line;
                        self.expand_fields(words, &mut values)?;
                    }
                    None => values = self.params.to_vec(),
                }
                if *select {
                    return self.looping(|shell| shell.run_select(name, &values, body));
                }
                self.looping(|shell| shell.run_for(name, values, body, line))
            }
            Compound::ArithFor { init, condition, update, body } => {
                self.line = line;
                self.looping(|shell| shell.run_arith_for([init, condition, update], body))
            }
            Compound::Case { word, items } => self.run_case(word, items, line),
            Compound::If { branches, otherwise } => self.run_if(branches, otherwise.as_ref()),
            Compound::While { until, condition, body } => {
                self.looping(|shell| shell.run_while(*until, condition, body))
            }
            Compound::Arith(text) => {
                if self.options.xtrace {
                    self.trace_arith(text);
                }
                self.arith_prefix = "((: ";
                let value = self.arith(text);
                self.arith_prefix = "";
                let value = match value {
                    Ok(value) => value,
                    // An error here is a status, not the end of the script.
                    Err(Stop::Error) => 0,
                    Err(stop) => return Err(stop),
                };
                self.status = i32::from(value == 0);
                Ok(())
            }
            Compound::Test(condition) => {
                self.status = match self.condition(condition)? {
                    Some(true) => 0,
                    Some(false) => 1,
                    None => 2,
                };
                Ok(())
            }
        }
    }

    fn looping(&mut self, run: impl FnOnce(&mut Self) -> Flow) -> Flow {
        self.loops += 1;
        let result = run(self);
        self.loops -= 1;
        result
    }

    /// Runs a loop's body: false where the loop is left.
    fn run_body(&mut self, body: &List) -> Flow<bool> {
        if self.interrupt.signal().is_some() {
            self.run_traps()?;
        }
        Self::after_body(self.run_list(body))
    }

    fn after_body(result: Flow) -> Flow<bool> {
        match result {
            Ok(()) | Err(Stop::Continue(1)) => Ok(true),
            Err(Stop::Break(1)) => Ok(false),
            Err(Stop::Break(more)) => Err(Stop::Break(more - 1)),
            Err(Stop::Continue(more)) => Err(Stop::Continue(more - 1)),
            Err(stop) => Err(stop),
        }
    }

    fn run_for(&mut self, name: &[u8], values: Vec<Vec<u8>>, body: &List, line: u32) -> Flow {
        let mut status = 0;
        for value in values {
            if self.bash && self.options.xtrace {
                self.line = line;
            }
            self.assign(name, &value)?;
            self.status = status;
            let goes_on = self.run_body(body)?;
            status = self.status;
            if !goes_on {
                break;
            }
        }
        self.status = status;
        Ok(())
    }

    fn run_while(&mut self, until: bool, condition: &List, body: &List) -> Flow {
        let mut status = 0;
        loop {
            self.tested += 1;
            let tested = Self::after_body(self.run_list(condition));
            self.tested -= 1;
            if !tested? || (self.status == 0) == until {
                break;
            }
            let goes_on = self.run_body(body)?;
            status = self.status;
            if !goes_on {
                break;
            }
        }
        self.status = status;
        Ok(())
    }

    fn run_arith_for(&mut self, parts: [&ArithText; 3], body: &List) -> Flow {
        let [init, condition, update] = parts;
        let is_empty = |text: &ArithText| text.text.pieces.is_empty();
        let mut status = 0;
        if !is_empty(init) {
            self.arith(init)?;
        }
        while is_empty(condition) || self.arith(condition)? != 0 {
            let goes_on = self.run_body(body)?;
            status = self.status;
            if !goes_on {
                break;
            }
            if !is_empty(update) {
                self.arith(update)?;
            }
        }
        self.status = status;
        Ok(())
    }

    fn run_select(&mut self, name: &[u8], values: &[Vec<u8>], body: &List) -> Flow {
        if values.is_empty() {
            return Ok(());
        }
        let mut show = true;
        loop {
            let mut text = Vec::new();
            if show {
                for (number, value) in values.iter().enumerate() {
                    text.extend_from_slice(format!("{}) ", number + 1).as_bytes());
                    text.extend_from_slice(value);
                    text.push(b'\n');
                }
            }
            text.extend_from_slice(self.vars.get(b"PS3").unwrap_or(b"#? "));
            let _ = self.write(2, &text);
            let Some(line) = self.read_line(0)? else {
                self.status = 1;
                return Ok(());
            };
            self.vars.force(b"REPLY", &line);
            show = line.is_empty();
            if show {
                continue;
            }
            let choice = crate::numbers::unsigned(line.trim_ascii());
            let index = choice.and_then(|number| (number as usize).checked_sub(1));
            let value = index.and_then(|index| values.get(index)).cloned().unwrap_or_default();
            self.assign(name, &value)?;
            if !self.run_body(body)? {
                return Ok(());
            }
        }
    }

    fn run_if(
        &mut self,
        branches: &[(Arc<List>, Arc<List>)],
        otherwise: Option<&Arc<List>>,
    ) -> Flow {
        for (condition, then) in branches {
            if self.run_condition(condition)? {
                return self.run_list(then);
            }
        }
        match otherwise {
            Some(list) => self.run_list(list),
            None => {
                self.status = 0;
                Ok(())
            }
        }
    }

    fn run_case(&mut self, word: &Word, items: &[CaseItem], line: u32) -> Flow {
        self.line = line;
        let value = self.expand_text(word)?;
        let mut matched = false;
        let status = self.status;
        self.status = 0;
        let mut ran = false;
        for item in items {
            if !matched {
                self.status = status;
                for pattern in &item.patterns {
                    if self.matches_word(&value, pattern, self.options.extglob)? {
                        matched = true;
                        break;
                    }
                }
            }
            if matched {
                self.status = if ran { self.status } else { 0 };
                if let Some(body) = &item.body {
                    self.status = status;
                    ran = true;
                    self.run_list(body)?;
                }
                match item.then {
                    CaseThen::Leave => return Ok(()),
                    CaseThen::RunNext => {}
                    CaseThen::TestNext => matched = false,
                }
            }
        }
        if !ran {
            self.status = 0;
        }
        Ok(())
    }

    /// True where a value matches the pattern that a word is.
    pub(super) fn matches_word(&mut self, value: &[u8], word: &Word, extended: bool) -> Flow<bool> {
        if let [Piece::Quoted(text)] = word.pieces.as_slice()
            && !self.options.nocasematch
        {
            return Ok(**text == *value);
        }
        let mut pattern = self.expand_pattern(word)?;
        if self.options.nocasematch {
            pattern.make_ascii_lowercase();
            return Ok(Pattern::new(&pattern, extended).matches(&value.to_ascii_lowercase()));
        }
        Ok(Pattern::new(&pattern, extended).matches(value))
    }
}
