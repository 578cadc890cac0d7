//! The conditions of `[[ ]]`.

use brush_parser::ast::{BinaryPredicate, ExtendedTestExpr, UnaryPredicate};

use super::build::Build;
use super::tree::Cond;

/// Turns a condition over.
pub(super) fn condition(build: &Build<'_>, expr: &ExtendedTestExpr) -> Cond {
    let boxed = |expr: &ExtendedTestExpr| Box::new(condition(build, expr));
    match expr {
        ExtendedTestExpr::And(left, right) => Cond::And(boxed(left), boxed(right)),
        ExtendedTestExpr::Or(left, right) => Cond::Or(boxed(left), boxed(right)),
        ExtendedTestExpr::Not(inner) => Cond::Not(boxed(inner)),
        ExtendedTestExpr::Parenthesized(inner) => condition(build, inner),
        ExtendedTestExpr::UnaryTest(op, word) => Cond::Unary(unary(op), build.word(&word.value)),
        ExtendedTestExpr::BinaryTest(op, left, right) => {
            Cond::Binary(binary(op), build.word(&left.value), build.word(&right.value))
        }
    }
}

fn unary(op: &UnaryPredicate) -> &'static str {
    match op {
        UnaryPredicate::FileExists => "-e",
        UnaryPredicate::FileExistsAndIsBlockSpecialFile => "-b",
        UnaryPredicate::FileExistsAndIsCharSpecialFile => "-c",
        UnaryPredicate::FileExistsAndIsDir => "-d",
        UnaryPredicate::FileExistsAndIsRegularFile => "-f",
        UnaryPredicate::FileExistsAndIsSetgid => "-g",
        UnaryPredicate::FileExistsAndIsSymlink => "-h",
        UnaryPredicate::FileExistsAndHasStickyBit => "-k",
        UnaryPredicate::FileExistsAndIsFifo => "-p",
        UnaryPredicate::FileExistsAndIsReadable => "-r",
        UnaryPredicate::FileExistsAndIsNotZeroLength => "-s",
        UnaryPredicate::FdIsOpenTerminal => "-t",
        UnaryPredicate::FileExistsAndIsSetuid => "-u",
        UnaryPredicate::FileExistsAndIsWritable => "-w",
        UnaryPredicate::FileExistsAndIsExecutable => "-x",
        UnaryPredicate::FileExistsAndOwnedByEffectiveGroupId => "-G",
        UnaryPredicate::FileExistsAndModifiedSinceLastRead => "-N",
        UnaryPredicate::FileExistsAndOwnedByEffectiveUserId => "-O",
        UnaryPredicate::FileExistsAndIsSocket => "-S",
        UnaryPredicate::ShellOptionEnabled => "-o",
        UnaryPredicate::ShellVariableIsSetAndAssigned => "-v",
        UnaryPredicate::ShellVariableIsSetAndNameRef => "-R",
        UnaryPredicate::StringHasZeroLength => "-z",
        UnaryPredicate::StringHasNonZeroLength => "-n",
    }
}

fn binary(op: &BinaryPredicate) -> &'static str {
    match op {
        BinaryPredicate::FilesReferToSameDeviceAndInodeNumbers => "-ef",
        BinaryPredicate::LeftFileIsNewerOrExistsWhenRightDoesNot => "-nt",
        BinaryPredicate::LeftFileIsOlderOrDoesNotExistWhenRightDoes => "-ot",
        BinaryPredicate::StringExactlyMatchesPattern
        | BinaryPredicate::StringExactlyMatchesString => "==",
        BinaryPredicate::StringDoesNotExactlyMatchPattern
        | BinaryPredicate::StringDoesNotExactlyMatchString => "!=",
        BinaryPredicate::StringMatchesRegex | BinaryPredicate::StringContainsSubstring => "=~",
        BinaryPredicate::LeftSortsBeforeRight => "<",
        BinaryPredicate::LeftSortsAfterRight => ">",
        BinaryPredicate::ArithmeticEqualTo => "-eq",
        BinaryPredicate::ArithmeticNotEqualTo => "-ne",
        BinaryPredicate::ArithmeticLessThan => "-lt",
        BinaryPredicate::ArithmeticLessThanOrEqualTo => "-le",
        BinaryPredicate::ArithmeticGreaterThan => "-gt",
        BinaryPredicate::ArithmeticGreaterThanOrEqualTo => "-ge",
    }
}
