//! `wget`: files over HTTP.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::time::Duration;

use bstr::{BStr, BString, ByteSlice};
use sandbox_world::call::{Call, Outcome, Stop, error_text};
use sandbox_world::files::OpenOptions;
use sandbox_world::input::{CHUNK_BYTES, Input, chomp, read_line};
use sandbox_world::options::{Options, Spec, parse, usage};
use sandbox_world::paths::{base_name, inside};
use sandbox_world::stream::{Stream, write_all};

const SPEC: Spec = Spec {
    usage: "wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n\t[--post-data STR | --post-file FILE] [-P DIR] [-U AGENT] URL...",
    short: "cqSO:o:P:U:T:t:Y:",
    long: &[
        ("quiet", 'q'),
        ("output-document=", 'O'),
        ("directory-prefix=", 'P'),
        ("user-agent=", 'U'),
        ("server-response", 'S'),
        ("timeout=", 'T'),
        ("tries=", 't'),
        ("header=", '\u{1}'),
        ("post-data=", '\u{2}'),
        ("post-file=", '\u{3}'),
        ("spider", '\u{4}'),
        ("no-check-certificate", '\u{5}'),
    ],
};

/// Redirects that are followed, as busybox does.
const REDIRECTS_MAX: usize = 5;

/// A line of an answer's head, and how many there may be: nobody sends more in earnest.
const HEAD_LINE_BYTES_MAX: u64 = 16 << 10;
const HEAD_LINES_MAX: usize = 200;

/// How long nothing may move where `-T` says nothing, as busybox has it.
const PATIENCE_SECS: u64 = 900;

/// Where a file is.
struct Url {
    host: BString,
    port: u16,
    path: BString,
}

/// The head of an answer.
struct Head {
    status: u16,
    line: String,
    length: Option<u64>,
    chunked: bool,
    location: Option<BString>,
}

/// Runs it.
pub(crate) fn wget(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    if options.operands.is_empty() {
        return usage(call, &SPEC);
    }
    let patience = patience(call, &options)?;
    for address in options.operands.clone() {
        fetch(call, &options, &address, patience)?;
    }
    Ok(0)
}

fn patience(call: &mut Call, options: &Options) -> Result<Duration, Stop> {
    let Some(given) = options.value('T') else { return Ok(Duration::from_secs(PATIENCE_SECS)) };
    match given.to_str().ok().and_then(|text| text.parse().ok()) {
        // busybox waits for ever then; this is as good.
        Some(0) => Ok(Duration::from_secs(u64::from(u32::MAX))),
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => call.fail(format!("invalid number '{given}'")),
    }
}

/// Says that a transfer ended before its end.
fn broken<T>(call: &mut Call, error: &io::Error, words: &str) -> Result<T, Stop> {
    match Stop::of(error) {
        Some(stop) => Err(stop),
        None if error.kind() == io::ErrorKind::TimedOut => call.fail("download timed out"),
        None => call.fail(words),
    }
}

fn url(call: &mut Call, address: &BStr) -> Result<Url, Stop> {
    let rest = match address.split_once_str("://") {
        None => address.as_bytes(),
        Some((b"http", rest)) => rest,
        Some(_) => return call.fail(format!("not an http or ftp url: {address}")),
    };
    let end = rest.find_byteset("/?#").unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = path.split_str("#").next().unwrap_or_default();
    let slash: &[u8] = if path.starts_with(b"/") { b"" } else { b"/" };
    // Who asks is nobody's business here: names and passwords are not sent.
    let authority = authority.rsplit_str("@").next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once_str(":") {
        Some((host, port)) if !port.contains(&b']') => {
            (host, port.to_str().ok().and_then(|port| port.parse().ok()))
        }
        _ => (authority, Some(80)),
    };
    let Some(port) = port else { return call.fail(format!("bad port in {address}")) };
    let host = host.trim_with(|c| c == '[' || c == ']').into();
    Ok(Url { host, port, path: [slash, path].concat().into() })
}

fn fetch(
    call: &mut Call,
    options: &Options,
    address: &BString,
    patience: Duration,
) -> Result<(), Stop> {
    let mut address = address.clone();
    for _ in 0..=REDIRECTS_MAX {
        let url = url(call, address.as_ref())?;
        if !options.has('q') {
            call.write_error(format!("Connecting to {}:{}\n", url.host, url.port).as_bytes())?;
        }
        let host = url.host.as_ref();
        let stream = match call.world.connect(host, url.port, patience, &call.interrupt) {
            Ok(stream) => stream,
            Err(error) => {
                let text = error_text(&error);
                let words = format!("can't connect to remote host ({host}): {text}");
                return broken(call, &error, &words);
            }
        };
        let mut input = ask(call, options, &url, stream)?;
        let head = match head(&mut input) {
            Ok(head) => head,
            Err(error) => return broken(call, &error, "error getting response"),
        };
        if options.has('S') {
            call.write_error(format!("  {}\n", head.line).as_bytes())?;
        }
        if let (300..=399, Some(location)) = (head.status, &head.location) {
            address = if location.starts_with(b"/") {
                format!("http://{}:{}{location}", url.host, url.port).into()
            } else {
                location.clone()
            };
            continue;
        }
        if !matches!(head.status, 200..=299) {
            return call.fail(format!("server returned error: {}", head.line));
        }
        if options.has('\u{4}') {
            return Ok(());
        }
        return save(call, options, &url, input, &head);
    }
    call.fail("too many redirections")
}

fn ask(
    call: &mut Call,
    options: &Options,
    url: &Url,
    stream: Arc<dyn Stream>,
) -> Result<Input, Stop> {
    let body = match (options.value('\u{2}'), options.value('\u{3}').map(BStr::to_owned)) {
        (Some(text), _) => Some(text.to_vec()),
        (None, Some(name)) => Some(call.slurp(&name)?),
        (None, None) => None,
    };
    let method = if body.is_some() { "POST" } else { "GET" };
    let port = if url.port == 80 { String::new() } else { format!(":{}", url.port) };
    let agent = options.value('U').unwrap_or(BStr::new("Wget"));
    let mut text = format!(
        "{method} {} HTTP/1.1\r\nHost: {}{port}\r\nUser-Agent: {agent}\r\nConnection: close\r\n",
        url.path, url.host
    )
    .into_bytes();
    for header in options.values('\u{1}') {
        text.extend_from_slice(&[header.as_bytes(), b"\r\n"].concat());
    }
    if let Some(body) = &body {
        text.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        let has_type =
            options.values('\u{1}').any(|h| h.to_ascii_lowercase().starts_with(b"content-type:"));
        if !has_type {
            text.extend_from_slice(b"Content-Type: application/x-www-form-urlencoded\r\n");
        }
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(&body.unwrap_or_default());
    if let Err(error) = write_all(&*stream, &text, &call.interrupt) {
        return call.fail_of(b"error sending request", &error);
    }
    Ok(call.input(stream))
}

fn head(input: &mut Input) -> io::Result<Head> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let line = |input: &mut Input| {
        let mut line = Vec::new();
        read_line(&mut input.by_ref().take(HEAD_LINE_BYTES_MAX), b'\n', &mut line)?;
        if !chomp(&mut line, b'\n') {
            return Err(invalid());
        }
        chomp(&mut line, b'\r');
        Ok(line)
    };
    let first = line(input)?;
    let text = first.to_str().map_err(|_| invalid())?.to_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut head = Head {
        status: status.ok_or_else(invalid)?,
        line: text,
        length: None,
        chunked: false,
        location: None,
    };
    for _ in 0..HEAD_LINES_MAX {
        let header = line(input)?;
        if header.is_empty() {
            return Ok(head);
        }
        let Some((name, value)) = header.split_once_str(":") else { continue };
        let value = value.trim();
        match name.to_ascii_lowercase().as_slice() {
            b"content-length" => head.length = value.to_str().ok().and_then(|v| v.parse().ok()),
            b"transfer-encoding" => head.chunked = value.eq_ignore_ascii_case(b"chunked"),
            b"location" => head.location = Some(value.into()),
            _ => {}
        }
    }
    Err(invalid())
}

fn save(
    call: &mut Call,
    options: &Options,
    url: &Url,
    mut input: Input,
    head: &Head,
) -> Result<(), Stop> {
    let given = options.value('O').map(BStr::to_owned);
    let to_output = given.as_ref().is_some_and(|name| name == "-");
    let name = given.clone().unwrap_or_else(|| {
        let path = url.path.split_str("?").next().unwrap_or_default();
        let base = if path.ends_with(b"/") { b"index.html" } else { base_name(path) };
        options.value('P').map_or_else(|| base.into(), |folder| inside(folder, base))
    });
    let mode = 0o666 & !call.process.umask;
    let how = OpenOptions { create_new: given.is_none(), ..OpenOptions::writing(mode) };
    let output = if to_output {
        None
    } else {
        match call.open_with(&name, &how) {
            Ok(stream) => Some(stream),
            Err(error) => return call.fail_of(format!("can't open '{name}'").as_bytes(), &error),
        }
    };
    let mut put = |call: &mut Call, bytes: &[u8]| match &output {
        None => call.write(bytes),
        Some(stream) => match write_all(&**stream, bytes, &call.interrupt) {
            Ok(()) => Ok(()),
            Err(error) => call.fail_of(&name, &error),
        },
    };
    let copied = if head.chunked {
        chunks(call, &mut input, &mut put)?
    } else {
        piece(call, &mut input, head.length, &mut put)?
    };
    if let Err(error) = copied {
        return broken(call, &error, "connection closed prematurely");
    }
    if !options.has('q') {
        let text =
            if to_output { "written to stdout\n".to_owned() } else { format!("'{name}' saved\n") };
        call.write_error(text.as_bytes())?;
    }
    Ok(())
}

type Put<'p> = &'p mut dyn FnMut(&mut Call, &[u8]) -> Result<(), Stop>;

/// Copies so many bytes, or all there are.
fn piece(
    call: &mut Call,
    input: &mut Input,
    length: Option<u64>,
    put: Put<'_>,
) -> Result<io::Result<()>, Stop> {
    let mut left = length;
    let mut chunk = vec![0; CHUNK_BYTES];
    while left != Some(0) {
        let most = left.map_or(CHUNK_BYTES, |left| usize::try_from(left).unwrap_or(CHUNK_BYTES));
        let count = match input.read(&mut chunk[..most.min(CHUNK_BYTES)]) {
            Ok(count) => count,
            Err(error) => return Ok(Err(error)),
        };
        if count == 0 {
            let is_short = left.is_some();
            return Ok(if is_short { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) });
        }
        put(call, &chunk[..count])?;
        left = left.map(|left| left - count as u64);
    }
    Ok(Ok(()))
}

fn chunks(call: &mut Call, input: &mut Input, put: Put<'_>) -> Result<io::Result<()>, Stop> {
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(HEAD_LINE_BYTES_MAX).read_until(b'\n', &mut line);
        let digits = line.trim().split_str(";").next().unwrap_or_default().to_vec();
        let size =
            digits.to_str().ok().and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
        let size = match (read, size) {
            (Err(error), _) => return Ok(Err(error)),
            (Ok(_), None) => return Ok(Err(io::ErrorKind::InvalidData.into())),
            (Ok(_), Some(0)) => return Ok(Ok(())),
            (Ok(_), Some(size)) => size,
        };
        if let Err(error) = piece(call, input, Some(size), put)? {
            return Ok(Err(error));
        }
        // The line that ends a chunk.
        let mut end = Vec::new();
        if let Err(error) = input.by_ref().take(2).read_until(b'\n', &mut end) {
            return Ok(Err(error));
        }
    }
}
