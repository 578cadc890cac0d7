//! `set -x`, and how a job is shown.

use crate::quote;
use crate::shell::Shell;
use sandbox_script::{
    AndOr, ArithText, Assign, AssignValue, Command, Joint, Pipeline, Simple, Word, quoted_word,
    shown,
};

impl Shell {
    fn trace_prefix(&mut self) -> Vec<u8> {
        let prompt = self.vars.get(b"PS4").unwrap_or(b"+ ").to_vec();
        if !prompt.iter().any(|byte| matches!(byte, b'$' | b'`')) {
            return prompt;
        }
        self.options.set_name("xtrace", false);
        let status = self.status;
        let text = self.expand_text(&quoted_word(&prompt, self.bash)).unwrap_or(prompt);
        self.status = status;
        self.options.set_name("xtrace", true);
        text
    }

    /// Tells a command before it runs.
    pub(super) fn trace(&mut self, simple: &Simple, fields: &[Vec<u8>]) {
        let mut text = self.trace_prefix();
        let start = text.len();
        if self.bash {
            for field in fields {
                if text.len() > start {
                    text.push(b' ');
                }
                text.extend_from_slice(&quote::needed(field));
            }
        } else {
            for assign in &simple.assigns {
                if text.len() > start {
                    text.push(b' ');
                }
                text.extend_from_slice(&assign.name);
                text.push(b'=');
                text.extend_from_slice(self.vars.get(&assign.name).unwrap_or_default());
            }
            for field in fields {
                if text.len() > start {
                    text.push(b' ');
                }
                text.extend_from_slice(field);
            }
        }
        text.push(b'\n');
        let _ = self.write(2, &text);
    }

    /// Tells an assignment of bash's.
    pub(super) fn trace_assign(&mut self, assign: &Assign, value: &[u8]) {
        let mut text = self.trace_prefix();
        text.extend_from_slice(&assign.name);
        if let Some(subscript) = &assign.index {
            text.push(b'[');
            text.extend_from_slice(&shown(&subscript.text));
            text.push(b']');
        }
        text.extend_from_slice(if assign.append { b"+=" } else { b"=" });
        if !value.is_empty() {
            text.extend_from_slice(&quote::needed(value));
        }
        text.push(b'\n');
        let _ = self.write(2, &text);
    }

    pub(super) fn trace_arith(&mut self, arith: &ArithText) {
        let mut text = self.trace_prefix();
        text.extend_from_slice(b"(( ");
        text.extend_from_slice(&shown(&arith.text));
        text.extend_from_slice(b" ))\n");
        let _ = self.write(2, &text);
    }

    pub(super) fn trace_condition(&mut self, parts: &[&[u8]]) {
        if !self.options.xtrace {
            return;
        }
        let mut text = self.trace_prefix();
        text.extend_from_slice(b"[[ ");
        text.extend_from_slice(&parts.join(&b' '));
        text.extend_from_slice(b" ]]\n");
        let _ = self.write(2, &text);
    }
}

/// A job as `jobs` lists it: its words, as far as they are text.
pub(super) fn job_text(and_or: &AndOr) -> Vec<u8> {
    let mut out = Vec::new();
    pipeline_text(&and_or.first, &mut out);
    for (joint, pipeline) in &and_or.rest {
        out.extend_from_slice(if *joint == Joint::And { b" && " } else { b" || " });
        pipeline_text(pipeline, &mut out);
    }
    out
}

fn pipeline_text(pipeline: &Pipeline, out: &mut Vec<u8>) {
    for (number, command) in pipeline.commands.iter().enumerate() {
        if number > 0 {
            out.extend_from_slice(b" | ");
        }
        match &**command {
            Command::Simple(simple) => {
                let values = simple.assigns.iter().map(|assign| {
                    let mut text = assign.name.to_vec();
                    text.push(b'=');
                    if let AssignValue::Scalar(word) = &assign.value {
                        text.extend_from_slice(&shown(word));
                    }
                    text
                });
                let words = simple.words.iter().map(|word: &Word| shown(word));
                let all: Vec<Vec<u8>> = values.chain(words).collect();
                out.extend_from_slice(&all.join(&b' '));
            }
            Command::Compound { .. } => out.extend_from_slice(b"(...)"),
            Command::Function { name, .. } => {
                out.extend_from_slice(name);
                out.extend_from_slice(b"()");
            }
        }
    }
}
