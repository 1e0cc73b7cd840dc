//! Accounts. Each is one document; unique indexes keep names, addresses and aliases apart.

use async_trait::async_trait;
use domain::{
    Code, Email, Error, NewUser, Profile, Result, TenantId, Timestamp, User, UserId, Username,
    ports::{Profiles, Users},
};
use mongodb::bson::{Bson, Document, Uuid, doc};

use crate::{
    MongoStore,
    apply::{ROUNDS, bson},
    db::Db,
    failure::Failure,
    records::{OwnRecord, UserRecord},
    values::{date, id, limit as most},
};

impl Db {
    async fn one_user(&self, filter: Document) -> Result<Option<UserRecord>, Failure> {
        self.call(self.users.find_one(filter)).await
    }

    async fn create_user(&self, new: &UserRecord) -> Result<User, Failure> {
        for _ in 0..ROUNDS {
            match self.repeat(|| self.users.insert_one(new)).await {
                Ok(_) => return Ok(new.clone().into()),
                Err(failure) if !failure.is_duplicate() => return Err(failure),
                Err(_) => {}
            }
            if let Some(known) = self.one_user(doc! {"_id": new.id}).await? {
                return Ok(known.into());
            }
            // When nobody has any of it now, it has just become free.
            self.refuse_taken(new).await?;
        }
        Err(Failure::Contended)
    }

    /// Names the first field of an account whose value another account of the tenant has.
    async fn refuse_taken(&self, wanted: &UserRecord) -> Result<(), Failure> {
        let name = doc! {"tenant": &wanted.tenant, "username": &wanted.username};
        let mut fields = vec![("username", name)];
        for (field, own) in [("email", &wanted.email), ("alias", &wanted.alias)] {
            if let Some(own) = own {
                fields.push((field, doc! {field: bson(own)?}));
            }
        }
        for (field, mut filter) in fields {
            filter.insert("_id", doc! {"$ne": wanted.id});
            if self.one_user(filter).await?.is_some() {
                let detail = format!("This {field} is taken.");
                return Err(Error::invalid(Code::UsernameTaken, field, detail).into());
            }
        }
        Ok(())
    }

    async fn set_profile(&self, user: Uuid, was: &Profile, is: &Profile) -> Result<bool, Failure> {
        for _ in 0..ROUNDS {
            let Some(known) = self.one_user(doc! {"_id": user}).await? else {
                return Ok(false);
            };
            if User::from(known.clone()).profile() != *was {
                return Ok(false);
            }
            let wanted = UserRecord {
                username: is.username.as_str().to_owned(),
                email: own_email(&known.tenant, is),
                first_name: is.names.first().map(str::to_owned),
                last_name: is.names.last().map(str::to_owned),
                ..known.clone()
            };
            match self.replace_profile(&known, &wanted).await {
                Err(failure) if failure.is_duplicate() => self.refuse_taken(&wanted).await?,
                replaced => return replaced,
            }
        }
        Err(Failure::Contended)
    }

    /// Deletes an account. Repeated, it finds what was left of it.
    async fn erase_user(&self, user: Uuid, at: Timestamp) -> Result<Option<User>, Failure> {
        let Some(known) = self.one_user(doc! {"_id": user}).await? else {
            return Ok(None);
        };
        let left = UserRecord::from(&User::from(known).erased(at));
        let mut set = doc! {"username": &left.username, "admin": left.admin};
        for (field, value) in [
            ("first_name", left.first_name.clone().map(Bson::String)),
            ("deleted_at", left.deleted_at.map(Bson::DateTime)),
        ] {
            if let Some(value) = value {
                set.insert(field, value);
            }
        }
        let gone = doc! {"email": "", "password_hash": "", "last_name": ""};
        let there = doc! {"_id": user, "deleted_at": {"$exists": false}};
        let update = doc! {"$set": set, "$unset": gone};
        let erase = || self.users.update_one(there.clone(), update.clone());
        self.repeat(erase).await?;
        // Another may have been quicker.
        let left = self.one_user(doc! {"_id": user}).await?;
        Ok(left.map(User::from))
    }

    /// Lets an account say other things of itself, if it still says those that were read.
    async fn replace_profile(
        &self,
        known: &UserRecord,
        wanted: &UserRecord,
    ) -> Result<bool, Failure> {
        let (mut same, mut set, mut unset) = (doc! {"_id": known.id}, doc! {}, doc! {});
        for ((field, was), (_, is)) in said(known)?.into_iter().zip(said(wanted)?) {
            same.insert(field, or_absent(was));
            match is {
                Some(value) => set.insert(field, value),
                None => unset.insert(field, ""),
            };
        }
        let mut update = doc! {"$set": set};
        if !unset.is_empty() {
            update.insert("$unset", unset);
        }
        let replaced = self.call(self.users.update_one(same, update)).await?;
        Ok(replaced.matched_count == 1)
    }
}

/// What an account says of itself, by field.
fn said(record: &UserRecord) -> Result<[(&'static str, Option<Bson>); 4], Failure> {
    let text = |text: &Option<String>| text.clone().map(Bson::String);
    Ok([
        ("username", Some(record.username.clone().into())),
        ("email", record.email.as_ref().map(bson).transpose()?),
        ("first_name", text(&record.first_name)),
        ("last_name", text(&record.last_name)),
    ])
}

fn own_email(tenant: &str, profile: &Profile) -> Option<OwnRecord> {
    let email = profile.email.as_ref()?;
    Some(OwnRecord::new(tenant, email.as_str()))
}

/// The condition that a field has this value, or is not there.
pub(crate) fn or_absent(value: Option<impl Into<Bson>>) -> Bson {
    value.map_or_else(|| doc! {"$exists": false}.into(), Into::into)
}

#[async_trait]
impl Users for MongoStore {
    async fn create_user(&self, user: NewUser) -> Result<User> {
        let record = UserRecord::new(user, date(self.now()));
        let made = self.db.create_user(&record).await;
        made.map_err(Failure::of_write)
    }

    async fn user(&self, user: UserId) -> Result<Option<User>> {
        let found = self.db.one_user(doc! {"_id": id(user.uuid())}).await?;
        Ok(found.map(User::from))
    }

    async fn users(&self, users: &[UserId]) -> Result<Vec<User>> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = users.iter().map(|user| id(user.uuid())).collect();
        let query = self.db.users.find(doc! {"_id": {"$in": ids}});
        let found = self.db.all(query).await?;
        Ok(found.into_iter().map(User::from).collect())
    }

    async fn user_by_name(&self, tenant: &TenantId, name: &Username) -> Result<Option<User>> {
        let called = doc! {"tenant": tenant.as_str(), "username": name.as_str()};
        Ok(self.db.one_user(called).await?.map(User::from))
    }

    async fn user_by_email(&self, tenant: &TenantId, email: &Email) -> Result<Option<User>> {
        let email = bson(&OwnRecord::new(tenant.as_str(), email.as_str())).map_err(Error::from)?;
        let found = self.db.one_user(doc! {"email": email}).await?;
        Ok(found.map(User::from))
    }

    async fn user_by_alias(&self, tenant: &TenantId, alias: &str) -> Result<Option<User>> {
        let alias = bson(&OwnRecord::new(tenant.as_str(), alias)).map_err(Error::from)?;
        let found = self.db.one_user(doc! {"alias": alias}).await?;
        Ok(found.map(User::from))
    }

    async fn newest_users(
        &self,
        tenant: &TenantId,
        before: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>> {
        let there = doc! {"$exists": false};
        let mut of_tenant = doc! {"tenant": tenant.as_str(), "deleted_at": there};
        if let Some(before) = before {
            of_tenant.insert("_id", doc! {"$lt": id(before.uuid())});
        }
        let query = self.db.users.find(of_tenant).sort(doc! {"_id": -1});
        let found = self.db.all(query.limit(most(limit))).await?;
        Ok(found.into_iter().map(User::from).collect())
    }
}

#[async_trait]
impl Profiles for MongoStore {
    async fn set_profile(&self, user: UserId, was: &Profile, is: Profile) -> Result<bool> {
        let set = self.db.set_profile(id(user.uuid()), was, &is).await;
        set.map_err(Failure::of_write)
    }

    async fn set_password_hash(
        &self,
        user: UserId,
        was: Option<&str>,
        hash: String,
    ) -> Result<bool> {
        let same = doc! {"_id": id(user.uuid()), "password_hash": or_absent(was)};
        let set = doc! {"$set": {"password_hash": hash}};
        let set = self.db.call(self.db.users.update_one(same, set)).await;
        Ok(set.map_err(Failure::of_write)?.matched_count == 1)
    }

    async fn set_admin(&self, user: UserId, admin: bool) -> Result<()> {
        let (user, set) = (
            doc! {"_id": id(user.uuid())},
            doc! {"$set": {"admin": admin}},
        );
        let set = || self.db.users.update_one(user.clone(), set.clone());
        let set = self.db.repeat(set).await.map_err(Failure::of_write)?;
        match set.matched_count {
            0 => Err(Code::UserNotFound.into()),
            _ => Ok(()),
        }
    }

    async fn delete_user(&self, user: UserId) -> Result<Option<User>> {
        let erased = self.db.erase_user(id(user.uuid()), self.now()).await;
        erased.map_err(Failure::of_write)
    }

    async fn has_admin(&self) -> Result<bool> {
        Ok(self.db.one_user(doc! {"admin": true}).await?.is_some())
    }
}
