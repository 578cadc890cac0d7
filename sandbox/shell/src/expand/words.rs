//! Words to fields or text.

use std::borrow::Cow;
use std::sync::Arc;

use super::sink::{Mode, Sink};
use crate::fds::Capture;
use crate::shell::{Flow, Shell, Stop};
use sandbox_script::{
    Command, List, Param, ParamName, ParamOp, Piece, Redirect, RedirectKind, Word,
};

impl Shell {
    /// Appends the fields of `words`.
    pub(crate) fn expand_fields(&mut self, words: &[Word], out: &mut Vec<Vec<u8>>) -> Flow {
        for word in words {
            self.expand_word(word, out)?;
        }
        Ok(())
    }

    fn expand_word(&mut self, word: &Word, out: &mut Vec<Vec<u8>>) -> Flow {
        match word.pieces.as_slice() {
            [Piece::Quoted(text)] => {
                out.push(text.to_vec());
                return Ok(());
            }
            [Piece::Text(text)]
                if !text.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[' | b'('))
                    || **text == *b"[" =>
            {
                out.push(text.to_vec());
                return Ok(());
            }
            [Piece::Param(param, quoted)] => {
                if let Some(value) = self.plain_value(param) {
                    let ifs = &self.vars.ifs;
                    let simple = |byte: &u8| !ifs.has(*byte) && !matches!(byte, b'*' | b'?' | b'[');
                    if *quoted || !value.is_empty() && value.iter().all(simple) {
                        out.push(value.to_vec());
                        return Ok(());
                    }
                }
            }
            _ => {}
        }
        let mut sink = Sink::new(Mode::Fields, self.options.extglob);
        self.expand_pieces(&word.pieces, &mut sink)?;
        sink.end_field();
        for field in sink.fields {
            match field.pattern {
                Some(pattern) if !self.options.noglob => {
                    self.expand_names(&pattern, field.text, out)?;
                }
                _ => out.push(field.text),
            }
        }
        Ok(())
    }

    /// The value of a parameter that needs no more than looking.
    pub(super) fn plain_value(&self, param: &Param) -> Option<Cow<'_, [u8]>> {
        if param.indirect || !matches!(param.op, ParamOp::Get) {
            return None;
        }
        match &param.name {
            ParamName::Var(name) => self.vars.get(name).map(Cow::Borrowed),
            ParamName::Positional(number) => {
                self.params.get(number - 1).map(|value| Cow::Borrowed(value.as_slice()))
            }
            ParamName::Special(_) | ParamName::Element(..) | ParamName::All(..) => None,
        }
    }

    /// A word as one text, neither split nor a pattern.
    pub(crate) fn expand_text(&mut self, word: &Word) -> Flow<Vec<u8>> {
        match word.pieces.as_slice() {
            [] => return Ok(Vec::new()),
            [Piece::Text(text) | Piece::Quoted(text)] => return Ok(text.to_vec()),
            [Piece::Param(param, _)] => {
                if let Some(value) = self.plain_value(param) {
                    return Ok(value.into_owned());
                }
            }
            [Piece::Arith(text, _)] => {
                let value = self.arith(text)?;
                return Ok(crate::numbers::write(value, &mut [0; 24]).to_vec());
            }
            _ => {}
        }
        let mut sink = Sink::new(Mode::Text, false);
        self.expand_pieces(&word.pieces, &mut sink)?;
        Ok(sink.into_text())
    }

    /// A word as a pattern.
    pub(crate) fn expand_pattern(&mut self, word: &Word) -> Flow<Vec<u8>> {
        self.expand_mode(word, Mode::Pattern)
    }

    pub(crate) fn expand_mode(&mut self, word: &Word, mode: Mode) -> Flow<Vec<u8>> {
        let mut sink = Sink::new(mode, false);
        self.expand_pieces(&word.pieces, &mut sink)?;
        Ok(sink.into_text())
    }

    pub(super) fn expand_pieces(&mut self, pieces: &[Piece], sink: &mut Sink) -> Flow {
        for piece in pieces {
            match piece {
                Piece::Text(text) => sink.literal(text),
                Piece::Quoted(text) => sink.quoted(text),
                Piece::Tilde(name) => match self.home_of(name) {
                    Some(home) => sink.quoted(&home),
                    None => {
                        sink.literal(b"~");
                        sink.literal(name);
                    }
                },
                Piece::Param(param, quoted) => self.expand_param(param, *quoted, sink)?,
                Piece::Command(list, quoted) => {
                    let text = self.substitute(list)?;
                    self.put(&text, *quoted, sink);
                }
                Piece::Arith(text, quoted) => {
                    let value = self.arith(text)?;
                    self.put(value.to_string().as_bytes(), *quoted, sink);
                }
                Piece::Process(list, write) => {
                    let path = self.process_substitution(list, *write)?;
                    sink.quoted(&path);
                }
            }
        }
        Ok(())
    }

    /// Gives an expansion's value to the sink.
    pub(super) fn put(&self, value: &[u8], quoted: bool, sink: &mut Sink) {
        if quoted { sink.quoted(value) } else { sink.value(value, &self.vars.ifs) }
    }

    /// What the commands of `$(…)` write, without the newlines at its end.
    pub(crate) fn substitute(&mut self, list: &Arc<List>) -> Flow<Vec<u8>> {
        let mut text = match self.file_of(list) {
            Some(word) => self.read_whole(word)?,
            None => self.run_captured(list)?,
        };
        let end = text.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
        text.truncate(end);
        // A zero byte is in no value.
        text.retain(|byte| *byte != 0);
        Ok(text)
    }

    fn run_captured(&mut self, list: &Arc<List>) -> Flow<Vec<u8>> {
        let (capture, captured) = Capture::new();
        let mut copy = self.copy();
        copy.fds.put(1, Some(capture));
        copy.tested = 0;
        if self.bash && !self.options.inherit_errexit {
            copy.options.set_name("errexit", false);
        }
        let list = Arc::clone(list);
        let status = self.status;
        let ended = self.run_copy(copy, move |copy| copy.run_list(&list))?;
        // Dash's `$?` stays what it was until the command ends.
        self.status = if self.bash { ended } else { status };
        self.substituted = Some(ended);
        loop {
            match Arc::clone(&captured).finish(&self.interrupt) {
                Ok(text) => return Ok(text),
                Err(_) => self.look_for_signal()?,
            }
        }
    }

    /// The file of `$(<file)`, which bash reads by itself.
    fn file_of<'l>(&self, list: &'l List) -> Option<&'l Word> {
        let [item] = list.items.as_slice() else { return None };
        let [command] = item.and_or.first.commands.as_slice() else { return None };
        let Command::Simple(simple) = &**command else { return None };
        if !self.bash || !item.and_or.rest.is_empty() || !simple.words.is_empty() {
            return None;
        }
        match simple.redirects.as_slice() {
            [Redirect { fd: 0, kind: RedirectKind::Read(word), .. }]
                if simple.assigns.is_empty() =>
            {
                Some(word)
            }
            _ => None,
        }
    }

    fn read_whole(&mut self, word: &Word) -> Flow<Vec<u8>> {
        let name = self.expand_text(word)?;
        self.substituted = Some(0);
        match self.open_reading(&name) {
            Ok(stream) => Ok(self.read_all(&*stream)),
            Err(error) => {
                let mut message = name;
                message.extend_from_slice(b": ");
                message.extend_from_slice(crate::errors::text(&error).as_bytes());
                self.complain(message);
                self.substituted = Some(1);
                Ok(Vec::new())
            }
        }
    }

    /// Everything that a stream still has.
    pub(crate) fn read_all(&self, stream: &dyn sandbox_tools::Stream) -> Vec<u8> {
        let mut text = Vec::new();
        let mut chunk = vec![0; 32 << 10];
        while let Ok(count) = stream.read(&mut chunk, &self.interrupt) {
            if count == 0 {
                break;
            }
            text.extend_from_slice(&chunk[..count]);
        }
        text
    }

    /// Notes that something nests on the stack; too much of it is an error, not the end of the host's thread.
    pub(crate) fn deeper(&mut self) -> Flow {
        if self.depth >= crate::machine::DEPTH_MAX {
            self.complain("Maximum function recursion depth (1000) reached");
            self.status = 2;
            return Err(Stop::Exit);
        }
        self.depth += 1;
        Ok(())
    }
}
