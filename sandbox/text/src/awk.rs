//! `awk`: programs over records and fields.
//!
//! A program is read into a tree (`awk/parse.rs`) whose variables are places in two lists, and the tree is walked
//! (`awk/run.rs`). Arrays are gone through in the order in which busybox has them.

mod array;
mod builtin;
mod fields;
mod files;
mod lexer;
mod parse;
mod run;
mod tree;
mod value;

use bstr::{BStr, BString, ByteSlice};
use sandbox_world::call::{Call, Outcome};
use sandbox_world::escapes::unescaped;
use sandbox_world::options::{Spec, parse as parse_options, usage};

const SPEC: Spec = Spec {
    usage: "awk [OPTIONS] [AWK_PROGRAM] [FILE]...",
    short: "+F:v:f:e:W:",
    long: &[("field-separator=", 'F'), ("assign=", 'v'), ("file=", 'f'), ("source=", 'e')],
};

/// Runs it.
pub(crate) fn awk(call: &mut Call) -> Outcome {
    let mut options = parse_options(call, &SPEC)?;
    let mut text = Vec::new();
    for (option, value) in options.in_order() {
        let piece = match (option, value) {
            ('f', Some(name)) => call.slurp(name)?,
            ('e', Some(text)) => text.to_vec(),
            _ => continue,
        };
        text.extend_from_slice(&piece);
        text.push(b'\n');
    }
    if text.is_empty() {
        if options.operands.is_empty() {
            return usage(call, &SPEC);
        }
        text = options.operands.remove(0).into();
    }
    let program = match parse::parse(&text) {
        Ok(program) => program,
        Err(message) => return call.fail(format!("cmd. line:{message}")),
    };
    let mut assignments: Vec<BString> = Vec::new();
    for text in options.values('v').map(BStr::to_owned) {
        if !is_assignment(&text) {
            return usage(call, &SPEC);
        }
        assignments.push(text);
    }
    let separator = options.value('F').map(|text| match text.as_bytes() {
        b"t" => b"\t".to_vec(),
        text => unescaped(text),
    });
    run::run(call, program, &assignments, separator, &options.operands)
}

/// True for `name=value`.
fn is_assignment(text: &[u8]) -> bool {
    let Some(at) = text.find_byte(b'=') else { return false };
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    at > 0 && !text[0].is_ascii_digit() && text[..at].iter().all(is_letter)
}
