//! Policies as administrators make and change them.

use domain::{
    Code, Error, Limits, PolicyId, Result, Rev,
    archive::{Policy, PolicySource},
};
use settings::PolicySetting;

use super::{next_slot, one, to_setting};
use crate::archive::Archive;

/// How often a change that names no revision is tried again when somebody else was faster.
const ATTEMPTS: usize = 5;

impl Archive {
    /// Makes a policy.
    ///
    /// # Errors
    /// `invalid_field`, by the rules of the configuration; `policy_exists`; `too_many_policies`
    /// (simultaneous ones may pass the limit by as many as they are), and those of the store.
    pub async fn create_policy(&self, setting: &PolicySetting, limits: &Limits) -> Result<Policy> {
        let mut policy = Policy {
            id: PolicyId::new(),
            source: PolicySource::Administrator,
            ..one(setting, limits)?
        };
        policy.next_run_at = next_slot(&policy, None, self.now())?;
        self.check_space(limits).await?;
        self.forget_withdrawn(&policy.name).await?;
        if self.parts.store.save_policy(policy.clone(), None).await? {
            return Ok(policy);
        }
        Err(Error::internal("a new policy's id is taken"))
    }

    /// Changes what a policy says, if it still has the revision `from`, where one is named.
    ///
    /// # Errors
    /// `policy_not_found`, `stale_revision`, `policy_read_only` for those of the configuration,
    /// `policy_exists`, `invalid_field`, and those of the store.
    pub async fn change_policy(
        &self,
        name: &str,
        from: Option<Rev>,
        limits: &Limits,
        change: impl Fn(&mut PolicySetting),
    ) -> Result<Policy> {
        self.alter(name, from, |old| {
            writable(old)?;
            let mut setting = to_setting(old);
            change(&mut setting);
            Ok(Policy {
                id: old.id,
                source: old.source,
                paused: old.paused,
                ..one(&setting, limits)?
            })
        })
        .await
    }

    /// Lets a policy rest, or go on with its next slot: those that came meanwhile are not made up
    /// for. Also for policies of the configuration.
    ///
    /// # Errors
    /// `policy_not_found`, `stale_revision`, and those of the store.
    pub async fn pause_policy(
        &self,
        name: &str,
        from: Option<Rev>,
        paused: bool,
    ) -> Result<Policy> {
        let pause = |old: &Policy| {
            Ok(Policy {
                paused,
                ..old.clone()
            })
        };
        self.alter(name, from, pause).await
    }

    /// Removes a policy; its runs stay, and one that is under way goes on.
    ///
    /// # Errors
    /// `policy_not_found`, `stale_revision`, `policy_read_only` for those of the configuration, and
    /// those of the store.
    pub async fn remove_policy(&self, name: &str, from: Option<Rev>) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let policy = self.policy(name).await?;
            current(&policy, from)?;
            writable(&policy)?;
            let store = &self.parts.store;
            if store.remove_policy(policy.id, policy.rev).await? {
                return Ok(());
            }
        }
        Err(Code::StaleRevision.into())
    }

    /// Changes a policy by compare-and-set on its revision. What changes nothing stores nothing.
    async fn alter(
        &self,
        name: &str,
        from: Option<Rev>,
        change: impl Fn(&Policy) -> Result<Policy>,
    ) -> Result<Policy> {
        for _ in 0..ATTEMPTS {
            let old = self.policy(name).await?;
            current(&old, from)?;
            let mut new = Policy {
                rev: old.rev,
                ..change(&old)?
            };
            new.next_run_at = next_slot(&new, Some(&old), self.now())?;
            if new == old {
                return Ok(old);
            }
            new.rev = old.rev + 1;
            if new.name != old.name {
                self.forget_withdrawn(&new.name).await?;
            }
            if self
                .parts
                .store
                .save_policy(new.clone(), Some(old.rev))
                .await?
            {
                return Ok(new);
            }
        }
        Err(Code::StaleRevision.into())
    }

    /// Whether administrators may make one more.
    async fn check_space(&self, limits: &Limits) -> Result<()> {
        let policies = self.parts.store.policies().await?;
        let made = |policy: &&Policy| policy.source == PolicySource::Administrator;
        match policies.iter().filter(made).count() < limits.archive_policies {
            true => Ok(()),
            false => Err(Code::TooManyPolicies.into()),
        }
    }

    /// A name that only a withdrawn policy of the configuration has is free.
    async fn forget_withdrawn(&self, name: &str) -> Result<()> {
        let policies = self.parts.store.policies().await?;
        let withdrawn = |policy: &&Policy| policy.withdrawn && policy.name == name;
        if let Some(gone) = policies.iter().find(withdrawn) {
            self.parts.store.remove_policy(gone.id, gone.rev).await?;
        }
        Ok(())
    }
}

fn current(policy: &Policy, from: Option<Rev>) -> Result<()> {
    match from {
        Some(from) if from != policy.rev => Err(Code::StaleRevision.into()),
        _ => Ok(()),
    }
}

fn writable(policy: &Policy) -> Result<()> {
    match policy.source {
        PolicySource::Administrator => Ok(()),
        PolicySource::Configuration => Err(Code::PolicyReadOnly.into()),
    }
}
