//! Tokens that were ended before their time.

use async_trait::async_trait;
use domain::{Result, Timestamp, ports::Tokens};
use mongodb::bson::doc;

use crate::{MongoStore, failure::Failure, records::TokenRecord, values::date};

fn ended(token: &str, expires_at: Timestamp) -> TokenRecord {
    TokenRecord {
        token: token.to_owned(),
        expires_at: date(expires_at),
    }
}

#[async_trait]
impl Tokens for MongoStore {
    async fn revoke_token(&self, token: &str, expires_at: Timestamp) -> Result<()> {
        if self.spend_token(token, expires_at).await? {
            return Ok(());
        }
        let later = doc! {"$max": {"expires_at": date(expires_at)}};
        let token = doc! {"_id": token};
        let raise = || self.db.tokens.update_one(token.clone(), later.clone());
        self.db.repeat(raise).await.map_err(Failure::of_write)?;
        Ok(())
    }

    async fn is_token_revoked(&self, token: &str) -> Result<bool> {
        let found = self.db.tokens.find_one(doc! {"_id": token});
        Ok(self.db.call(found).await?.is_some())
    }

    async fn revoked_tokens(&self, tokens: &[String]) -> Result<Vec<String>> {
        let found = self.db.tokens.find(doc! {"_id": {"$in": tokens}});
        let found = self.db.all(found).await?;
        Ok(found.into_iter().map(|ended| ended.token).collect())
    }

    async fn spend_token(&self, token: &str, expires_at: Timestamp) -> Result<bool> {
        let spent = ended(token, expires_at);
        match self.db.call(self.db.tokens.insert_one(spent)).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(failure.of_write()),
        }
    }

    async fn forget_expired_tokens(&self, now: Timestamp) -> Result<u64> {
        let expired = doc! {"expires_at": {"$lt": date(now)}};
        let forgotten = self.db.call(self.db.tokens.delete_many(expired)).await;
        Ok(forgotten.map_err(Failure::of_write)?.deleted_count)
    }
}
