//! Running of programs.

mod evaluate;
mod records;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use bstr::{BString, ByteSlice};
use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::escapes::unescaped;
use sandbox_world::pattern::Pattern;

use super::array::Array;
use super::fields::Record;
use super::files::{Files, How, Records};
use super::tree::{
    ARGC, ARGV, CONVFMT, ENVIRON, Expr, FS, NF, OFMT, OFS, ORS, Program, RS, SUBSEP, Slot,
    Statement, Target, When,
};
use super::value::{Text, Value};

/// How deep functions may call one another: the machine calls itself.
const CALLS_MAX: usize = 400;

/// Expressions of texts that are kept.
const REGEXES_MAX: usize = 500;

/// Why a statement is left.
pub(super) enum Jump {
    Next,
    NextFile,
    Exit,
    Return(Value),
    Break,
    Continue,
    Stop(Stop),
}

impl From<Stop> for Jump {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

pub(super) type Done<T = ()> = Result<T, Jump>;

/// What a variable is.
pub(super) enum Cell {
    Scalar(Value),
    Array(Rc<RefCell<Array>>),
}

/// A program at work.
pub(super) struct Machine<'c> {
    pub(super) call: &'c mut Call,
    program: Rc<Program>,
    globals: Vec<Cell>,
    frames: Vec<Vec<Cell>>,
    record: Record,
    pub(super) files: Files,
    main: Option<Records>,
    next_argument: usize,
    used_argument: bool,
    regexes: HashMap<Text, Rc<Pattern>>,
    in_range: Vec<bool>,
    code: u8,
    pub(super) seed: u64,
    pub(super) state: u64,
    steps: u32,
}

/// Runs a program.
pub(super) fn run(
    call: &mut Call,
    program: Program,
    assignments: &[BString],
    separator: Option<Vec<u8>>,
    operands: &[BString],
) -> Outcome {
    let globals = program.globals.iter().map(|_| Cell::Scalar(Value::Nothing)).collect();
    let in_range = vec![false; program.ranges];
    let mut machine = Machine {
        call,
        program: Rc::new(program),
        globals,
        frames: Vec::new(),
        record: Record::default(),
        files: Files::default(),
        main: None,
        next_argument: 1,
        used_argument: false,
        regexes: HashMap::new(),
        in_range,
        code: 0,
        seed: 0,
        state: 1,
        steps: 0,
    };
    machine.begin(separator, operands);
    for text in assignments {
        machine.assign_text(text);
    }
    match machine.all() {
        Ok(()) | Err(Jump::Exit) => {}
        Err(Jump::Stop(stop)) => return Err(stop),
        Err(Jump::Next | Jump::NextFile | Jump::Return(_) | Jump::Break | Jump::Continue) => {}
    }
    let code = machine.code;
    let mut files = std::mem::take(&mut machine.files);
    files.close_all(call)?;
    Ok(code)
}

impl Machine<'_> {
    fn begin(&mut self, separator: Option<Vec<u8>>, operands: &[BString]) {
        let texts = [
            (FS, separator.unwrap_or_else(|| b" ".to_vec())),
            (OFS, b" ".to_vec()),
            (ORS, b"\n".to_vec()),
            (RS, b"\n".to_vec()),
            (SUBSEP, b"\x1c".to_vec()),
            (CONVFMT, b"%.6g".to_vec()),
            (OFMT, b"%.6g".to_vec()),
        ];
        for (index, text) in texts {
            self.globals[index] = Cell::Scalar(Value::text(text));
        }
        let mut environment = Array::default();
        for (name, value) in &self.call.process.env {
            *environment.entry(name) = Value::input(value.as_slice());
        }
        self.globals[ENVIRON] = Cell::Array(Rc::new(RefCell::new(environment)));
        let mut arguments = Array::default();
        *arguments.entry(b"0") = Value::text(&b"awk"[..]);
        for (index, operand) in operands.iter().enumerate() {
            *arguments.entry((index + 1).to_string().as_bytes()) = Value::input(operand.as_slice());
        }
        self.globals[ARGV] = Cell::Array(Rc::new(RefCell::new(arguments)));
        self.set_global_number(ARGC, operands.len() + 1);
    }

    /// Does what `name=value` says.
    fn assign_text(&mut self, text: &[u8]) {
        let Some((name, value)) = text.split_once_str("=") else { return };
        let name = name.to_str_lossy();
        let value = Value::input(unescaped(value));
        if let Some(index) = self.program.globals.iter().position(|global| *global == *name) {
            self.set_variable(Slot::Global(index), value);
        }
    }

    fn all(&mut self) -> Done {
        let program = self.program.clone();
        let ended = self.rules(&program);
        match ended {
            Err(Jump::Exit) | Ok(()) => {}
            Err(other) => return Err(other),
        }
        // `exit` before leads here too, and here it ends all.
        if ended.is_ok() || !program.end.is_empty() {
            program.end.iter().try_for_each(|body| self.block(body))?;
        }
        Ok(())
    }

    fn rules(&mut self, program: &Program) -> Done {
        program.begin.iter().try_for_each(|body| self.block(body))?;
        if program.rules.is_empty() && program.end.is_empty() {
            return Ok(());
        }
        while let Some(text) = self.next_main()? {
            self.set_record(text);
            match self.one_record(program) {
                Ok(()) | Err(Jump::Next) => {}
                Err(Jump::NextFile) => self.main = None,
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn one_record(&mut self, program: &Program) -> Done {
        self.call.interrupt.check().map_err(Stop::from)?;
        for (when, body) in &program.rules {
            let chosen = match when {
                When::Always => true,
                When::Holds(condition) => self.value(condition)?.holds(),
                When::Range(first, last, index) => {
                    let inside = self.in_range[*index] || self.value(first)?.holds();
                    if inside {
                        self.in_range[*index] = !self.value(last)?.holds();
                    }
                    inside
                }
            };
            match body {
                _ if !chosen => {}
                Some(body) => self.block(body)?,
                None => {
                    let line = self.whole_record();
                    self.call.write(&line)?;
                    let end = self.special_text(ORS);
                    self.call.write(&end)?;
                }
            }
        }
        Ok(())
    }

    // === statements ===

    fn block(&mut self, statements: &[Statement]) -> Done {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    /// Looks now and then whether the process is asked to stop.
    fn tick(&mut self) -> Done {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(256) {
            self.call.interrupt.check().map_err(Stop::from)?;
        }
        Ok(())
    }

    /// Runs the body of a loop; true where the loop ends.
    fn round(&mut self, body: &Statement) -> Done<bool> {
        self.tick()?;
        match self.statement(body) {
            Ok(()) | Err(Jump::Continue) => Ok(false),
            Err(Jump::Break) => Ok(true),
            Err(other) => Err(other),
        }
    }

    fn statement(&mut self, statement: &Statement) -> Done {
        match statement {
            Statement::Expr(expression) => self.value(expression).map(|_| ()),
            Statement::Print(values, target) => {
                let line = self.line(values)?;
                self.put(target.as_ref(), &line)
            }
            Statement::Printf(values, target) => {
                let text = self.formatted(values)?;
                self.put(target.as_ref(), &text)
            }
            Statement::If(condition, then, other) => {
                if self.value(condition)?.holds() {
                    return self.statement(then);
                }
                other.as_ref().map_or(Ok(()), |other| self.statement(other))
            }
            Statement::While(condition, body) => {
                while self.value(condition)?.holds() && !self.round(body)? {}
                Ok(())
            }
            Statement::Do(body, condition) => {
                while !self.round(body)? && self.value(condition)?.holds() {}
                Ok(())
            }
            Statement::For(first, condition, step, body) => {
                first.as_ref().map_or(Ok(()), |first| self.statement(first))?;
                while match condition {
                    Some(condition) => self.value(condition)?.holds(),
                    None => true,
                } {
                    if self.round(body)? {
                        break;
                    }
                    step.as_ref().map_or(Ok(()), |step| self.statement(step))?;
                }
                Ok(())
            }
            Statement::ForIn(variable, array, body) => self.each_key(*variable, *array, body),
            Statement::Block(statements) => self.block(statements),
            Statement::Next => Err(Jump::Next),
            Statement::NextFile => Err(Jump::NextFile),
            Statement::Break => Err(Jump::Break),
            Statement::Continue => Err(Jump::Continue),
            Statement::Exit(code) => {
                if let Some(code) = code {
                    let code = self.value(code)?.number();
                    self.code = (code.rem_euclid(256.0)) as u8;
                }
                Err(Jump::Exit)
            }
            Statement::Return(value) => {
                let value = value.as_ref().map_or(Ok(Value::Nothing), |value| self.value(value))?;
                Err(Jump::Return(value))
            }
            Statement::Delete(array, keys) => self.delete(*array, keys.as_deref()),
        }
    }

    fn each_key(&mut self, variable: Slot, array: Slot, body: &Statement) -> Done {
        let keys = self.array(array)?.borrow().keys();
        for key in keys {
            self.set_variable(variable, Value::input(&key[..]));
            if self.round(body)? {
                break;
            }
        }
        Ok(())
    }

    fn delete(&mut self, array: Slot, keys: Option<&[Expr]>) -> Done {
        let array = self.array(array)?;
        match keys {
            Some(keys) => {
                let key = self.key(keys)?;
                array.borrow_mut().remove(&key);
            }
            None => array.borrow_mut().clear(),
        }
        Ok(())
    }

    fn line(&mut self, values: &[Expr]) -> Done<Vec<u8>> {
        let mut line = Vec::new();
        if values.is_empty() {
            line.extend_from_slice(&self.whole_record());
        }
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                line.extend_from_slice(&self.special_text(OFS));
            }
            let value = self.value(value)?;
            let format = self.special_text(OFMT);
            line.extend_from_slice(&value.to_text(&format));
        }
        line.extend_from_slice(&self.special_text(ORS));
        Ok(line)
    }

    fn put(&mut self, target: Option<&Target>, bytes: &[u8]) -> Done {
        let (how, name) = match target {
            None => return Ok(self.call.write(bytes)?),
            Some(Target::File(name)) => (How::File, name),
            Some(Target::Append(name)) => (How::Append, name),
            Some(Target::Command(name)) => (How::Command, name),
        };
        let name = self.text(name)?;
        Ok(self.files.write(self.call, how, &name, bytes)?)
    }

    // === variables ===

    fn cell(&mut self, slot: Slot) -> &mut Cell {
        match slot {
            Slot::Global(index) => &mut self.globals[index],
            Slot::Local(index) => {
                let frame = self.frames.len() - 1;
                &mut self.frames[frame][index]
            }
        }
    }

    pub(super) fn set_variable(&mut self, slot: Slot, value: Value) {
        if slot == Slot::Global(NF) {
            // The fields have to be known before their number changes.
            let count = value.number().max(0.0) as usize;
            if self.split_record().is_ok() {
                self.record.set_count(count.min(FIELDS_MAX));
            }
        }
        *self.cell(slot) = Cell::Scalar(value);
    }

    fn variable(&mut self, slot: Slot) -> Done<Value> {
        if slot == Slot::Global(NF) {
            self.split_record()?;
            return Ok(Value::Number(self.record.count() as f64));
        }
        match self.cell(slot) {
            Cell::Scalar(value) => Ok(value.clone()),
            Cell::Array(_) => Ok(self.call.fail("cmd. line:1: Not a scalar")?),
        }
    }

    /// The array that a variable is; one without a value becomes one.
    pub(super) fn array(&mut self, slot: Slot) -> Done<Rc<RefCell<Array>>> {
        let cell = self.cell(slot);
        match cell {
            Cell::Array(array) => Ok(array.clone()),
            Cell::Scalar(Value::Nothing) => {
                let array = Rc::new(RefCell::new(Array::default()));
                *cell = Cell::Array(array.clone());
                Ok(array)
            }
            Cell::Scalar(_) => Ok(self.call.fail("cmd. line:1: Not an array")?),
        }
    }

    pub(super) fn is_array(&mut self, slot: Slot) -> bool {
        matches!(self.cell(slot), Cell::Array(_))
    }

    pub(super) fn special_text(&self, index: usize) -> Text {
        match &self.globals[index] {
            Cell::Scalar(value) => value.to_text(b"%.6g"),
            Cell::Array(_) => Rc::from(&b""[..]),
        }
    }

    fn global_number(&self, index: usize) -> f64 {
        match &self.globals[index] {
            Cell::Scalar(value) => value.number(),
            Cell::Array(_) => 0.0,
        }
    }

    pub(super) fn set_global_number(&mut self, index: usize, number: usize) {
        self.globals[index] = Cell::Scalar(Value::Number(number as f64));
    }
}

/// More fields than this are a mistake, and would fill memory.
const FIELDS_MAX: usize = 1 << 20;
