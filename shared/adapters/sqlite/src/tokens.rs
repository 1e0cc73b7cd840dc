//! Tokens that were ended before their time.

use async_trait::async_trait;
use domain::{Result, Timestamp, ports::Tokens};

use crate::{SqliteStore, columns::millis, writer::Lane};

#[async_trait]
impl Tokens for SqliteStore {
    async fn revoke_token(&self, token: &str, expires_at: Timestamp) -> Result<()> {
        let token = token.to_owned();
        self.write(Lane::Command, move |conn| {
            let sql = "INSERT INTO revoked_tokens (token, expires_at) VALUES (?1, ?2)
                ON CONFLICT (token) DO UPDATE
                SET expires_at = max(expires_at, excluded.expires_at)";
            conn.prepare_cached(sql)?
                .execute((token, millis(expires_at)))?;
            Ok(())
        })
        .await
    }

    async fn is_token_revoked(&self, token: &str) -> Result<bool> {
        let token = token.to_owned();
        self.read(move |conn| {
            let sql = "SELECT 1 FROM revoked_tokens WHERE token = ?1";
            Ok(conn.prepare_cached(sql)?.exists([token])?)
        })
        .await
    }

    async fn revoked_tokens(&self, tokens: &[String]) -> Result<Vec<String>> {
        let tokens = tokens.to_vec();
        self.read(move |conn| {
            let sql = "SELECT 1 FROM revoked_tokens WHERE token = ?1";
            let mut revoked = conn.prepare_cached(sql)?;
            let mut found = Vec::new();
            for token in tokens {
                if revoked.exists([&token])? {
                    found.push(token);
                }
            }
            Ok(found)
        })
        .await
    }

    async fn spend_token(&self, token: &str, expires_at: Timestamp) -> Result<bool> {
        let token = token.to_owned();
        self.write(Lane::Command, move |conn| {
            let sql = "INSERT INTO revoked_tokens (token, expires_at) VALUES (?1, ?2)
                ON CONFLICT (token) DO NOTHING";
            let params = (token, millis(expires_at));
            Ok(conn.prepare_cached(sql)?.execute(params)? == 1)
        })
        .await
    }

    async fn forget_expired_tokens(&self, now: Timestamp) -> Result<u64> {
        self.write(Lane::Background, move |conn| {
            let sql = "DELETE FROM revoked_tokens WHERE expires_at < ?1";
            let forgotten = conn.prepare_cached(sql)?.execute([millis(now)])?;
            Ok(forgotten as u64)
        })
        .await
    }
}
