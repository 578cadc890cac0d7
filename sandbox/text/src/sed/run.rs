//! Running of scripts.

use std::rc::Rc;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::input::Lines;
use super::{Action, Address, Command, Script};
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::files::OpenOptions;
use sandbox_world::pattern::Pattern;
use sandbox_world::stream::{Stream, write_all};

/// Where `w` writes.
enum Output {
    Standard,
    File(Arc<dyn Stream>),
}

/// What follows a command.
enum Flow {
    Next,
    Jump(usize),
    /// The cycle ends; the pattern space is printed unless silent.
    EndCycle,
    /// The cycle ends and nothing is printed.
    Delete,
    /// As `Delete`, and the script begins again with what is left.
    Restart,
    Quit(u8),
    QuitSilently(u8),
}

struct Machine {
    silent: bool,
    delimiter: u8,
    lines: Lines,
    space: Vec<u8>,
    /// True where the line had its delimiter.
    ended: bool,
    hold: Vec<u8>,
    substituted: bool,
    appended: Vec<Appended>,
    last_regex: Option<Rc<Pattern>>,
    outputs: Vec<Output>,
    /// The output of a file that is edited in place.
    edited: Option<Vec<u8>>,
    /// The last line that was written had no delimiter.
    is_open: bool,
}

enum Appended {
    Text(BString),
    File(BString),
}

/// Edits files one after the other to the standard output.
pub(super) fn to_output(
    call: &mut Call,
    mut script: Script,
    names: Vec<BString>,
    delimiter: u8,
) -> Outcome {
    let mut machine = Machine::new(call, &script, Lines::new(names, delimiter), delimiter)?;
    let code = machine.run(call, &mut script.commands)?;
    Ok(code.unwrap_or(u8::from(machine.lines.failed)))
}

/// Edits files where they are.
pub(super) fn in_place(
    call: &mut Call,
    mut script: Script,
    names: &[BString],
    suffix: Option<BString>,
    delimiter: u8,
) -> Outcome {
    let mut code = 0;
    for name in names {
        let metadata = match call.files().metadata(&call.path(name)) {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(_) => {
                call.complain(format!("'{name}' is not an ordinary file"))?;
                code = 4;
                continue;
            }
            Err(error) => {
                call.complain_of(name, &error)?;
                code = 1;
                continue;
            }
        };
        let lines = Lines::new(vec![name.clone()], delimiter);
        let mut machine = Machine::new(call, &script, lines, delimiter)?;
        machine.edited = Some(Vec::new());
        script.commands.iter_mut().for_each(|command| command.active = None);
        let ended = machine.run(call, &mut script.commands)?;
        let text = machine.edited.take().unwrap_or_default();
        replace(call, name, &text, metadata.mode, suffix.as_ref())?;
        if let Some(ended) = ended {
            return Ok(ended);
        }
    }
    Ok(code)
}

/// Puts a new file in the place of another.
fn replace(
    call: &mut Call,
    name: &BString,
    text: &[u8],
    mode: u32,
    suffix: Option<&BString>,
) -> Result<(), Stop> {
    let path = call.path(name);
    let mut random = [0; 6];
    call.world.random(&mut random)?;
    let letters = random.map(|byte| b'a' + byte % 26);
    let folder = name.rfind_byte(b'/').map_or(&b""[..], |at| &name[..=at]);
    let temporary = [folder, b"sed", &letters].concat();
    let options = OpenOptions { create_new: true, ..OpenOptions::writing(0o600) };
    let written = call.open_with(&temporary, &options).and_then(|stream| {
        write_all(&*stream, text, &call.interrupt)?;
        stream.set_mode(mode)
    });
    let renamed = written.and_then(|()| {
        if let Some(suffix) = suffix {
            let kept = [name.as_slice(), suffix].concat();
            call.files().rename(&path, &call.path(&kept))?;
        }
        call.files().rename(&call.path(&temporary), &path)
    });
    if let Err(error) = renamed {
        let _ = call.files().remove_file(&call.path(&temporary));
        return call.fail_of(name, &error);
    }
    Ok(())
}

impl Machine {
    fn new(call: &mut Call, script: &Script, lines: Lines, delimiter: u8) -> Result<Self, Stop> {
        let mut outputs = Vec::new();
        for name in &script.outputs {
            let mode = 0o666 & !call.process.umask;
            outputs.push(if name == "/dev/stdout" {
                Output::Standard
            } else {
                match call.open_with(name, &OpenOptions::writing(mode)) {
                    Ok(stream) => Output::File(stream),
                    Err(error) => return call.fail_of(name, &error),
                }
            });
        }
        Ok(Self {
            silent: script.silent,
            delimiter,
            lines,
            space: Vec::new(),
            ended: true,
            hold: Vec::new(),
            substituted: false,
            appended: Vec::new(),
            last_regex: None,
            outputs,
            edited: None,
            is_open: false,
        })
    }

    /// Runs the script over all lines; an exit code where the script gave one.
    fn run(&mut self, call: &mut Call, commands: &mut [Command]) -> Result<Option<u8>, Stop> {
        let mut restart = false;
        loop {
            call.interrupt.check()?;
            if !restart {
                let Some((line, ended)) = self.lines.next(call)? else { return Ok(None) };
                self.space = line;
                self.ended = ended;
            }
            let flow = self.cycle(call, commands)?;
            restart = matches!(flow, Flow::Restart);
            let prints = matches!(flow, Flow::EndCycle | Flow::Quit(_));
            if prints && !self.silent {
                self.print_space(call)?;
            }
            self.flush_appended(call)?;
            match flow {
                Flow::Quit(code) | Flow::QuitSilently(code) => {
                    self.copy_unread(call)?;
                    return Ok(Some(code));
                }
                Flow::Next | Flow::Jump(_) | Flow::EndCycle | Flow::Delete | Flow::Restart => {}
            }
        }
    }

    /// A file that is edited in place keeps what was not read.
    fn copy_unread(&mut self, call: &mut Call) -> Result<(), Stop> {
        if self.edited.is_some() {
            while let Some((line, ended)) = self.lines.next(call)? {
                self.put(call, &line, ended)?;
            }
        }
        Ok(())
    }

    fn cycle(&mut self, call: &mut Call, commands: &mut [Command]) -> Result<Flow, Stop> {
        let mut at = 0;
        self.substituted = false;
        let mut steps: u32 = 0;
        while at < commands.len() {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(1024) {
                call.interrupt.check()?;
            }
            let selected = self.is_selected(call, &mut commands[at])?;
            if !selected {
                at = if let Action::Open(close) = commands[at].action { close } else { at + 1 };
                continue;
            }
            match self.act(call, &commands[at])? {
                Flow::Next => at += 1,
                Flow::Jump(to) => at = to,
                flow @ (Flow::EndCycle | Flow::Delete | Flow::Restart) => return Ok(flow),
                flow @ (Flow::Quit(_) | Flow::QuitSilently(_)) => return Ok(flow),
            }
        }
        Ok(Flow::EndCycle)
    }

    fn is_selected(&mut self, call: &mut Call, command: &mut Command) -> Result<bool, Stop> {
        let selected = match (&command.first, &command.second) {
            (None, _) => true,
            (Some(first), None) => self.is_at(call, &first.clone())?,
            (Some(first), Some(second)) => {
                let (first, second) = (first.clone(), second.clone());
                self.in_range(call, command, &first, &second)?
            }
        };
        Ok(selected != command.negated)
    }

    fn is_at(&mut self, call: &mut Call, address: &Address) -> Result<bool, Stop> {
        let number = self.lines.number;
        Ok(match address {
            Address::Line(line) => number == *line,
            Address::Step(first, 0) => number == *first,
            Address::Step(first, step) => {
                number >= *first && (number - first).is_multiple_of(*step)
            }
            Address::Last => self.lines.is_last(call)?,
            Address::Regex(regex) => self.regex(call, regex)?.is_match(&self.space),
            Address::Plus(_) | Address::Multiple(_) => false,
        })
    }

    fn in_range(
        &mut self,
        call: &mut Call,
        command: &mut Command,
        first: &Address,
        second: &Address,
    ) -> Result<bool, Stop> {
        let number = self.lines.number;
        let is_over = match command.active {
            None => return self.begin_range(call, command, first, second),
            Some(Some(end)) if number > end => {
                command.active = None;
                return self.begin_range(call, command, first, second);
            }
            Some(Some(end)) => number == end,
            Some(None) => self.is_at(call, second)?,
        };
        if is_over {
            command.active = None;
        }
        Ok(true)
    }

    fn begin_range(
        &mut self,
        call: &mut Call,
        command: &mut Command,
        first: &Address,
        second: &Address,
    ) -> Result<bool, Stop> {
        let number = self.lines.number;
        // With 0 the range has begun before the first line.
        let from_zero = matches!(first, Address::Line(0)) && number == 1;
        if !from_zero && !self.is_at(call, first)? {
            return Ok(false);
        }
        let end = match second {
            Address::Line(line) => Some((*line).max(number)),
            Address::Plus(count) => Some(number + count),
            Address::Multiple(0) => Some(number),
            Address::Multiple(of) => Some((number / of + 1) * of),
            Address::Last | Address::Regex(_) | Address::Step(..) => None,
        };
        command.active = match end {
            Some(end) if end <= number => None,
            Some(end) => Some(Some(end)),
            None if from_zero && self.is_at(call, second)? => None,
            None => Some(None),
        };
        Ok(true)
    }

    fn regex(&mut self, call: &mut Call, regex: &Option<Rc<Pattern>>) -> Result<Rc<Pattern>, Stop> {
        match regex.as_ref().or(self.last_regex.as_ref()).cloned() {
            Some(regex) => {
                self.last_regex = Some(regex.clone());
                Ok(regex)
            }
            None => call.fail("no previous regexp"),
        }
    }

    fn act(&mut self, call: &mut Call, command: &Command) -> Result<Flow, Stop> {
        match &command.action {
            Action::Open(_) | Action::Nothing => {}
            Action::Append(text) => self.appended.push(Appended::Text(text.clone())),
            Action::Insert(text) => self.raw(call, text)?,
            Action::Change(text) => {
                if command.active.is_none() || command.negated {
                    self.raw(call, text)?;
                }
                return Ok(Flow::Delete);
            }
            Action::Branch(to) => return Ok(to.map_or(Flow::EndCycle, Flow::Jump)),
            Action::BranchIf(to) | Action::BranchUnless(to) => {
                let wanted = matches!(command.action, Action::BranchIf(_));
                if std::mem::take(&mut self.substituted) == wanted {
                    return Ok(to.map_or(Flow::EndCycle, Flow::Jump));
                }
            }
            Action::Delete => return Ok(Flow::Delete),
            Action::DeleteFirst => return Ok(self.delete_first()),
            Action::CopyHold => self.space.clone_from(&self.hold),
            Action::AppendHold => append(&mut self.space, &self.hold),
            Action::ToHold => self.hold.clone_from(&self.space),
            Action::AppendToHold => append(&mut self.hold, &self.space),
            Action::Exchange => std::mem::swap(&mut self.space, &mut self.hold),
            Action::List => {
                let shown = listed(&self.space);
                self.put(call, &shown, true)?;
            }
            Action::Next | Action::AppendNext => {
                return self.next_line(call, matches!(command.action, Action::AppendNext));
            }
            Action::Print => {
                let space = self.space.clone();
                self.put(call, &space, true)?;
            }
            Action::PrintFirst => {
                let end = self.space.find_byte(b'\n').unwrap_or(self.space.len());
                let first = self.space[..end].to_vec();
                self.put(call, &first, true)?;
            }
            Action::Quit(code) => return Ok(Flow::Quit(*code)),
            Action::QuitSilently(code) => return Ok(Flow::QuitSilently(*code)),
            Action::Read(name) => self.appended.push(Appended::File(name.clone())),
            Action::Write(output) => self.write_to(call, *output)?,
            Action::Substitute(substitution) => {
                let regex = self.regex(call, &substitution.regex)?;
                if let Some(text) = substitution.apply(&regex, &self.space) {
                    self.space = text;
                    self.substituted = true;
                    if substitution.prints {
                        self.print_space(call)?;
                    }
                    if let Some(output) = substitution.output {
                        self.write_to(call, output)?;
                    }
                }
            }
            Action::Translate(table) => {
                self.space.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
            }
            Action::Number => {
                let number = self.lines.number.to_string();
                self.put(call, number.as_bytes(), true)?;
            }
        }
        Ok(Flow::Next)
    }

    fn delete_first(&mut self) -> Flow {
        match self.space.find_byte(b'\n') {
            Some(end) => {
                self.space.drain(..=end);
                Flow::Restart
            }
            None => Flow::Delete,
        }
    }

    fn next_line(&mut self, call: &mut Call, appends: bool) -> Result<Flow, Stop> {
        if self.lines.is_last(call)? {
            return Ok(Flow::Quit(u8::from(self.lines.failed)));
        }
        if !appends && !self.silent {
            self.print_space(call)?;
        }
        self.flush_appended(call)?;
        if let Some((line, ended)) = self.lines.next(call)? {
            self.ended = ended;
            if appends {
                append(&mut self.space, &line);
            } else {
                self.space = line;
            }
        }
        Ok(Flow::Next)
    }

    fn print_space(&mut self, call: &mut Call) -> Result<(), Stop> {
        let space = std::mem::take(&mut self.space);
        let done = self.put(call, &space, self.ended);
        self.space = space;
        done
    }

    /// Writes a line; without its delimiter where the input had none, until more follows.
    fn put(&mut self, call: &mut Call, line: &[u8], ended: bool) -> Result<(), Stop> {
        self.raw(call, line)?;
        if ended {
            self.raw(call, &[self.delimiter])?;
        }
        self.is_open = !ended;
        Ok(())
    }

    fn raw(&mut self, call: &mut Call, bytes: &[u8]) -> Result<(), Stop> {
        let gap: &[u8] = if std::mem::take(&mut self.is_open) { &[self.delimiter] } else { &[] };
        match &mut self.edited {
            Some(text) => {
                text.extend_from_slice(gap);
                text.extend_from_slice(bytes);
                Ok(())
            }
            None => {
                call.write(gap)?;
                call.write(bytes)
            }
        }
    }

    fn flush_appended(&mut self, call: &mut Call) -> Result<(), Stop> {
        for appended in std::mem::take(&mut self.appended) {
            match appended {
                Appended::Text(text) => self.raw(call, &text)?,
                Appended::File(name) => {
                    // A file that is not there is as if it were empty.
                    let read = call.open_input(&name).and_then(|stream| call.read_all(stream));
                    let text = read.unwrap_or_default();
                    if !text.is_empty() {
                        self.raw(call, &text)?;
                        self.is_open = !text.ends_with(b"\n");
                    }
                }
            }
        }
        Ok(())
    }

    fn write_to(&mut self, call: &mut Call, output: usize) -> Result<(), Stop> {
        let Output::File(stream) = &self.outputs[output] else { return self.print_space(call) };
        let line = [self.space.as_slice(), &[self.delimiter]].concat();
        match write_all(&**stream, &line, &call.interrupt) {
            Ok(()) => Ok(()),
            Err(error) => call.fail_of(b"write error", &error),
        }
    }
}

fn append(to: &mut Vec<u8>, text: &[u8]) {
    to.push(b'\n');
    to.extend_from_slice(text);
}

/// What `l` shows.
fn listed(space: &[u8]) -> Vec<u8> {
    let mut shown = Vec::new();
    for byte in BStr::new(space).bytes() {
        match byte {
            b'\\' => shown.extend_from_slice(b"\\\\"),
            b'\n' => shown.extend_from_slice(b"\\n"),
            b'\t' => shown.extend_from_slice(b"\\t"),
            b' '..=b'~' => shown.push(byte),
            other => shown.extend_from_slice(format!("\\{other:03o}").as_bytes()),
        }
    }
    shown.push(b'$');
    shown
}
