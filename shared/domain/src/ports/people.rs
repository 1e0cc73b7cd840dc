//! Accounts, rooms and who is in them.

use async_trait::async_trait;

use crate::{
    Email, Family, FamilyId, Mark, Member, NewRoom, NewRow, NewUser, Profile, Result, Room, RoomId,
    RoomName, Rule, Seq, TenantId, Timestamp, User, UserId, Username,
};

/// The accounts.
#[async_trait]
pub trait Users: Send + Sync {
    /// Makes an account. Atomic: of simultaneous creations with one name or one address exactly
    /// one succeeds. Repeating it with the same id answers with the account.
    ///
    /// # Errors
    /// `username_taken` with the field that is taken (`username`, `email` or `alias`) when another
    /// account has it.
    async fn create_user(&self, user: NewUser) -> Result<User>;

    /// The account of this id.
    async fn user(&self, id: UserId) -> Result<Option<User>>;

    /// The accounts of these ids that exist, in no order.
    async fn users(&self, ids: &[UserId]) -> Result<Vec<User>>;

    /// The account of this name.
    async fn user_by_name(&self, tenant: &TenantId, name: &Username) -> Result<Option<User>>;

    /// The account of this address.
    async fn user_by_email(&self, tenant: &TenantId, email: &Email) -> Result<Option<User>>;

    /// The account that another system calls `alias`.
    async fn user_by_alias(&self, tenant: &TenantId, alias: &str) -> Result<Option<User>>;

    /// Up to `limit` accounts of a tenant that were not deleted, by falling id before `before`: those
    /// who signed up here last come first.
    async fn newest_users(
        &self,
        tenant: &TenantId,
        before: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>>;
}

/// What changes of the accounts.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// Replaces what somebody says of themselves, if it still is `was`. Atomic: of simultaneous
    /// changes to one name or one address exactly one succeeds. Says whether it was replaced;
    /// there being no such account is a no.
    ///
    /// # Errors
    /// `username_taken` with the field that is taken (`username` or `email`).
    async fn set_profile(&self, id: UserId, was: &Profile, is: Profile) -> Result<bool>;

    /// Replaces the password's hash, if it still is `was`. Atomic. Says whether it was replaced;
    /// there being no such account is a no.
    async fn set_password_hash(&self, id: UserId, was: Option<&str>, hash: String) -> Result<bool>;

    /// Makes somebody an administrator, or no longer. Atomic; `user_not_found` when there is no
    /// such account.
    async fn set_admin(&self, id: UserId, admin: bool) -> Result<()>;

    /// Deletes somebody ([`User::erased`]) and answers with what is left; `None` when there is no such
    /// account. Atomic, idempotent: who was deleted before stays as they are. Families and memberships
    /// are left alone.
    async fn delete_user(&self, id: UserId) -> Result<Option<User>>;

    /// Whether there is an administrator, in any tenant.
    async fn has_admin(&self) -> Result<bool>;
}

/// Tokens that are no longer good although they have not expired.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// Ends a token (its id, or its hash where it has none) until it would have expired.
    /// Idempotent.
    async fn revoke_token(&self, token: &str, expires_at: Timestamp) -> Result<()>;

    /// Whether the token was ended.
    async fn is_token_revoked(&self, token: &str) -> Result<bool>;

    /// Those of these tokens that were ended, in no order. For a few hundred at a time.
    async fn revoked_tokens(&self, tokens: &[String]) -> Result<Vec<String>>;

    /// Ends a token that may be used once. Atomic: of all who spend it exactly one is told `true`,
    /// who may go on.
    async fn spend_token(&self, token: &str, expires_at: Timestamp) -> Result<bool>;

    /// Forgets revocations of tokens that expired before `now`; says how many.
    async fn forget_expired_tokens(&self, now: Timestamp) -> Result<u64>;
}

/// The token families, each one document.
#[async_trait]
pub trait Families: Send + Sync {
    /// Begins one. Atomic; repeating it with the same id changes nothing.
    async fn begin_family(&self, family: Family) -> Result<()>;

    /// The family of this id; `None` also when it was forgotten after its end.
    async fn family(&self, id: FamilyId) -> Result<Option<Family>>;

    /// Those of these families that nobody has ended, in no order; what was forgotten after its end
    /// is not among them. For a few hundred at a time.
    async fn unended_families(&self, ids: &[FamilyId]) -> Result<Vec<FamilyId>>;

    /// Up to `limit` families of a user that are alive at `now`, those that were used last first.
    async fn families_of(&self, user: UserId, now: Timestamp, limit: usize) -> Result<Vec<Family>>;

    /// Replaces generation, previous and times by those of `next`, if the family still has the
    /// generation `was` and has not ended. Atomic: of simultaneous renewals exactly one is told
    /// `true`.
    async fn renew_family(&self, was: u64, next: Family) -> Result<bool>;

    /// Ends one. Atomic, idempotent: the first end stays, and so does what is not there.
    async fn end_family(&self, id: FamilyId, at: Timestamp) -> Result<()>;

    /// Ends all of a user but one, each atomically; says which. Every family that was begun before
    /// this was called has ended when it answers.
    async fn end_families(
        &self,
        user: UserId,
        but: Option<FamilyId>,
        at: Timestamp,
    ) -> Result<Vec<FamilyId>>;

    /// Forgets families that ended, by themselves or otherwise, before `at`; says how many.
    async fn forget_families(&self, at: Timestamp) -> Result<u64>;
}

/// The rooms. A room that was deleted is kept for ever, so that its id is never used again, and
/// shown by no method but `create_room` and
/// `first_rows`.
#[async_trait]
pub trait Rooms: Send + Sync {
    /// Makes a room. Atomic: of simultaneous creations of one name exactly one succeeds. Whoever
    /// writes first in it appends its first rows before. Repeating it with the same id answers with
    /// the room, also with a deleted one, and leaves its first rows as they are.
    ///
    /// # Errors
    /// `room_exists` when another room of the tenant has the name.
    async fn create_room(&self, room: NewRoom) -> Result<Room>;

    /// The first rows of the room of this id, as it was made with them, also when they are in its
    /// log; none where there is no such room, or it was deleted and cleared.
    async fn first_rows(&self, id: RoomId) -> Result<Vec<NewRow>>;

    /// The room of this id, unless it was deleted.
    async fn room(&self, id: RoomId) -> Result<Option<Room>>;

    /// The channel of this name.
    async fn room_by_name(&self, tenant: &TenantId, name: &RoomName) -> Result<Option<Room>>;

    /// Up to `limit` channels of a tenant, by id after `after`.
    async fn channels(
        &self,
        tenant: &TenantId,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<Room>>;

    /// Up to `limit` rooms of all tenants and kinds, by id after `after`.
    async fn all_rooms(&self, after: Option<RoomId>, limit: usize) -> Result<Vec<Room>>;

    /// Removes up to `limit` records of rooms deleted before `before`: their logs, bodies, copies,
    /// reactions, members with their rules, holds, overrides and kept notifications, but never the
    /// rooms' own records, and none of what runs did. Says how many it dealt with; 0 says that
    /// there are none left. Any call goes on where another stopped.
    async fn clear_deleted_rooms(&self, before: Timestamp, limit: usize) -> Result<u64>;
}

/// Who is in which room. The log's member rows decide; these documents follow them, written by
/// [`super::Log::append`] alone, but for the marks and the rule. Nobody is, or was, in a deleted
/// room.
#[async_trait]
pub trait Members: Send + Sync {
    /// A user's place in a room, also of who left; `None` for who never was in it.
    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>>;

    /// Up to `limit` active members of a room, by user id after `after`.
    async fn members(
        &self,
        room: RoomId,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<Member>>;

    /// How many active members a room has.
    async fn count_members(&self, room: RoomId) -> Result<u64>;

    /// Up to `limit` active memberships of a user, by room id after `after`.
    async fn memberships(
        &self,
        user: UserId,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<Member>>;

    /// How many rooms a user is an active member of.
    async fn count_memberships(&self, user: UserId) -> Result<u64>;

    /// Those of `others` who are active in a room that `user` is active in, in no order.
    async fn sharing_rooms(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>>;

    /// Raises one of a member's marks. Atomic, idempotent: a lower seq changes nothing, and so
    /// does a member who does not exist.
    async fn raise_mark(&self, room: RoomId, user: UserId, mark: Mark, seq: Seq) -> Result<()>;

    /// Sets what a member wants to be told of. Atomic, idempotent; a member who does not exist is
    /// left so.
    async fn set_rule(&self, room: RoomId, user: UserId, rule: Rule) -> Result<()>;
}
