//! What a registry wants to be sent: the challenges of a `WWW-Authenticate` header (RFC 9110, 11.6.1).

use http::{HeaderMap, header::WWW_AUTHENTICATE};

/// Bytes of a header that are looked at; real ones have under 500.
const CHALLENGE_BYTES_MAX: usize = 8 * 1024;

/// A way to prove who one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token that is fetched elsewhere.
    Bearer {
        /// Where it is fetched.
        realm: String,
        /// For which registry.
        service: Option<String>,
        /// For what.
        scope: Option<String>,
        /// Why the one that was sent is not enough.
        error: Option<String>,
    },
}

impl Challenge {
    /// Reads all challenges of an answer; those of a kind that is not known are left out.
    pub(super) fn read(headers: &HeaderMap) -> Vec<Self> {
        let values = headers.get_all(WWW_AUTHENTICATE).iter();
        let texts = values.filter_map(|value| value.to_str().ok());
        texts.filter(|text| text.len() <= CHALLENGE_BYTES_MAX).flat_map(Self::parse).collect()
    }

    /// Tells whether the token that was sent is good, but not for this.
    pub(super) fn is_insufficient(&self) -> bool {
        matches!(self, Self::Bearer { error: Some(error), .. } if error == "insufficient_scope")
    }

    /// Reads one header, which may have several challenges.
    fn parse(text: &str) -> Vec<Self> {
        let mut challenges: Vec<(String, Vec<(String, String)>)> = Vec::new();
        let mut scanner = Scanner(text);
        while let Some(word) = scanner.word() {
            match scanner.value() {
                Some(value) => {
                    let Some((_, parameters)) = challenges.last_mut() else { return Vec::new() };
                    parameters.push((word.to_ascii_lowercase(), value));
                }
                None => challenges.push((word.to_ascii_lowercase(), Vec::new())),
            }
        }
        challenges.into_iter().filter_map(|(kind, parameters)| of(&kind, parameters)).collect()
    }
}

fn of(kind: &str, parameters: Vec<(String, String)>) -> Option<Challenge> {
    let get =
        |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    match kind {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: get("realm")?,
            service: get("service"),
            scope: get("scope"),
            error: get("error"),
        }),
        _ => None,
    }
}

/// What is left of a header.
struct Scanner<'t>(&'t str);

impl<'t> Scanner<'t> {
    /// Takes the next word; commas and spaces before it say nothing.
    fn word(&mut self) -> Option<&'t str> {
        self.0 = self.0.trim_start_matches([' ', '\t', ',']);
        let end = self.0.find([' ', '\t', ',', '=']).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    /// Takes the value of the word before, where it has one.
    fn value(&mut self) -> Option<String> {
        let rest = self.0.trim_start_matches([' ', '\t']).strip_prefix('=')?;
        let rest = rest.trim_start_matches([' ', '\t']);
        let Some(quoted) = rest.strip_prefix('"') else {
            let end = rest.find([' ', '\t', ',']).unwrap_or(rest.len());
            self.0 = &rest[end..];
            return Some(rest[..end].to_owned());
        };
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.0 = &quoted[at + 1..];
                    return Some(value);
                }
                '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
                other => value.push(other),
            }
        }
        // It never ends, so nothing comes behind it.
        self.0 = "";
        Some(value)
    }
}

#[cfg(test)]
mod tests;
