//! An answer that has begun, and may last for as long as something else does.

use anyhow::Result;
use bytes::Bytes;
use http::header::{CONNECTION, UPGRADE};
use http::{Method, Response, StatusCode};
use hyper::body::Incoming;

use super::{Client, Connection, Reply, request};
use crate::stream::Hijacked;

/// An answer whose head is there.
#[derive(Debug)]
pub struct Pending {
    response: Response<Incoming>,
    connection: Connection,
}

impl Client {
    /// Sends a request, asks for the connection itself where `upgrade` says so, and waits for the head of the answer.
    pub async fn begin(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Bytes)>,
        upgrade: bool,
    ) -> Result<Pending> {
        let mut connection = Connection::open(&self.socket).await?;
        let mut request = request(method, &format!("{}{path}", self.prefix), body)?;
        if upgrade {
            request.headers_mut().insert(CONNECTION, "Upgrade".parse()?);
            request.headers_mut().insert(UPGRADE, "tcp".parse()?);
        }
        let response = connection.send(request).await?;
        Ok(Pending { response, connection })
    }
}

impl Pending {
    /// Reads the rest. What came on a connection that was given away counts as the body.
    pub async fn read(mut self) -> Result<Reply> {
        if self.response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Reply::read(self.response).await;
        }
        let (status, headers) = (self.response.status(), self.response.headers().clone());
        let upgraded = hyper::upgrade::on(&mut self.response).await?;
        let mut stream = Hijacked::new(headers.clone(), upgraded, self.connection);
        let body = stream.read_to_end().await?.into();
        Ok(Reply { status, headers, body })
    }
}
