//! Accounts, logins, tokens, and when people were there.

use domain::{
    NewUser, User, UserId,
    transfer::{Record, RevokedToken, Sighting},
};
use rusqlite::{Connection, OptionalExtension, Result};

use super::table::Table;
use crate::{
    columns::{blob, millis, time, uuid},
    families, numbers, users,
};

pub(super) const USERS: Table = Table {
    name: "users",
    columns: &[users::COLUMNS],
    key: &["id"],
    read: |row| users::read(row).map(Record::User),
};

pub(super) const FAMILIES: Table = Table {
    name: "families",
    columns: &[families::COLUMNS],
    key: &["id"],
    read: |row| families::read(row).map(Record::Family),
};

pub(super) const REVOKED_TOKENS: Table = Table {
    name: "revoked_tokens",
    columns: &["token", "expires_at"],
    key: &["token"],
    read: |row| {
        Ok(Record::RevokedToken(RevokedToken {
            token: row.get(0)?,
            expires_at: time(row, 1)?,
        }))
    },
};

pub(super) const SIGHTINGS: Table = Table {
    name: "sightings",
    columns: &["user", "at"],
    key: &["user"],
    read: |row| {
        Ok(Record::Sighting(Sighting {
            user: UserId::from_uuid(uuid(row, 0)?),
            at: time(row, 1)?,
        }))
    },
};

pub(super) const NUMBERS: Table = Table {
    name: "numbers",
    columns: &[numbers::COLUMNS],
    key: &["id"],
    read: |row| numbers::read(row).map(Record::Number),
};

pub(super) fn insert_user(conn: &Connection, user: &User) -> Result<()> {
    let known = "SELECT 1 FROM users WHERE id = ?1";
    let known = conn
        .prepare_cached(known)?
        .query_row([blob(user.id.uuid())], |_| Ok(()));
    if known.optional()?.is_some() {
        return Ok(());
    }
    let new = NewUser {
        id: user.id,
        tenant: user.tenant.clone(),
        username: user.username.clone(),
        email: user.email.clone(),
        names: user.names.clone(),
        password_hash: user.password_hash.clone(),
        alias: user.alias.clone(),
        admin: user.admin,
    };
    users::insert(conn, &new, user.created_at)?;
    users::note_deletion(conn, user.id, user.deleted_at)
}

pub(super) fn insert_token(conn: &Connection, token: &RevokedToken) -> Result<()> {
    let sql = "INSERT INTO revoked_tokens (token, expires_at) VALUES (?1, ?2)
        ON CONFLICT (token) DO NOTHING";
    conn.prepare_cached(sql)?
        .execute((&token.token, millis(token.expires_at)))?;
    Ok(())
}

pub(super) fn insert_sighting(conn: &Connection, sighting: &Sighting) -> Result<()> {
    let sql = "INSERT INTO sightings (user, at) VALUES (?1, ?2) ON CONFLICT (user) DO NOTHING";
    conn.prepare_cached(sql)?
        .execute((blob(sighting.user.uuid()), millis(sighting.at)))?;
    Ok(())
}
