//! `POST /pods/create`, and how a container joins.

use std::collections::BTreeMap;

use api_docker::Addition;
use api_http::RequestBody;
use http::StatusCode;
use journal_domain::{CreatePod, PodCommand, PodId, PodNamespace, PodPlace};
use projector_containers::KeptPod;
use serde_json::json;

use super::found;
use crate::{
    LIBPOD_VERSION,
    body::{self, Answer},
    call::Call,
    error::Failure,
    fields::Fields,
    spec::{self, Made, Namespace, Shared},
};

/// What containers share where the client does not say.
const SHARED: [PodNamespace; 3] = [PodNamespace::Network, PodNamespace::Ipc, PodNamespace::Uts];

/// The program of the container that holds what is shared, as clients are shown it. There is no such file.
const HOLDER: &str = "/pause";

/// Fields that tell how the client was called, and ask for nothing.
///
/// `share_parent` asks for control groups below one of the pod's; each container has its own, as deep as any.
const NOTES: &[&str] = &["pod_create_command", "share_parent", "serviceContainerID"];

pub(super) async fn create(call: &Call, sent: RequestBody) -> Result<Answer, Failure> {
    let mut fields = Fields::of_body(&body::whole(sent).await?)?;
    fields.note(NOTES);
    let name: String = fields.take("name")?;
    let labels: BTreeMap<String, String> = fields.take("labels")?;
    fields.only("exit_policy", &["continue"])?;
    let has_holder = !fields.take::<bool>("no_infra")?;
    let shared = shared(fields.take("shared_namespaces")?, has_holder)?;
    let mut made = Made::default();
    take_holder(&mut fields, &mut made, &shared)?;
    fields.finish()?;
    let id = PodId::from_bytes(random());
    let pod = CreatePod {
        id,
        name: Some(name).filter(|name| !name.is_empty()),
        name_seed: u64::from_le_bytes(random()),
        labels,
        shared,
        holder: None,
    };
    if has_holder {
        let request = made.into_body();
        let call = call.with(Addition::WithPod(Box::new(pod)));
        call.post("/containers/create", Some(&request)).await?;
    } else {
        call.caller().submit(PodCommand::from(pod)).await?;
    }
    Ok(body::json(StatusCode::CREATED, &json!({ "Id": id.to_string() })))
}

/// Reads what containers shall share.
fn shared(asked: Option<Vec<String>>, has_holder: bool) -> Result<Vec<PodNamespace>, Failure> {
    let Some(asked) = asked.filter(|_| has_holder) else {
        return Ok(if has_holder { SHARED.to_vec() } else { Vec::new() });
    };
    let asked = asked.iter().filter(|word| !["", "none"].contains(&word.as_str()));
    let read = asked.map(|word| {
        let kind = PodNamespace::ALL.into_iter().find(|kind| kind.as_str() == word);
        kind.ok_or_else(|| Failure::not_built(&format!("shared_namespaces={word}")))
    });
    read.collect()
}

/// Reads what is said of the container that holds what is shared: its network, above all.
fn take_holder(
    fields: &mut Fields,
    made: &mut Made,
    shared: &[PodNamespace],
) -> Result<(), Failure> {
    made.config("Image", format!("localhost/podman-pause:{LIBPOD_VERSION}"));
    made.config("Cmd", vec![HOLDER]);
    made.config("Hostname", fields.take::<String>("hostname")?);
    if shared.contains(&PodNamespace::Ipc) {
        made.host("IpcMode", "shareable");
    }
    for (name, field) in [("ipcns", "IpcMode"), ("pidns", "PidMode"), ("utsns", "UTSMode")] {
        match fields.take::<Namespace>(name)?.nsmode.as_str() {
            "" | "default" | "private" => {}
            "host" => made.host(field, "host"),
            other => return Err(Failure::not_built(&format!("{name}={other}"))),
        }
    }
    spec::take_user(fields)?;
    spec::take_network(fields, made)?;
    if !shared.contains(&PodNamespace::Network) && !made.host.contains_key("NetworkMode") {
        made.host("NetworkMode", "none");
    }
    made.host("Sysctls", json!(fields.take::<BTreeMap<String, String>>("sysctl")?));
    Ok(())
}

/// Says what a new container shares with its pod, and its place there.
pub(crate) fn join(call: &Call, pod: &str) -> Result<(Option<Shared>, PodPlace), Failure> {
    let world = call.caller().world();
    let kept = found(&world.state, pod)?;
    let holder = kept.pod.holder.map(|holder| holder.to_string());
    let uts_of = holder.clone().filter(|_| kept.shares(PodNamespace::Uts));
    let place = PodPlace { pod: kept.pod.id, holds: false, uts_of };
    let kinds = kept.pod.shared.iter().map(|kind| kind.as_str().to_owned()).collect();
    Ok((holder.map(|holder| Shared { holder, kinds }), place))
}

/// Has the container run that holds what a pod's containers share, for none of them can run before it.
pub(crate) async fn start_holder(call: &Call, kept: &KeptPod) -> Result<(), Failure> {
    let Some(holder) = kept.pod.holder else { return Ok(()) };
    let world = call.caller().world();
    if world.state.container(&holder).is_none_or(|one| one.running().is_some()) {
        return Ok(());
    }
    call.post(&format!("/containers/{holder}/start"), None).await.map(drop)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the kernel has random bytes");
    bytes
}
