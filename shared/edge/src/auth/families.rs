//! What a login begins, how it is renewed, and how it ends.

use std::{sync::Arc, time::Duration};

use domain::{
    Code, Error, Family, FamilyId, Label, Presented, Result, Timestamp, TokenKey, User, UserId,
};

use super::{Authenticator, Token, invalid, refresh::Claimed};

/// How often a renewal is decided anew because another was quicker.
const ATTEMPTS: usize = 8;

/// How long families that ended are kept, for who looks into what happened.
const REMEMBERED: Duration = Duration::from_hours(24);

/// What a login gives.
#[derive(Debug, Clone)]
pub struct Granted {
    /// Says who its user is.
    pub token: Token,
    /// Gives the next of both, once.
    pub refresh: Token,
}

impl Authenticator {
    /// Begins a family of tokens that can be renewed. Of more than `limits.user_logins` the one
    /// that was not renewed for longest ends.
    ///
    /// # Errors
    /// `internal` when a token cannot be signed; what the store says.
    pub async fn begin(&self, user: &User, label: Label) -> Result<Granted> {
        let family = self.begin_for(user, label, self.renewable).await?;
        self.grant(user, &family)
    }

    /// Begins a family whose one token cannot be renewed, for dialects that know of no more.
    ///
    /// # Errors
    /// As above.
    pub async fn begin_once(&self, user: &User, label: Label) -> Result<Token> {
        let family = self.begin_for(user, label, self.lifetime).await?;
        self.token_of(user, &family)
    }

    async fn begin_for(&self, user: &User, label: Label, lifetime: Duration) -> Result<Family> {
        let now = domain::to_millis(self.clock.now());
        let family = Family {
            id: FamilyId::new(),
            user: user.id,
            tenant: user.tenant.clone(),
            label,
            nonce: crate::random::bytes(),
            generation: 1,
            previous: None,
            created_at: now,
            last_used_at: now,
            expires_at: now.checked_add(lifetime).unwrap_or(Timestamp::MAX),
            ended_at: None,
        };
        self.store.begin_family(family.clone()).await?;
        if let Err(error) = self.end_surplus(user.id, now).await {
            tracing::warn!(%error, "more logins of a user last than may");
        }
        Ok(family)
    }

    async fn end_surplus(&self, user: UserId, now: Timestamp) -> Result<()> {
        let Some(most) = self.most_families else {
            return Ok(());
        };
        let families = self.store.families_of(user, now, most + 1).await?;
        match families.get(most) {
            Some(surplus) => self.end(surplus.id).await,
            None => Ok(()),
        }
    }

    /// Gives the next tokens for a refresh token. Asked twice within half a minute, it gives the
    /// same: of two who ask at once both may go on, and so may who lost the answer.
    ///
    /// # Errors
    /// `refresh_reused` when the token was replaced, and then its family and its sockets end;
    /// `token_invalid` when it is none of ours, has expired, or its family has ended; what the
    /// store says.
    pub async fn refresh(&self, token: &str) -> Result<(Arc<User>, Granted)> {
        let claimed = Claimed::parse(token).ok_or_else(invalid)?;
        for _ in 0..ATTEMPTS {
            let family = self.store.family(claimed.family).await?;
            let family = family.filter(|family| self.refresh_key.knows(family, &claimed));
            let family = family.ok_or_else(invalid)?;
            if let Some(family) = self.renewed(family, claimed.generation).await? {
                let user = self.people.by_id(family.user).await?;
                let granted = self.grant(&user, &family)?;
                return Ok((user, granted));
            }
        }
        Err(Error::too_many(Code::Busy, Duration::from_secs(1)))
    }

    /// Ends the family of a refresh token, and its sockets, also by a token that was replaced: whoever
    /// has it, had it. Says whether it was alive until now.
    ///
    /// # Errors
    /// `token_invalid` when it is none of ours, or was forgotten after its end; what the store says.
    pub async fn end_by_refresh(&self, token: &str) -> Result<bool> {
        let claimed = Claimed::parse(token).ok_or_else(invalid)?;
        let family = self.store.family(claimed.family).await?;
        let family = family.filter(|family| self.refresh_key.knows(family, &claimed));
        let family = family.ok_or_else(invalid)?;
        let over = family.ended_at.is_some() || family.expires_at <= self.clock.now();
        if !over {
            self.end(family.id).await?;
        }
        Ok(!over)
    }

    /// The family after a presentation; `None` when another changed it meanwhile.
    async fn renewed(&self, family: Family, generation: u64) -> Result<Option<Family>> {
        let now = domain::to_millis(self.clock.now());
        match family.present(generation, now, self.renewable) {
            Presented::Again => Ok(Some(family)),
            Presented::Over => Err(invalid()),
            Presented::Renew(next) => self.replace(&family, *next).await,
            Presented::Reused => {
                metrics::counter!("hubbub_refresh_reused_total").increment(1);
                tracing::warn!(user = %family.user, "a refresh token was used again: its session ends");
                self.end(family.id).await?;
                Err(Code::RefreshReused.into())
            }
        }
    }

    async fn replace(&self, family: &Family, next: Family) -> Result<Option<Family>> {
        let won = self.store.renew_family(family.generation, next.clone());
        Ok(won.await?.then_some(next))
    }

    /// Up to `limit` families of a user that are alive, those that were used last first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn families(&self, user: UserId, limit: usize) -> Result<Vec<Family>> {
        self.store.families_of(user, self.clock.now(), limit).await
    }

    /// Ends a family of a user, and its sockets. Ending it twice changes nothing.
    ///
    /// # Errors
    /// `session_not_found` when the user has no such family; what the store says.
    pub async fn end_family(&self, user: UserId, id: FamilyId) -> Result<()> {
        let family = self.store.family(id).await?;
        match family.filter(|family| family.user == user) {
            Some(family) => self.end(family.id).await,
            None => Err(Code::SessionNotFound.into()),
        }
    }

    /// Ends all families of a user, and their sockets.
    ///
    /// # Errors
    /// What the store says.
    pub async fn end_all(&self, user: UserId) -> Result<()> {
        self.end_but(user, None).await
    }

    /// Begins a family, and ends all others of the user, and their sockets.
    ///
    /// # Errors
    /// As for [`Authenticator::begin`]; the others may have ended then.
    pub async fn start_over(&self, user: &User, label: Label) -> Result<Granted> {
        let family = self.begin_for(user, label, self.renewable).await?;
        self.end_but(user.id, Some(family.id)).await?;
        self.grant(user, &family)
    }

    async fn end_but(&self, user: UserId, but: Option<FamilyId>) -> Result<()> {
        let ended = self.store.end_families(user, but, self.clock.now()).await?;
        self.tell(ended.into_iter().map(TokenKey::Family));
        Ok(())
    }

    /// Ends a family here at once and elsewhere as soon as it is heard of.
    pub(super) async fn end(&self, id: FamilyId) -> Result<()> {
        self.store.end_family(id, self.clock.now()).await?;
        self.tell([TokenKey::Family(id)]);
        Ok(())
    }

    pub(super) async fn forget_ended(&self) -> Result<u64> {
        let before = self.clock.now().checked_sub(REMEMBERED);
        let before = before.unwrap_or(Timestamp::MIN);
        self.store.forget_families(before).await
    }

    fn grant(&self, user: &User, family: &Family) -> Result<Granted> {
        Ok(Granted {
            token: self.token_of(user, family)?,
            refresh: Token {
                token: self.refresh_key.token(family),
                expires_at: family.expires_at,
            },
        })
    }

    /// A token of a family, for its user.
    fn token_of(&self, user: &User, family: &Family) -> Result<Token> {
        let now = self.clock.now();
        self.key.issue(user, family, now, self.lifetime)
    }
}

#[cfg(test)]
mod tests;
