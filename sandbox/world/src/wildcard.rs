//! Patterns as `fnmatch` has them.

/// How a pattern is compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wildcard {
    /// Letters of both cases are alike.
    pub ignore_case: bool,
    /// A wildcard takes no `/`.
    pub path: bool,
}

impl Wildcard {
    /// True where all of `text` is what `pattern` says.
    pub fn matches(self, pattern: &[u8], text: &[u8]) -> bool {
        let (mut at, mut in_text) = (0, 0);
        // Where the last star is, and where in the text it goes on after another byte.
        let mut star: Option<(usize, usize)> = None;
        loop {
            if at < pattern.len() && pattern[at] == b'*' {
                star = Some((at + 1, in_text));
                at += 1;
                continue;
            }
            if in_text == text.len() && at == pattern.len() {
                return true;
            }
            let step = (in_text < text.len() && at < pattern.len())
                .then(|| self.one(&pattern[at..], text[in_text]))
                .flatten();
            if let Some(length) = step {
                at += length;
                in_text += 1;
                continue;
            }
            match star {
                Some((after, tried)) if tried < text.len() && !self.is_bound(text[tried]) => {
                    star = Some((after, tried + 1));
                    (at, in_text) = (after, tried + 1);
                }
                _ => return false,
            }
        }
    }

    fn is_bound(self, byte: u8) -> bool {
        self.path && byte == b'/'
    }

    /// How much of the pattern takes `byte`, or none where it does not.
    fn one(self, pattern: &[u8], byte: u8) -> Option<usize> {
        match pattern[0] {
            b'?' => (!self.is_bound(byte)).then_some(1),
            b'[' => match self.set(pattern, byte) {
                Some((true, length)) => (!self.is_bound(byte)).then_some(length),
                Some((false, _)) => None,
                None => (byte == b'[').then_some(1),
            },
            b'\\' if pattern.len() > 1 => self.same(pattern[1], byte).then_some(2),
            other => self.same(other, byte).then_some(1),
        }
    }

    fn same(self, a: u8, b: u8) -> bool {
        a == b || self.ignore_case && a.eq_ignore_ascii_case(&b)
    }

    /// Whether `byte` is in the set that `pattern` begins with, and its length; none where it has no end.
    fn set(self, pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
        let mut at = 1;
        let negated = matches!(pattern.get(at), Some(b'!' | b'^'));
        at += usize::from(negated);
        let mut found = false;
        let start = at;
        loop {
            let first = *pattern.get(at)?;
            if first == b']' && at > start {
                return Some((found != negated, at + 1));
            }
            if first == b'[' && pattern.get(at + 1) == Some(&b':') {
                let length = pattern[at + 2..].windows(2).position(|pair| pair == b":]")?;
                found |= class_has(&pattern[at + 2..at + 2 + length], byte);
                at += length + 4;
                continue;
            }
            let escaped = usize::from(first == b'\\' && at + 1 < pattern.len());
            let low = pattern[at + escaped];
            at += 1 + escaped;
            let is_range = pattern.get(at) == Some(&b'-')
                && pattern.get(at + 1).is_some_and(|byte| *byte != b']');
            if is_range {
                let high = pattern[at + 1];
                at += 2;
                let within = |byte: u8| (low..=high).contains(&byte);
                found |= within(byte)
                    || self.ignore_case
                        && (within(byte.to_ascii_lowercase()) || within(byte.to_ascii_uppercase()));
            } else {
                found |= self.same(low, byte);
            }
        }
    }
}

/// True where a class such as `alpha` has the byte.
pub fn class_has(name: &[u8], byte: u8) -> bool {
    match name {
        b"alpha" => byte.is_ascii_alphabetic(),
        b"digit" => byte.is_ascii_digit(),
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"upper" => byte.is_ascii_uppercase(),
        b"lower" => byte.is_ascii_lowercase(),
        b"space" => byte.is_ascii_whitespace() || byte == 11,
        b"blank" => byte == b' ' || byte == b'\t',
        b"punct" => byte.is_ascii_punctuation(),
        b"print" => (b' '..=b'~').contains(&byte),
        b"graph" => (b'!'..=b'~').contains(&byte),
        b"cntrl" => byte.is_ascii_control(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    }
}
