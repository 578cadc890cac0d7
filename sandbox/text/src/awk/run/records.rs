//! The records of the files that are named, and how they are cut.

use std::rc::Rc;

use bstr::ByteSlice;
use sandbox_world::pattern::{Pattern, Syntax};

use super::{Cell, Done, Machine, REGEXES_MAX};
use crate::awk::fields::Separator;
use crate::awk::files::{Records, Terminator};
use crate::awk::is_assignment;
use crate::awk::tree::{ARGC, ARGV, CONVFMT, FILENAME, FNR, FS, NR, OFS, RS};
use crate::awk::value::{Text, Value};

impl Machine<'_> {
    /// The next record of the files that are named, or of the standard input.
    pub(super) fn next_main(&mut self) -> Done<Option<Text>> {
        let terminator = self.terminator()?;
        loop {
            if let Some(records) = &mut self.main {
                match records.next(&terminator) {
                    Ok(Some(text)) => {
                        for counter in [NR, FNR] {
                            let count = self.global_number(counter) + 1.0;
                            self.globals[counter] = Cell::Scalar(Value::Number(count));
                        }
                        return Ok(Some(text.into()));
                    }
                    Ok(None) => {}
                    Err(error) => {
                        let name = self.special_text(FILENAME);
                        self.call.complain_of(&name, &error)?;
                        self.code = 1;
                    }
                }
                self.main = None;
            }
            if !self.next_file()? {
                return Ok(None);
            }
        }
    }

    pub(super) fn next_file(&mut self) -> Done<bool> {
        while (self.next_argument as f64) < self.global_number(ARGC) {
            let key = self.next_argument.to_string();
            self.next_argument += 1;
            let Cell::Array(arguments) = &self.globals[ARGV] else { break };
            if !arguments.borrow().has(key.as_bytes()) {
                continue;
            }
            let name = arguments.borrow_mut().entry(key.as_bytes()).to_text(b"%.6g");
            if name.is_empty() {
                continue;
            }
            if is_assignment(&name) {
                self.assign_text(&name);
                continue;
            }
            self.used_argument = true;
            match self.call.open_lines(&name) {
                Ok(input) => {
                    self.main = Some(Records::new(input));
                    self.globals[FILENAME] = Cell::Scalar(Value::Text(name));
                    self.set_global_number(FNR, 0);
                    return Ok(true);
                }
                Err(error) => {
                    self.call.complain_of(&name, &error)?;
                    self.code = 1;
                }
            }
        }
        if self.used_argument {
            return Ok(false);
        }
        self.used_argument = true;
        let stdin = self.call.process.stdin.clone();
        self.main = Some(Records::new(self.call.input(stdin)));
        Ok(true)
    }

    pub(in crate::awk) fn terminator(&mut self) -> Done<Terminator> {
        let text = self.special_text(RS);
        Ok(match &text[..] {
            [] => Terminator::BlankLines,
            [byte] => Terminator::Byte(*byte),
            _ => Terminator::Regex(self.regex(&text)?),
        })
    }

    pub(in crate::awk) fn separator_of(&mut self, text: &Text) -> Done<Separator> {
        Ok(match &text[..] {
            [b' '] => Separator::Blanks,
            [] => Separator::EachByte,
            [byte] => Separator::Byte(*byte),
            _ => Separator::Regex(self.regex(text)?),
        })
    }

    pub(in crate::awk) fn set_record(&mut self, text: Text) {
        self.record.set(text);
    }

    pub(super) fn whole_record(&mut self) -> Text {
        let (between, format) = (self.special_text(OFS), self.special_text(CONVFMT));
        self.record.text(&between, &format)
    }

    pub(super) fn split_record(&mut self) -> Done {
        if self.record.is_whole() {
            let text = self.special_text(FS);
            let separator = self.separator_of(&text)?;
            let by_paragraphs = self.special_text(RS).is_empty();
            self.record.split(&separator, by_paragraphs);
        }
        Ok(())
    }

    /// The expression that a text is.
    pub(in crate::awk) fn regex(&mut self, text: &Text) -> Done<Rc<Pattern>> {
        if let Some(known) = self.regexes.get(text) {
            return Ok(known.clone());
        }
        match Pattern::new(text, Syntax::EXTENDED) {
            Ok(pattern) => {
                if self.regexes.len() >= REGEXES_MAX {
                    self.regexes.clear();
                }
                let pattern = Rc::new(pattern);
                self.regexes.insert(text.clone(), pattern.clone());
                Ok(pattern)
            }
            Err(error) => {
                let message = format!("bad regex '{}': {error}", text.as_bstr());
                Ok(self.call.fail(message)?)
            }
        }
    }
}
