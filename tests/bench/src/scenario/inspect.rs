//! Inspecting one container: a read of the state, nothing else.

use anyhow::Result;

use super::{Plan, create};
use crate::figure::Figure;
use crate::load::{load, readers};
use crate::subject::Subject;
use crate::wire::{Wire, request};

const WHAT: &str = "inspect, 16 clients";
const CLIENTS: usize = 16;

/// Rounds, each of a second, in which the subjects take turns; the median counts.
///
/// A virtual machine's processors change their speed within seconds, by more than what the subjects differ.
const TURNS: usize = 15;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut subjects = Vec::new();
    let mut answer = None;
    for kind in plan.servers() {
        let subject = plan.start(kind).await?;
        let mut wire = Wire::open(&subject.socket()).await?;
        let id = create(&mut wire, &["true"]).await?;
        let request = inspect(&id);
        // The responder gets our own answer, so that both send as many bytes.
        let body = wire.expect(&request, 200).await?.body;
        answer.get_or_insert(body);
        subjects.push((subject, request));
    }
    if let Some(subject) = plan.constant(200, answer).await? {
        subjects.push((subject, inspect(&"0".repeat(64))));
    }
    let mut figures = Vec::new();
    for _ in 0..TURNS {
        for (subject, request) in &subjects {
            figures.push(turn(subject, request, plan).await?);
        }
    }
    Ok(Figure::medians(figures))
}

async fn turn(subject: &Subject, request: &[u8], plan: &Plan) -> Result<Figure> {
    load(WHAT, subject, readers(subject, request, CLIENTS).await?, plan.span(1)).await
}

fn inspect(id: &str) -> Vec<u8> {
    request("GET", &format!("/v1.41/containers/{id}/json"), "")
}
