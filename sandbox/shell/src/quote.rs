//! Values written so that a shell reads them back.

/// In single quotes always, as dash's `export -p` and bash's `${name@Q}`.
pub(crate) fn single(text: &[u8]) -> Vec<u8> {
    if text.iter().any(|byte| byte.is_ascii_control()) {
        return ansi(text);
    }
    let mut out = vec![b'\''];
    for byte in text {
        match byte {
            b'\'' => out.extend_from_slice(b"'\\''"),
            byte => out.push(*byte),
        }
    }
    out.push(b'\'');
    out
}

/// As dash writes values: each run of `'` stands in double quotes.
pub(crate) fn dash(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.iter().position(|byte| *byte == b'\'').unwrap_or(rest.len());
        out.push(b'\'');
        out.extend_from_slice(&rest[..end]);
        out.push(b'\'');
        rest = &rest[end..];
        let quotes = rest.iter().take_while(|byte| **byte == b'\'').count();
        if quotes == 0 {
            break;
        }
        out.push(b'"');
        out.extend_from_slice(&rest[..quotes]);
        out.push(b'"');
        rest = &rest[quotes..];
        if rest.is_empty() {
            break;
        }
    }
    out
}

/// Quoted only where it has to be, as bash's `set -x` and `set`.
pub(crate) fn needed(text: &[u8]) -> Vec<u8> {
    if text.is_empty() {
        return b"''".to_vec();
    }
    if text.iter().any(|byte| byte.is_ascii_control()) {
        return ansi(text);
    }
    let safe =
        |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"_-./:=@%+,".contains(byte);
    let special_start = matches!(text[0], b'~' | b'#');
    if !special_start && text.iter().all(|byte| safe(byte) || matches!(byte, b'#' | b'~')) {
        return text.to_vec();
    }
    single(text)
}

/// Each special character behind a backslash, as bash's `printf %q`.
pub(crate) fn backslashes(text: &[u8]) -> Vec<u8> {
    if text.is_empty() {
        return b"''".to_vec();
    }
    if text.iter().any(|byte| byte.is_ascii_control()) {
        return ansi(text);
    }
    let mut out = Vec::new();
    for (at, byte) in text.iter().enumerate() {
        let special =
            b" !\"$&'()*,;<>?[\\]^`{|}".contains(byte) || at == 0 && matches!(byte, b'#' | b'~');
        if special {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

/// In double quotes, as bash's `declare -p`.
pub(crate) fn double(text: &[u8]) -> Vec<u8> {
    if text.iter().any(|byte| byte.is_ascii_control()) {
        return ansi(text);
    }
    let mut out = vec![b'"'];
    for byte in text {
        if matches!(byte, b'"' | b'\\' | b'$' | b'`') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
    out
}

/// `$'…'`.
fn ansi(text: &[u8]) -> Vec<u8> {
    let mut out = b"$'".to_vec();
    for byte in text {
        match byte {
            7 => out.extend_from_slice(b"\\a"),
            8 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            11 => out.extend_from_slice(b"\\v"),
            12 => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            27 => out.extend_from_slice(b"\\E"),
            b'\'' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            byte if byte.is_ascii_control() => {
                out.extend_from_slice(format!("\\{byte:03o}").as_bytes());
            }
            byte => out.push(*byte),
        }
    }
    out.push(b'\'');
    out
}
