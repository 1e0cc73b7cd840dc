//! How the policies of the configuration come into the store.

use domain::{
    Code, Result, Rev, Timestamp,
    archive::{Policy, PolicySource},
    ports::Store,
};

use super::next_slot;

/// How often a policy is stored again that another process changed meanwhile.
const ATTEMPTS: usize = 5;

/// Makes the store's policies of the configuration those that are wanted. Others of the
/// configuration are withdrawn: nobody sees them, and they do not run, but their next slot is kept,
/// and that they were paused, since a server may have been started in the wrong folder. Changed
/// ones keep their id, and stay paused. The next slot is computed anew where schedule or zone
/// changed, or a policy was switched on. Idempotent; several processes may do it at once.
///
/// Policies that administrators made stay as they are. If the configuration wants the name of one,
/// that one is called otherwise from then on.
///
/// # Errors
/// Those of the store; and `internal` for a schedule that [`super::from_settings`] did not read.
pub async fn synchronise(store: &dyn Store, wanted: Vec<Policy>, now: Timestamp) -> Result<()> {
    let known = store.policies().await?;
    let ours = |old: &&Policy| old.source == PolicySource::Configuration;
    let unnamed = |old: &&Policy| wanted.iter().all(|new| new.id != old.id);
    for gone in known.iter().filter(ours).filter(unnamed) {
        withdraw(store, gone).await?;
    }
    for policy in wanted {
        set(store, policy, now).await?;
    }
    Ok(())
}

/// Brings one policy to what the configuration says.
async fn set(store: &dyn Store, wanted: Policy, now: Timestamp) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let known = store.policies().await?;
        let old = known.iter().find(|old| old.id == wanted.id);
        let policy = beside(wanted.clone(), old, now)?;
        if old == Some(&policy) {
            return Ok(());
        }
        let (from, policy) = raised(policy, old);
        let (name, next) = (policy.name.clone(), policy.next_run_at);
        match store.save_policy(policy, from).await {
            Ok(true) => {
                tracing::info!(policy = name, ?next, "archive policy set");
                return Ok(());
            }
            Ok(false) => {}
            Err(error) if error.code() == Code::PolicyExists => {
                call_otherwise(store, &known, &name).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Err(Code::StaleRevision.into())
}

/// What the configuration says, with what only the store knows.
fn beside(wanted: Policy, old: Option<&Policy>, now: Timestamp) -> Result<Policy> {
    let mut policy = Policy {
        paused: old.is_some_and(|old| old.paused),
        rev: old.map_or(1, |old| old.rev),
        ..wanted
    };
    policy.next_run_at = next_slot(&policy, old, now)?;
    Ok(policy)
}

fn raised(policy: Policy, old: Option<&Policy>) -> (Option<Rev>, Policy) {
    let from = old.map(|old| old.rev);
    let rev = from.map_or(1, |rev| rev + 1);
    (from, Policy { rev, ..policy })
}

async fn withdraw(store: &dyn Store, policy: &Policy) -> Result<()> {
    if policy.withdrawn {
        return Ok(());
    }
    tracing::info!(policy = policy.name, "archive policy withdrawn");
    // Another process that was faster has withdrawn it, too, or set it anew: the last one wins.
    if policy.next_run_at.is_none() && !policy.paused {
        store.remove_policy(policy.id, policy.rev).await?;
        return Ok(());
    }
    let withdrawn = Policy {
        withdrawn: true,
        rev: policy.rev + 1,
        ..policy.clone()
    };
    store.save_policy(withdrawn, Some(policy.rev)).await?;
    Ok(())
}

/// Frees a name that the configuration wants.
async fn call_otherwise(store: &dyn Store, known: &[Policy], name: &str) -> Result<()> {
    let Some(holder) = known.iter().find(|policy| policy.name == name) else {
        return Ok(());
    };
    let id = holder.id.uuid().simple().to_string();
    let other = format!("{name}~{}", &id[id.len() - 6..]);
    tracing::warn!(
        policy = name,
        called = other,
        "the configuration has a policy of this name now; the other one is called otherwise"
    );
    let renamed = Policy {
        name: other,
        rev: holder.rev + 1,
        ..holder.clone()
    };
    store.save_policy(renamed, Some(holder.rev)).await?;
    Ok(())
}
