//! A receiver of webhooks that refuses, redirects or takes, as it is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};

/// A delivery that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) signature: String,
    pub(crate) body: String,
}

/// The receiver; it ends with the process.
pub(crate) struct Receiver {
    pub(crate) url: String,
    taken: Arc<Mutex<Vec<Delivery>>>,
}

impl Receiver {
    /// Listens; the first deliveries get `answers`, one each, and all later ones are taken.
    pub(crate) fn start(answers: Vec<u16>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        let taken = Arc::new(Mutex::new(Vec::new()));
        let (mut answers, kept) = (answers.into_iter(), Arc::clone(&taken));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let status = answers.next().unwrap_or(204);
                if let Ok(delivery) = answer(stream, status)
                    && status == 204
                {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(delivery);
                }
            }
        });
        Ok(Self { url, taken })
    }

    /// What was taken so far.
    pub(crate) fn taken(&self) -> Vec<Delivery> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(stream: TcpStream, status: u16) -> Result<Delivery> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut length, mut signature) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().context("a length")?,
            "x-sockerless-signature" => signature = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let location = if status == 307 { "Location: http://127.0.0.1:9/\r\n" } else { "" };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} told\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n"
    )?;
    Ok(Delivery { signature, body: String::from_utf8(body)? })
}
