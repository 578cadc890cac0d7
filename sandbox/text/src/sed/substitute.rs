//! `s`: another text for what matches.

use std::rc::Rc;

use super::{Case, Part, Substitution};
use sandbox_world::pattern::{Groups, Pattern};

impl Substitution {
    /// The text after it, or none where nothing matched.
    pub(super) fn apply(&self, regex: &Rc<Pattern>, text: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut at = 0;
        let mut count = 0;
        let mut copied = 0;
        let mut replaced = false;
        let mut last_end = None;
        while at <= text.len()
            && let Some(groups) = regex.groups_at(text, at)
            && let Some(found) = groups[0]
        {
            let is_empty = found.start == found.end;
            // An empty match right behind another one is none.
            if !(is_empty && last_end == Some(found.start)) {
                count += 1;
                if count >= self.nth {
                    out.extend_from_slice(&text[copied..found.start]);
                    self.replacement(text, &groups, &mut out);
                    copied = found.end;
                    replaced = true;
                    if !self.all {
                        break;
                    }
                }
            }
            last_end = Some(found.end);
            at = if is_empty { found.end + 1 } else { found.end };
        }
        if !replaced {
            return None;
        }
        out.extend_from_slice(&text[copied..]);
        Some(out)
    }

    fn replacement(&self, text: &[u8], groups: &Groups, out: &mut Vec<u8>) {
        let mut case = Case::AsIs;
        let mut first: Option<Case> = None;
        for part in &self.parts {
            let piece = match part {
                Part::Text(text) => text.as_slice(),
                Part::Group(index) => match groups.get(*index).copied().flatten() {
                    Some(found) => &text[found.start..found.end],
                    None => &[],
                },
                Part::Case(new @ (Case::FirstUpper | Case::FirstLower)) => {
                    first = Some(*new);
                    continue;
                }
                Part::Case(new) => {
                    case = *new;
                    continue;
                }
            };
            let start = out.len();
            out.extend_from_slice(piece);
            match case {
                Case::Upper => out[start..].make_ascii_uppercase(),
                Case::Lower => out[start..].make_ascii_lowercase(),
                Case::AsIs | Case::FirstUpper | Case::FirstLower => {}
            }
            if out.len() > start
                && let Some(first) = first.take()
            {
                let byte = &mut out[start];
                *byte = if first == Case::FirstUpper {
                    byte.to_ascii_uppercase()
                } else {
                    byte.to_ascii_lowercase()
                };
            }
        }
    }
}
