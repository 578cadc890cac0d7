//! Extended headers (POSIX pax): lines of a length, a key and a value.

/// The values of an extended header that matter to an image.
#[derive(Debug, Default)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size_bytes: Option<u64>,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    /// Seconds since the Unix epoch, and nanoseconds.
    pub(super) mtime: Option<(i64, u32)>,
    /// Extended attributes: names and values.
    pub(super) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) sparse: Sparse,
}

/// What GNU tar says of a sparse file in extended headers.
#[derive(Debug, Default)]
pub(super) struct Sparse {
    pub(super) name: Option<Vec<u8>>,
    pub(super) major: Option<u64>,
    /// `GNU.sparse.size` or `GNU.sparse.realsize`.
    pub(super) real_bytes: Option<u64>,
    /// Offsets and lengths, of the forms 0.0 and 0.1.
    pub(super) numbers: Vec<u64>,
}

impl Pax {
    /// Reads an extended header.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let mut pax = Self::default();
        records(bytes, |key, value| pax.set(key, value))?;
        Ok(pax)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
            self.xattrs.push((name.to_vec(), value.to_vec()));
            return Ok(());
        }
        // An empty value takes back what an earlier header said, and there is none that counts.
        if value.is_empty() {
            return Ok(());
        }
        match key {
            b"path" => self.path = Some(without_zero(value)?),
            b"linkpath" => self.link = Some(without_zero(value)?),
            b"size" => self.size_bytes = Some(decimal(value)?),
            b"uid" => self.uid = Some(decimal(value)?),
            b"gid" => self.gid = Some(decimal(value)?),
            b"mtime" => self.mtime = Some(time(value)?),
            b"GNU.sparse.name" => self.sparse.name = Some(without_zero(value)?),
            b"GNU.sparse.major" => self.sparse.major = Some(decimal(value)?),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => {
                self.sparse.real_bytes = Some(decimal(value)?);
            }
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                self.sparse.numbers.push(decimal(value)?);
            }
            b"GNU.sparse.map" => {
                let numbers = value.split(|&byte| byte == b',').map(decimal);
                self.sparse.numbers = numbers.collect::<Result<_, _>>()?;
            }
            // Times of access and change, names of owners, character sets, and what other programs add.
            _ => {}
        }
        Ok(())
    }
}

/// Refuses a header for all following entries that would change what they are: some readers heed it, some do not.
pub(super) fn check_global(bytes: &[u8]) -> Result<(), &'static str> {
    records(bytes, |key, _| match key {
        b"path" | b"linkpath" | b"size" | b"uid" | b"gid" => {
            Err("a global header that sets names, sizes or owners")
        }
        _ if key.starts_with(b"GNU.sparse.") || key.starts_with(b"SCHILY.xattr.") => {
            Err("a global header that sets contents or attributes")
        }
        _ => Ok(()),
    })
}

fn records(
    mut bytes: &[u8],
    mut each: impl FnMut(&[u8], &[u8]) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    const BAD: &str = "a bad line in an extended header";
    while !bytes.is_empty() {
        let space = bytes.iter().position(|&byte| byte == b' ').ok_or(BAD)?;
        let len = usize::try_from(decimal(&bytes[..space])?).map_err(|_| BAD)?;
        let line = bytes.get(space + 1..len).ok_or(BAD)?;
        let line = line.strip_suffix(b"\n").ok_or(BAD)?;
        let equals = line.iter().position(|&byte| byte == b'=').ok_or(BAD)?;
        let (key, value) = (&line[..equals], &line[equals + 1..]);
        if key.is_empty() || key.contains(&0) {
            return Err(BAD);
        }
        each(key, value)?;
        bytes = &bytes[len..];
    }
    Ok(())
}

/// Reads a decimal number of nothing but digits.
pub(super) fn decimal(digits: &[u8]) -> Result<u64, &'static str> {
    const BAD: &str = "a bad number in an extended header";
    let digits = str::from_utf8(digits).map_err(|_| BAD)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().map_err(|_| BAD)
    } else {
        Err(BAD)
    }
}

/// Reads seconds with any number of decimals; a time before the epoch is rounded down to nanoseconds.
fn time(value: &[u8]) -> Result<(i64, u32), &'static str> {
    const BAD: &str = "a bad time in an extended header";
    let (negative, value) = match value.strip_prefix(b"-") {
        Some(value) => (true, value),
        None => (false, value),
    };
    let mut parts = value.splitn(2, |&byte| byte == b'.');
    let whole = decimal(parts.next().unwrap_or_default()).map_err(|_| BAD)?;
    let whole = i64::try_from(whole).map_err(|_| BAD)?;
    let fraction = parts.next().unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return Err(BAD);
    }
    let digit = |at: usize| fraction.get(at).map_or(0, |digit| u32::from(digit - b'0'));
    let nanos = (0..9).fold(0, |nanos, at| nanos * 10 + digit(at));
    Ok(match (negative, nanos) {
        (false, nanos) => (whole, nanos),
        (true, 0) => (-whole, 0),
        (true, nanos) => (-whole - 1, 1_000_000_000 - nanos),
    })
}

fn without_zero(value: &[u8]) -> Result<Vec<u8>, &'static str> {
    if value.contains(&0) { Err("a name with a zero byte") } else { Ok(value.to_vec()) }
}
