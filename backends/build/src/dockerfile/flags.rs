//! Flags of an instruction: the words before the first that does not begin with two dashes.

/// A flag and its value.
type Flag = (String, Option<String>);

/// Divides what follows an instruction's name.
pub(super) fn split_flags(text: &str) -> (Vec<Flag>, &str) {
    let mut flags = Vec::new();
    let mut rest = text;
    while rest.starts_with("--") {
        let (word, behind) = word(rest);
        // Two dashes alone end them.
        if word == "--" {
            return (flags, behind);
        }
        let word = word.trim_start_matches("--");
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        flags.push((name.to_owned(), value));
        rest = behind;
    }
    (flags, rest)
}

/// Takes the first word, its quotes off, and gives it with what is behind it.
fn word(text: &str) -> (String, &str) {
    let mut word = String::new();
    let mut quote = None;
    let mut escaped = false;
    for (at, next) in text.char_indices() {
        match next {
            _ if escaped => {
                word.push(next);
                escaped = false;
            }
            '\\' if quote != Some('\'') => escaped = true,
            '"' | '\'' if quote.is_none() => quote = Some(next),
            _ if quote == Some(next) => quote = None,
            _ if next.is_whitespace() && quote.is_none() => {
                return (word, text[at..].trim_start());
            }
            _ => word.push(next),
        }
    }
    (word, "")
}
