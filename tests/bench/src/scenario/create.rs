//! Creating containers: one synced record each, shared by those who create at the same time.

use anyhow::Result;

use super::{Plan, create_body};
use crate::figure::Figure;
use crate::load::{Work, load};
use crate::subject::Subject;
use crate::wire::{Wire, request};

const WHAT: &str = "durable create, 16 clients";
const CLIENTS: usize = 16;

struct Create {
    wire: Wire,
    request: Vec<u8>,
}

impl Work for Create {
    async fn once(&mut self) -> Result<()> {
        self.wire.expect(&self.request, 201).await.map(drop)
    }
}

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let mut answer = None;
    for kind in plan.servers() {
        let subject = plan.start(kind).await?;
        figures.push(load(WHAT, &subject, workers(&subject).await?, plan.span(5)).await?);
        let request = request("POST", "/v1.41/containers/create", &create_body(&["true"]));
        answer = Some(Wire::open(&subject.socket()).await?.expect(&request, 201).await?.body);
    }
    if let Some(subject) = plan.constant(201, answer).await? {
        figures.push(load(WHAT, &subject, workers(&subject).await?, plan.span(5)).await?);
    }
    Ok(figures)
}

async fn workers(subject: &Subject) -> Result<Vec<Create>> {
    let mut workers = Vec::new();
    for _ in 0..CLIENTS {
        workers.push(Create {
            wire: Wire::open(&subject.socket()).await?,
            request: request("POST", "/v1.41/containers/create", &create_body(&["true"])),
        });
    }
    Ok(workers)
}
