//! Clients that take a connection for a stream without asking for it.
//!
//! The library gives a connection up only where its client has asked, so the question is put into the head here. Only a
//! head that comes whole in one piece is looked at; these clients send it so.

use tokio::io::ReadBuf;

use crate::options::StreamLine;

/// The headers that ask.
const QUESTION: &[u8] = b"Connection: Upgrade\r\nUpgrade: tcp\r\n";

/// Has a head that begins at `start` ask for an upgrade, where its first line says that it becomes a stream and the rest
/// asks for none.
pub(super) fn ask_for_upgrade(buf: &mut ReadBuf<'_>, start: usize, is_stream: StreamLine) {
    let head = &buf.filled()[start..];
    // This is on the way of every request, and few are streams: their line tells first.
    let Some(line) = memchr::memchr(b'\r', head) else { return };
    if !is_stream(&head[..line]) || !head[line..].starts_with(b"\r\n") {
        return;
    }
    let is_whole = head.windows(4).any(|end| end == b"\r\n\r\n");
    if !is_whole || asks(head) || buf.remaining() < QUESTION.len() {
        return;
    }
    let rest = head[line + 2..].to_vec();
    buf.set_filled(start + line + 2);
    buf.put_slice(QUESTION);
    buf.put_slice(&rest);
}

fn asks(head: &[u8]) -> bool {
    const NAME: &[u8] = b"\r\nupgrade:";
    head.windows(NAME.len()).any(|bytes| bytes.eq_ignore_ascii_case(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(head: &str) -> String {
        let mut room = [0; 256];
        let mut buf = ReadBuf::new(&mut room);
        buf.put_slice(b"before");
        buf.put_slice(head.as_bytes());
        ask_for_upgrade(&mut buf, 6, |line| line.starts_with(b"POST /start"));
        String::from_utf8(buf.filled()[6..].to_vec()).unwrap()
    }

    #[test]
    fn a_head_of_a_stream_is_made_to_ask() {
        assert_eq!(
            asked("POST /start HTTP/1.1\r\nHost: d\r\n\r\n{}"),
            "POST /start HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nHost: d\r\n\r\n{}"
        );
    }

    #[test]
    fn other_heads_stay_as_they_are() {
        for head in [
            "POST /other HTTP/1.1\r\nHost: d\r\n\r\n",
            "POST /start HTTP/1.1\r\nupgrade: tcp\r\n\r\n",
            "POST /start HTTP/1.1\r\nHost:",
            "POST /sta",
        ] {
            assert_eq!(asked(head), head);
        }
    }
}
