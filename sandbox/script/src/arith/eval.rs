//! An expression to a number.

use super::{ArithError, Binary, Expr, Unary};
use crate::syntax::Param;

/// What an expression reads and writes, and how it fails.
pub trait Scope {
    /// How reading or writing fails.
    type Error: From<ArithError>;

    /// The value of a variable, 0 where it has none.
    fn variable(&mut self, name: &[u8]) -> Result<i64, Self::Error>;

    /// The value of an array's element.
    fn element(&mut self, name: &[u8], text: &[u8], index: &Expr) -> Result<i64, Self::Error>;

    /// The value of `$name`: an error where it is no plain number.
    fn param(&mut self, param: &Param) -> Result<i64, Self::Error>;

    /// Gives a variable a value.
    fn assign(&mut self, name: &[u8], value: i64) -> Result<(), Self::Error>;

    /// Gives an array's element a value.
    fn assign_element(
        &mut self,
        name: &[u8],
        text: &[u8],
        index: &Expr,
        value: i64,
    ) -> Result<(), Self::Error>;

    /// True where errors are worded as bash has them.
    fn bash(&self) -> bool;
}

/// The value of an expression.
pub fn evaluate<S: Scope>(expr: &Expr, scope: &mut S) -> Result<i64, S::Error> {
    Ok(match expr {
        Expr::Number(number) => *number,
        Expr::Variable(name) => scope.variable(name)?,
        Expr::Element(name, text, index) => scope.element(name, text, index)?,
        Expr::Param(param) => scope.param(param)?,
        Expr::Unary(op, operand) => {
            let value = evaluate(operand, scope)?;
            match op {
                Unary::Minus => value.wrapping_neg(),
                Unary::Not => i64::from(value == 0),
                Unary::Complement => !value,
            }
        }
        Expr::Binary(op, left, right) => {
            let left = evaluate(left, scope)?;
            let right = evaluate(right, scope)?;
            binary(*op, left, right, scope.bash())?
        }
        Expr::And(left, right) => {
            i64::from(evaluate(left, scope)? != 0 && evaluate(right, scope)? != 0)
        }
        Expr::Or(left, right) => {
            i64::from(evaluate(left, scope)? != 0 || evaluate(right, scope)? != 0)
        }
        Expr::Choice(condition, yes, no) => {
            let branch = if evaluate(condition, scope)? != 0 { yes } else { no };
            evaluate(branch, scope)?
        }
        Expr::Assign(op, target, value) => {
            let value = match op {
                Some(op) => {
                    let old = evaluate(target, scope)?;
                    let value = evaluate(value, scope)?;
                    binary(*op, old, value, scope.bash())?
                }
                None => evaluate(value, scope)?,
            };
            store(target, value, scope)?;
            value
        }
        Expr::Step(by, old_counts, target) => {
            let old = evaluate(target, scope)?;
            let new = old.wrapping_add(*by);
            store(target, new, scope)?;
            if *old_counts { old } else { new }
        }
    })
}

fn store<S: Scope>(target: &Expr, value: i64, scope: &mut S) -> Result<(), S::Error> {
    if let Expr::Variable(name) = target {
        return scope.assign(name, value);
    }
    if let Expr::Element(name, text, index) = target {
        return scope.assign_element(name, text, index, value);
    }
    let message = "attempted assignment to non-variable".to_owned();
    Err(ArithError { message, token: None }.into())
}

fn binary(op: Binary, left: i64, right: i64, bash: bool) -> Result<i64, ArithError> {
    let shift = u32::try_from(right & 63).unwrap_or_default();
    Ok(match op {
        Binary::Multiply => left.wrapping_mul(right),
        Binary::Divide | Binary::Remainder if right == 0 => {
            let message = if bash { "division by 0" } else { "division by zero" };
            return Err(ArithError { message: message.to_owned(), token: None });
        }
        Binary::Divide => left.wrapping_div(right),
        Binary::Remainder => left.wrapping_rem(right),
        Binary::Add => left.wrapping_add(right),
        Binary::Subtract => left.wrapping_sub(right),
        Binary::ShiftLeft => left.wrapping_shl(shift),
        Binary::ShiftRight => left.wrapping_shr(shift),
        Binary::Less => i64::from(left < right),
        Binary::LessEqual => i64::from(left <= right),
        Binary::Greater => i64::from(left > right),
        Binary::GreaterEqual => i64::from(left >= right),
        Binary::Equal => i64::from(left == right),
        Binary::NotEqual => i64::from(left != right),
        Binary::BitAnd => left & right,
        Binary::BitXor => left ^ right,
        Binary::BitOr => left | right,
        Binary::Comma => right,
        Binary::Power if right < 0 => {
            let message = "exponent less than 0".to_owned();
            return Err(ArithError { message, token: None });
        }
        Binary::Power => {
            let (mut base, mut left_over, mut value) = (left, right, 1_i64);
            while left_over > 0 {
                if left_over & 1 == 1 {
                    value = value.wrapping_mul(base);
                }
                base = base.wrapping_mul(base);
                left_over >>= 1;
            }
            value
        }
    })
}
