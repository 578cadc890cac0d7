//! Names and values of `ENV` and `LABEL`: `name=value …`, or one name and the rest of the line.

use super::{ChangeError, Words, wrong};

/// Reads the pairs of an instruction.
pub(super) fn parse(
    command: &str,
    text: &str,
    with: Words<'_>,
) -> Result<Vec<(String, String)>, ChangeError> {
    let words = words(text, with.escape);
    let first_is_pair = words.first().is_some_and(|first| first.contains('='));
    let pairs: Vec<(&str, &str)> = if first_is_pair {
        let pair = |word: &'_ str| -> Result<_, ChangeError> {
            let at = word.find('=').ok_or_else(|| {
                ChangeError::Arguments(format!(
                    "Syntax error - can't find = in {word:?}. Must be of the form: name=value"
                ))
            })?;
            Ok(at)
        };
        words
            .iter()
            .map(|word| pair(word).map(|at| (&word[..at], &word[at + 1..])))
            .collect::<Result<_, _>>()?
    } else {
        match text.split_once(char::is_whitespace) {
            Some((name, value)) => vec![(name, value.trim_start())],
            None => return wrong(format!("{command} must have two arguments")),
        }
    };
    let mut expanded = Vec::new();
    for (name, value) in pairs {
        let name = with.expand(name)?;
        if name.is_empty() {
            return wrong(format!("{command} names can not be blank"));
        }
        expanded.push((name, with.expand(value)?));
    }
    Ok(expanded)
}

/// Divides at blanks that are neither quoted nor escaped, and leaves quotes and backslashes in.
fn words(text: &str, escape: char) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut escaped = false;
    for (at, next) in text.char_indices() {
        if next.is_whitespace() && quote.is_none() && !escaped {
            words.extend(start.take().map(|start| &text[start..at]));
            continue;
        }
        start.get_or_insert(at);
        match next {
            _ if escaped => escaped = false,
            _ if next == escape && quote != Some('\'') => escaped = true,
            '"' | '\'' if quote.is_none() => quote = Some(next),
            _ if quote == Some(next) => quote = None,
            _ => {}
        }
    }
    words.extend(start.map(|start| &text[start..]));
    words
}
