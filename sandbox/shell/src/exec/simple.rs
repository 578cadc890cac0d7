//! Simple commands: assignments, words, redirections, and who runs them.

use std::sync::Arc;

use crate::builtins::{self, Builtin};
use crate::shell::{CommandName, Flow, Shell, Stop};
use crate::traps;
use crate::vars::SavedVar;
use sandbox_script::{Function, Piece, Simple, Word};

/// Variables as they were before the assignments in front of a command.
type Before = Vec<SavedVar>;

impl Shell {
    pub(super) fn run_simple(&mut self, simple: &Simple) -> Flow {
        if simple.line > 0 {
            self.line = simple.line;
        }
        if self.interrupt.signal().is_some() || !self.traps.pending.is_empty() {
            self.run_traps()?;
        }
        if self.bash && self.traps.action(traps::DEBUG).is_some() {
            self.run_event(traps::DEBUG)?;
        }
        let before = self.process_fds.len();
        let result = self.run_words(simple);
        if self.process_fds.len() > before {
            self.close_process_fds(before);
        }
        match result {
            // What bash refuses in a word ends the command, and the script with it.
            Err(Stop::Error) if self.interactive => Ok(()),
            result => result,
        }?;
        if self.interrupt.signal().is_some() || !self.traps.pending.is_empty() {
            self.run_traps()?;
        }
        Ok(())
    }

    fn run_words(&mut self, simple: &Simple) -> Flow {
        self.substituted = None;
        let mut fields = Vec::with_capacity(simple.words.len());
        let declares = simple.words.first().and_then(Word::plain).is_some_and(builtins::declares);
        if declares {
            self.expand_declaration(&simple.words, &mut fields)?;
        } else {
            self.expand_fields(&simple.words, &mut fields)?;
        }
        if fields.is_empty() {
            return self.run_assignments(simple);
        }
        if self.bash
            && let Some(last) = fields.last()
        {
            self.last_argument.clone_from(last);
        }
        let function = match self.functions.is_empty() {
            true => None,
            false => self.functions.get(fields[0].as_slice()).cloned(),
        };
        let found = builtins::find(&fields[0], self.bash);
        if let (None, Some(builtin)) = (&function, found) {
            return self.run_builtin(simple, builtin, fields);
        }
        let Some(saved) = self.redirect(&simple.redirects)? else { return Ok(()) };
        let mut before = Before::new();
        let mut result = self.assign_before(simple, &mut before);
        if result.is_ok() {
            if self.options.xtrace {
                self.trace(simple, &fields);
            }
            result = match function {
                Some((function, line)) => self.call(&function, line, fields),
                None => self.run_program(fields),
            };
        }
        self.unassign(before);
        self.restore(saved);
        result
    }

    /// A declaration's arguments that look like assignments are not split.
    fn expand_declaration(&mut self, words: &[Word], fields: &mut Vec<Vec<u8>>) -> Flow {
        for word in words {
            let assigns = match word.pieces.first() {
                Some(Piece::Text(text)) => is_assignment(text),
                _ => false,
            };
            if assigns {
                let mut word = word.clone();
                sandbox_script::assignment_tilde(&mut word, self.bash);
                fields.push(self.expand_text(&word)?);
            } else {
                self.expand_fields(std::slice::from_ref(word), fields)?;
            }
        }
        Ok(())
    }

    /// A command that is nothing but assignments and redirections.
    fn run_assignments(&mut self, simple: &Simple) -> Flow {
        let Some(saved) = self.redirect(&simple.redirects)? else { return Ok(()) };
        let mut result = Ok(());
        for assign in &simple.assigns {
            result = self.run_assign(assign, false);
            if result.is_err() {
                break;
            }
        }
        self.restore(saved);
        result?;
        if self.options.xtrace && !self.bash {
            self.trace(simple, &[]);
        }
        self.status = self.substituted.unwrap_or(0);
        Ok(())
    }

    fn run_builtin(&mut self, simple: &Simple, builtin: &Builtin, fields: Vec<Vec<u8>>) -> Flow {
        let Some(saved) = self.redirect(&simple.redirects)? else {
            // A special builtin whose redirection fails ends the shell.
            return if builtin.special && !self.bash { Err(Stop::Error) } else { Ok(()) };
        };
        let mut before = Before::new();
        let mut result = self.assign_before(simple, &mut before);
        if result.is_ok() {
            if self.options.xtrace {
                self.trace(simple, &fields);
            }
            result = self.call_builtin(builtin, &fields, simple);
        }
        // Assignments before a special builtin stay; bash keeps to that only in its POSIX mode.
        if !builtin.special || self.bash {
            self.unassign(before);
        }
        if fields[0] == b"exec" && result.is_ok() {
            return Ok(());
        }
        self.restore(saved);
        result
    }

    fn call_builtin(&mut self, builtin: &Builtin, fields: &[Vec<u8>], simple: &Simple) -> Flow {
        let name = CommandName::Builtin(builtin.name);
        let old = std::mem::replace(&mut self.command_name, name);
        let result = (builtin.run)(self, fields);
        self.command_name = old;
        let result = match result {
            Ok(status) => {
                self.status = status;
                Ok(())
            }
            // An error of a builtin that is not special is only its status.
            Err(Stop::Error) if !builtin.special || self.bash => Ok(()),
            Err(stop) => Err(stop),
        };
        if result.is_ok() && !simple.arrays.is_empty() {
            for (_, assign) in &simple.arrays {
                self.declare_array(fields, assign)?;
            }
        }
        result
    }

    /// Makes the assignments in front of a command.
    fn assign_before(&mut self, simple: &Simple, before: &mut Before) -> Flow {
        for assign in &simple.assigns {
            before.push((assign.name.clone(), self.vars.var(&assign.name).cloned()));
            self.run_assign(assign, true)?;
        }
        Ok(())
    }

    fn unassign(&mut self, before: Before) {
        for (name, var) in before.into_iter().rev() {
            self.vars.restore(&name, var);
        }
    }

    /// Calls a function.
    pub(crate) fn call(
        &mut self,
        function: &Arc<Function>,
        _line: u32,
        mut fields: Vec<Vec<u8>>,
    ) -> Flow {
        self.deeper()?;
        let name = fields.remove(0);
        let params = std::mem::replace(&mut self.params, Arc::new(fields));
        let loops = std::mem::replace(&mut self.loops, 0);
        let getopts_at = std::mem::replace(&mut self.getopts_at, 0);
        let line = self.line;
        self.returns += 1;
        self.functions_running.push(name.into());
        self.vars.push_frame();
        let result = self.run_command(&function.body);
        if self.bash {
            self.run_event(traps::RETURN)?;
        }
        self.vars.pop_frame();
        self.functions_running.pop();
        self.returns -= 1;
        self.loops = loops;
        self.getopts_at = getopts_at;
        self.params = params;
        self.depth -= 1;
        self.line = line;
        match result {
            Err(Stop::Return | Stop::Break(_) | Stop::Continue(_)) => Ok(()),
            result => result,
        }
    }
}

/// True for text that begins as `name=` or `name+=`.
fn is_assignment(text: &[u8]) -> bool {
    match text.iter().position(|byte| *byte == b'=') {
        Some(at) => {
            let name = text[..at].strip_suffix(b"+").unwrap_or(&text[..at]);
            sandbox_script::is_name(name)
        }
        None => false,
    }
}
