//! The values of expressions.

use std::cmp::Ordering;

use super::{CALLS_MAX, Cell, Done, FIELDS_MAX, Jump, Machine};
use crate::awk::tree::{CONVFMT, Expr, FNR, NF, NR, SUBSEP, Slot, Source};
use crate::awk::value::{Text, Value};

impl Machine<'_> {
    pub(in crate::awk) fn value(&mut self, expression: &Expr) -> Done<Value> {
        Ok(match expression {
            Expr::Constant(value) => value.clone(),
            Expr::Regex(pattern) => {
                let record = self.whole_record();
                truth(pattern.is_match(&record))
            }
            Expr::Variable(slot) => self.variable(*slot)?,
            Expr::Field(index) => {
                let index = self.field_index(index)?;
                self.field(index)?
            }
            Expr::Element(slot, keys) => {
                let key = self.key(keys)?;
                self.array(*slot)?.borrow_mut().entry(&key).clone()
            }
            Expr::Assign(operator, target, value) => {
                let value = match operator {
                    None => self.value(value)?,
                    Some(operator) => {
                        let right = self.value(value)?.number();
                        let left = self.value(target)?.number();
                        Value::Number(self.arithmetic(*operator, left, right)?)
                    }
                };
                self.assign(target, value.clone())?;
                value
            }
            Expr::Condition(condition, then, other) => {
                let chosen = if self.value(condition)?.holds() { then } else { other };
                self.value(chosen)?
            }
            Expr::And(a, b) => truth(self.value(a)?.holds() && self.value(b)?.holds()),
            Expr::Or(a, b) => truth(self.value(a)?.holds() || self.value(b)?.holds()),
            Expr::In(keys, slot) => {
                let key = self.key(keys)?;
                truth(self.array(*slot)?.borrow().has(&key))
            }
            Expr::Match(negated, text, pattern) => {
                let text = self.text(text)?;
                let pattern = self.pattern(pattern)?;
                truth(pattern.is_match(&text) != *negated)
            }
            Expr::Compare(operator, a, b) => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                let order = a.compare(&b, &self.special_text(CONVFMT));
                truth(holds(operator, order))
            }
            Expr::Concat(a, b) => {
                let (a, b) = (self.text(a)?, self.text(b)?);
                Value::text([&a[..], &b[..]].concat())
            }
            Expr::Arithmetic(operator, a, b) => {
                let (a, b) = (self.value(a)?.number(), self.value(b)?.number());
                Value::Number(self.arithmetic(*operator, a, b)?)
            }
            Expr::Negate(value) => Value::Number(-self.value(value)?.number()),
            Expr::Plus(value) => Value::Number(self.value(value)?.number()),
            Expr::Not(value) => truth(!self.value(value)?.holds()),
            Expr::Step(by, is_after, target) => {
                let before = self.value(target)?.number();
                self.assign(target, Value::Number(before + by))?;
                Value::Number(if *is_after { before } else { before + by })
            }
            Expr::Call(index, arguments) => self.call_function(*index, arguments)?,
            Expr::Builtin(name, arguments) => self.builtin(name, arguments)?,
            Expr::Getline(target, source) => self.getline(target.as_deref(), source)?,
            Expr::List(values) => Value::Text(self.key(values)?),
        })
    }

    pub(in crate::awk) fn text(&mut self, expression: &Expr) -> Done<Text> {
        let value = self.value(expression)?;
        Ok(value.to_text(&self.special_text(CONVFMT)))
    }

    /// The pattern that an expression is: as it stands, or by its value.
    pub(in crate::awk) fn pattern(
        &mut self,
        expression: &Expr,
    ) -> Done<std::rc::Rc<sandbox_world::pattern::Pattern>> {
        if let Expr::Regex(pattern) = expression {
            return Ok(pattern.clone());
        }
        let text = self.text(expression)?;
        self.regex(&text)
    }

    /// The key of an element: several with the separator between them.
    pub(in crate::awk) fn key(&mut self, keys: &[Expr]) -> Done<Text> {
        if let [only] = keys {
            return self.text(only);
        }
        let mut parts = Vec::new();
        for key in keys {
            parts.push(self.text(key)?);
        }
        Ok(bstr::join(self.special_text(SUBSEP), parts).into())
    }

    fn field_index(&mut self, index: &Expr) -> Done<usize> {
        let number = self.value(index)?.number();
        if number < 0.0 {
            return Ok(self.call.fail("cmd. line:1: Access to negative field")?);
        }
        Ok((number as usize).min(FIELDS_MAX))
    }

    fn field(&mut self, index: usize) -> Done<Value> {
        if index == 0 {
            return Ok(Value::Input(self.whole_record()));
        }
        self.split_record()?;
        Ok(self.record.field(index))
    }

    pub(in crate::awk) fn assign(&mut self, target: &Expr, value: Value) -> Done {
        if let Expr::Variable(slot) = target {
            if let Cell::Array(_) = self.cell(*slot) {
                return Ok(self.call.fail("cmd. line:1: Not a scalar")?);
            }
            self.set_variable(*slot, value);
        } else if let Expr::Element(slot, keys) = target {
            let key = self.key(keys)?;
            *self.array(*slot)?.borrow_mut().entry(&key) = value;
        } else if let Expr::Field(index) = target {
            let index = self.field_index(index)?;
            if index == 0 {
                let text = value.to_text(&self.special_text(CONVFMT));
                self.set_record(text);
            } else {
                self.split_record()?;
                self.record.set_field(index, value);
                let count = self.record.count();
                self.set_global_number(NF, count);
            }
        }
        Ok(())
    }

    fn arithmetic(&mut self, operator: u8, a: f64, b: f64) -> Done<f64> {
        Ok(match operator {
            b'+' => a + b,
            b'-' => a - b,
            b'*' => a * b,
            b'^' => a.powf(b),
            _ if b == 0.0 => self.call.fail("cmd. line:1: Division by zero")?,
            b'/' => a / b,
            _ => a % b,
        })
    }

    fn call_function(&mut self, index: usize, arguments: &[Expr]) -> Done<Value> {
        let program = self.program.clone();
        let function = &program.functions[index];
        if arguments.len() > function.parameters {
            return Ok(self.call.fail("cmd. line:1: Too many arguments")?);
        }
        if self.frames.len() >= CALLS_MAX {
            return Ok(self.call.fail("cmd. line:1: Too many nested calls")?);
        }
        self.tick()?;
        let mut frame = Vec::new();
        // Variables without a value may become arrays inside, and are then arrays here.
        let mut open: Vec<(usize, Slot)> = Vec::new();
        for (at, argument) in arguments.iter().enumerate() {
            let named = if let Expr::Variable(slot) = argument { Some(*slot) } else { None };
            let Some(slot) = named.filter(|slot| *slot != Slot::Global(NF)) else {
                let value = self.value(argument)?;
                frame.push(Cell::Scalar(value));
                continue;
            };
            let cell = match self.cell(slot) {
                Cell::Array(array) => Cell::Array(array.clone()),
                Cell::Scalar(value) => {
                    if matches!(value, Value::Nothing) {
                        open.push((at, slot));
                    }
                    Cell::Scalar(value.clone())
                }
            };
            frame.push(cell);
        }
        frame.resize_with(function.parameters, || Cell::Scalar(Value::Nothing));
        self.frames.push(frame);
        let done = self.block(&function.body);
        let frame = self.frames.pop().unwrap_or_default();
        for (at, slot) in open {
            if let Cell::Array(array) = &frame[at] {
                *self.cell(slot) = Cell::Array(array.clone());
            }
        }
        match done {
            Ok(()) => Ok(Value::Nothing),
            Err(Jump::Return(value)) => Ok(value),
            Err(other) => Err(other),
        }
    }

    fn getline(&mut self, target: Option<&Expr>, source: &Source) -> Done<Value> {
        let terminator = self.terminator()?;
        let (read, counts) = match source {
            Source::Main => {
                let Some(text) = self.next_main()? else { return Ok(Value::Number(0.0)) };
                return self.got(target, text);
            }
            Source::File(name) => {
                let name = self.text(name)?;
                (self.files.read(self.call, &name, &terminator), false)
            }
            Source::Command(command) => {
                let command = self.text(command)?;
                (self.files.read_command(self.call, &command, &terminator)?, true)
            }
        };
        match read {
            Ok(Some(text)) => {
                if counts {
                    for counter in [NR, FNR] {
                        let count = self.global_number(counter) as usize;
                        self.set_global_number(counter, count + 1);
                    }
                }
                self.got(target, text.into())
            }
            Ok(None) => Ok(Value::Number(0.0)),
            Err(error) => match sandbox_world::call::Stop::of(&error) {
                Some(stop) => Err(stop.into()),
                None => Ok(Value::Number(-1.0)),
            },
        }
    }

    fn got(&mut self, target: Option<&Expr>, text: Text) -> Done<Value> {
        match target {
            Some(target) => self.assign(target, Value::Input(text))?,
            None => self.set_record(text),
        }
        Ok(Value::Number(1.0))
    }
}

pub(in crate::awk) fn truth(holds: bool) -> Value {
    Value::Number(f64::from(u8::from(holds)))
}

fn holds(operator: &str, order: Option<Ordering>) -> bool {
    let Some(order) = order else { return operator == "!=" };
    match operator {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}
