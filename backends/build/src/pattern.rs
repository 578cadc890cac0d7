//! Patterns of names, as Go's `path/filepath` matches them: `*`, `?`, classes, and a backslash before what is meant plainly.

/// A pattern that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub(crate) struct BadPattern;

/// Tells whether a text is a pattern and not a plain name.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Tells whether a whole name, which has no slash, is one of the pattern.
pub(crate) fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let parts = parse(pattern)?;
    let name: Vec<char> = name.chars().collect();
    let is_any = |part: &Part| matches!(part, Part::Any);
    Ok(matches_all(&parts, &name, is_any, |part, next| part.takes(*next)))
}

/// Tells whether parts take all items in order, one each but for those that take any number.
///
/// Each of those is tried again where the one before it stopped, so that many of them cost no more than the product of both
/// lengths.
pub(crate) fn matches_all<P, I>(
    parts: &[P],
    items: &[I],
    is_any: impl Fn(&P) -> bool,
    takes: impl Fn(&P, &I) -> bool,
) -> bool {
    let (mut part, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while part < parts.len() || at < items.len() {
        match parts.get(part) {
            Some(any) if is_any(any) => {
                retry = Some((part, at + 1));
                part += 1;
                continue;
            }
            Some(one) if items.get(at).is_some_and(|item| takes(one, item)) => {
                part += 1;
                at += 1;
                continue;
            }
            Some(_) | None => {}
        }
        match retry {
            Some((any, from)) if from <= items.len() => (part, at) = (any, from),
            _ => return false,
        }
    }
    true
}

enum Part {
    Any,
    One,
    Char(char),
    Class { not: bool, ranges: Vec<(char, char)> },
}

impl Part {
    fn takes(&self, next: char) -> bool {
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Char(char) => *char == next,
            Self::Class { not, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&next)) != *not
            }
        }
    }
}

fn parse(pattern: &str) -> Result<Vec<Part>, BadPattern> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(next) = chars.next() {
        parts.push(match next {
            '*' => Part::Any,
            '?' => Part::One,
            '\\' => Part::Char(chars.next().ok_or(BadPattern)?),
            '[' => {
                let not = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                loop {
                    let low = match chars.next().ok_or(BadPattern)? {
                        ']' if !ranges.is_empty() => break,
                        ']' | '-' => return Err(BadPattern),
                        '\\' => chars.next().ok_or(BadPattern)?,
                        low => low,
                    };
                    let mut high = low;
                    if chars.next_if_eq(&'-').is_some() {
                        high = match chars.next().ok_or(BadPattern)? {
                            '\\' => chars.next().ok_or(BadPattern)?,
                            ']' | '-' => return Err(BadPattern),
                            high => high,
                        };
                    }
                    ranges.push((low, high));
                }
                Part::Class { not, ranges }
            }
            next => Part::Char(next),
        });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests;
