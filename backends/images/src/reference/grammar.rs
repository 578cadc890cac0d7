//! The grammar of whole image names (distribution reference, `name [":" tag] ["@" digest]`).

/// Bytes of a tag.
const TAG_BYTES_MAX: usize = 128;
/// Digits that a digest has at least.
const DIGEST_DIGITS_MIN: usize = 32;

/// The parts of a name that follow its registry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'t> {
    pub(super) path: &'t str,
    pub(super) tag: Option<&'t str>,
    pub(super) digest: Option<&'t str>,
}

/// Divides what follows a registry; `None` when the two do not follow the grammar.
pub(super) fn parse<'t>(domain: &str, text: &'t str) -> Option<Parts<'t>> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let (path, tag) = match name.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (name, None),
    };
    let follows = is_domain(domain)
        && path.split('/').all(is_path_component)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest);
    follows.then_some(Parts { path, tag, digest })
}

/// Tells whether `text` can be a tag.
pub(super) fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= TAG_BYTES_MAX
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

fn is_domain(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            let address = address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
            (address, port)
        }
        None => {
            let (host, port) = text.find(':').map_or((text, ""), |at| text.split_at(at));
            (host.split('.').all(is_domain_component), port)
        }
    };
    let is_port = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    host && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

fn is_domain_component(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Words of lower-case letters and digits, with one dot, one or two underscores, or any number of dashes between.
fn is_path_component(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut rest = text;
    loop {
        let word = rest.bytes().take_while(|&byte| is_word(byte)).count();
        if word == 0 {
            return false;
        }
        rest = &rest[word..];
        if rest.is_empty() {
            return true;
        }
        let separator = rest.bytes().take_while(|&byte| !is_word(byte)).count();
        if !matches!(&rest[..separator], "." | "_" | "__")
            && !rest[..separator].bytes().all(|byte| byte == b'-')
        {
            return false;
        }
        rest = &rest[separator..];
    }
}

fn is_digest(text: &str) -> bool {
    let Some((algorithm, digits)) = text.split_once(':') else { return false };
    let mut parts = algorithm.split(['-', '_', '+', '.']);
    parts.all(|part| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    }) && digits.len() >= DIGEST_DIGITS_MIN
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
