//! Accounts.

use async_trait::async_trait;
use domain::{
    Code, Email, Error, FullName, NewUser, Profile, Result, TenantId, Timestamp, User, UserId,
    Username,
    ports::{Profiles, Users},
};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::{
    SqliteStore,
    columns::{self, blob, millis, time, time_opt, uuid},
    error::Failure,
    writer::Lane,
};

pub(crate) const COLUMNS: &str = "id, tenant, username, email, password_hash, alias, admin, created_at, first_name, last_name, \
     deleted_at";

/// Reads the columns of an account.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: UserId::from_uuid(uuid(row, 0)?),
        tenant: TenantId::new(row.get::<_, String>(1)?),
        username: Username::stored(row.get(2)?),
        email: row.get::<_, Option<String>>(3)?.map(Email::stored),
        password_hash: row.get(4)?,
        alias: row.get(5)?,
        admin: row.get(6)?,
        created_at: time(row, 7)?,
        names: FullName::stored(row.get(8)?, row.get(9)?),
        deleted_at: time_opt(row, 10)?,
    })
}

/// The one account for which `condition` holds.
fn find(
    conn: &Connection,
    condition: &str,
    params: impl rusqlite::Params,
) -> rusqlite::Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE {condition}");
    conn.prepare_cached(&sql)?
        .query_row(params, read)
        .optional()
}

fn by_id(conn: &Connection, id: UserId) -> rusqlite::Result<Option<User>> {
    find(conn, "id = ?1", [blob(id.uuid())])
}

/// Accounts of a tenant, by falling id.
fn newest(
    conn: &Connection,
    tenant: &TenantId,
    before: Option<UserId>,
    limit: usize,
) -> rusqlite::Result<Vec<User>> {
    // A blob that no id reaches.
    let before = before.map_or_else(|| vec![0xff; 17], |id| blob(id.uuid()).to_vec());
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE tenant = ?1 AND id < ?2 AND deleted_at IS NULL
            ORDER BY id DESC LIMIT ?3"
    );
    conn.prepare_cached(&sql)?
        .query_map((tenant.as_str(), before, columns::limit(limit)), read)?
        .collect()
}

fn create(conn: &Connection, new: &NewUser, at: Timestamp) -> Result<User, Failure> {
    if let Some(known) = by_id(conn, new.id)? {
        return Ok(known);
    }
    let wanted = [
        ("username", Some(new.username.as_str())),
        ("email", new.email.as_ref().map(Email::as_str)),
        ("alias", new.alias.as_deref()),
    ];
    if let Some(field) = taken(conn, &new.tenant, &wanted, new.id)? {
        return Err(is_taken(field));
    }
    insert(conn, new, at)?;
    by_id(conn, new.id)?.ok_or_else(|| Error::internal("a new account is not there").into())
}

/// The first of the wanted values that another account of the tenant has. There is one writer, so
/// that what is free here is free until the insert.
fn taken(
    conn: &Connection,
    tenant: &TenantId,
    wanted: &[(&'static str, Option<&str>)],
    id: UserId,
) -> rusqlite::Result<Option<&'static str>> {
    for (field, value) in wanted {
        let Some(value) = value else { continue };
        let condition = format!("tenant = ?1 AND {field} = ?2");
        let found = find(conn, &condition, [tenant.as_str(), value])?;
        if found.is_some_and(|user| user.id != id) {
            return Ok(Some(field));
        }
    }
    Ok(None)
}

fn is_taken(field: &'static str) -> Failure {
    let detail = format!("This {field} is taken.");
    Error::invalid(Code::UsernameTaken, field, detail).into()
}

/// Stores a new account.
pub(crate) fn insert(conn: &Connection, new: &NewUser, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT INTO users
        (id, tenant, username, email, password_hash, alias, admin, created_at,
            first_name, last_name)
        VALUES (:id, :tenant, :username, :email, :password_hash, :alias, :admin, :created_at,
            :first_name, :last_name)";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(new.id.uuid()),
        ":tenant": new.tenant.as_str(),
        ":username": new.username.as_str(),
        ":email": new.email.as_ref().map(Email::as_str),
        ":password_hash": new.password_hash,
        ":alias": new.alias,
        ":admin": new.admin,
        ":created_at": millis(at),
        ":first_name": new.names.first(),
        ":last_name": new.names.last(),
    })?;
    Ok(())
}

/// Notes of a new account when it was deleted, if it was.
pub(crate) fn note_deletion(
    conn: &Connection,
    id: UserId,
    at: Option<Timestamp>,
) -> rusqlite::Result<()> {
    if let Some(at) = at {
        let sql = "UPDATE users SET deleted_at = ?2 WHERE id = ?1";
        conn.prepare_cached(sql)?
            .execute((blob(id.uuid()), millis(at)))?;
    }
    Ok(())
}

/// Replaces a profile that still is `was`.
fn replace(conn: &Connection, id: UserId, was: &Profile, is: &Profile) -> Result<bool, Failure> {
    let Some(user) = by_id(conn, id)?.filter(|user| user.profile() == *was) else {
        return Ok(false);
    };
    let email = is.email.as_ref().map(Email::as_str);
    let wanted = [("username", Some(is.username.as_str())), ("email", email)];
    if let Some(field) = taken(conn, &user.tenant, &wanted, id)? {
        return Err(is_taken(field));
    }
    let sql = "UPDATE users SET username = ?2, email = ?3, first_name = ?4, last_name = ?5
        WHERE id = ?1";
    let (first, last) = (is.names.first(), is.names.last());
    let params = (blob(id.uuid()), is.username.as_str(), email, first, last);
    conn.prepare_cached(sql)?.execute(params)?;
    Ok(true)
}

/// Deletes an account, and tells what is left of it.
fn erase(conn: &Connection, id: UserId, at: Timestamp) -> rusqlite::Result<Option<User>> {
    let Some(left) = by_id(conn, id)?.map(|user| user.erased(at)) else {
        return Ok(None);
    };
    let sql =
        "UPDATE users SET username = :username, email = NULL, password_hash = NULL, admin = 0,
            first_name = :first_name, last_name = :last_name, deleted_at = :deleted_at
        WHERE id = :id";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(id.uuid()),
        ":username": left.username.as_str(),
        ":first_name": left.names.first(),
        ":last_name": left.names.last(),
        ":deleted_at": left.deleted_at.map(millis),
    })?;
    Ok(Some(left))
}

#[async_trait]
impl Users for SqliteStore {
    async fn create_user(&self, user: NewUser) -> Result<User> {
        let at = self.now();
        self.write(Lane::Command, move |conn| create(conn, &user, at))
            .await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>> {
        self.read(move |conn| Ok(by_id(conn, id)?)).await
    }

    async fn users(&self, ids: &[UserId]) -> Result<Vec<User>> {
        let ids = ids.to_vec();
        self.read(move |conn| {
            let found = ids.into_iter().map(|id| by_id(conn, id));
            let found: Vec<_> = found.collect::<rusqlite::Result<_>>()?;
            Ok(found.into_iter().flatten().collect())
        })
        .await
    }

    async fn user_by_name(&self, tenant: &TenantId, name: &Username) -> Result<Option<User>> {
        let (tenant, name) = (tenant.clone(), name.clone());
        self.read(move |conn| {
            let params = [tenant.as_str(), name.as_str()];
            Ok(find(conn, "tenant = ?1 AND username = ?2", params)?)
        })
        .await
    }

    async fn user_by_email(&self, tenant: &TenantId, email: &Email) -> Result<Option<User>> {
        let (tenant, email) = (tenant.clone(), email.clone());
        self.read(move |conn| {
            let params = [tenant.as_str(), email.as_str()];
            Ok(find(conn, "tenant = ?1 AND email = ?2", params)?)
        })
        .await
    }

    async fn user_by_alias(&self, tenant: &TenantId, alias: &str) -> Result<Option<User>> {
        let (tenant, alias) = (tenant.clone(), alias.to_owned());
        self.read(move |conn| {
            let params = [tenant.as_str(), &alias];
            Ok(find(conn, "tenant = ?1 AND alias = ?2", params)?)
        })
        .await
    }

    async fn newest_users(
        &self,
        tenant: &TenantId,
        before: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>> {
        let tenant = tenant.clone();
        self.read(move |conn| Ok(newest(conn, &tenant, before, limit)?))
            .await
    }
}

#[async_trait]
impl Profiles for SqliteStore {
    async fn set_profile(&self, id: UserId, was: &Profile, is: Profile) -> Result<bool> {
        let was = was.clone();
        self.write(Lane::Command, move |conn| replace(conn, id, &was, &is))
            .await
    }

    async fn set_password_hash(&self, id: UserId, was: Option<&str>, hash: String) -> Result<bool> {
        let was = was.map(str::to_owned);
        self.write(Lane::Command, move |conn| {
            let sql = "UPDATE users SET password_hash = ?3
                WHERE id = ?1 AND password_hash IS ?2";
            let params = (blob(id.uuid()), was, hash);
            Ok(conn.prepare_cached(sql)?.execute(params)? == 1)
        })
        .await
    }

    async fn set_admin(&self, id: UserId, admin: bool) -> Result<()> {
        self.write(Lane::Command, move |conn| {
            let sql = "UPDATE users SET admin = ?2 WHERE id = ?1";
            match conn
                .prepare_cached(sql)?
                .execute((blob(id.uuid()), admin))?
            {
                0 => Err(Code::UserNotFound.into()),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn delete_user(&self, id: UserId) -> Result<Option<User>> {
        let at = self.now();
        self.write(Lane::Command, move |conn| Ok(erase(conn, id, at)?))
            .await
    }

    async fn has_admin(&self) -> Result<bool> {
        self.read(move |conn| {
            let sql = "SELECT 1 FROM users WHERE admin = 1";
            Ok(conn.prepare_cached(sql)?.exists([])?)
        })
        .await
    }
}
