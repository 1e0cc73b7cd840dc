//! Changing what was said, taking it back, and reacting to it.

use domain::{
    Appended, Caller, ClientId, Code, Content, Deed, Edit, Emoji, Message, MessageId, NewChange,
    NewRow, ReactionRow, Reply, Result, Rev, RoomId, RowId,
};

use super::{Chat, drafts::check_kind, in_time, places::Place, refused};

/// A message that somebody wants to change, and the key of that wish.
pub(super) struct Aim {
    pub(super) room: RoomId,
    pub(super) client_id: ClientId,
    pub(super) message: MessageId,
}

impl Chat {
    /// Replaces what the caller said.
    pub(super) async fn edit(&self, who: &Caller, aim: Aim, edit: Edit) -> Result<Reply> {
        self.rates.send(who.user)?;
        let if_rev = edit.if_rev;
        let content = in_time(self.revise(who, &aim, edit)).await?;
        let change = NewChange::Edit {
            message: aim.message,
            content,
            if_rev,
        };
        let answer = self.append(who, &aim, change).await?;
        self.told(who, answer).await
    }

    /// What the message is to say instead.
    async fn revise(&self, who: &Caller, aim: &Aim, edit: Edit) -> Result<Content> {
        let mentions = self.check_mentions(aim.room, &edit.mentions).await;
        let (place, said) = self.aimed(who, aim).await?;
        if said.sender != who.user {
            return Err(Code::NotTheSender.into());
        }
        place.check_write()?;
        mentions?;
        // Of what is gone the log says so, unless it has this edit.
        let nothing = Content::plain(String::new());
        let before = said.content().unwrap_or(&nothing);
        check_kind(who, before)?;
        before.revised(edit.text, edit.mentions, &self.limits)
    }

    /// Takes back what the caller said, or, as an admin, what others said.
    pub(super) async fn delete(
        &self,
        who: &Caller,
        aim: Aim,
        if_rev: Option<Rev>,
    ) -> Result<Reply> {
        self.rates.send(who.user)?;
        let said = in_time(self.check_delete(who, &aim)).await?;
        let message = aim.message;
        let change = NewChange::Deletion { message, if_rev };
        let answer = self.append(who, &aim, change).await?;
        let shows = |said: &Content| said.attachment.is_some();
        if matches!(answer, Appended::Stored(_)) && said.content().is_some_and(shows) {
            self.files.release(message).await;
        }
        self.told(who, answer).await
    }

    /// The message as it is, if the caller may delete it.
    async fn check_delete(&self, who: &Caller, aim: &Aim) -> Result<Message> {
        let (place, said) = self.aimed(who, aim).await?;
        if said.sender != who.user {
            place.check(Deed::DeleteOthers)?;
        }
        Ok(said)
    }

    /// Sets the caller's reaction to a message, or takes it back.
    pub(super) async fn react(
        &self,
        who: &Caller,
        aim: Aim,
        emoji: Emoji,
        set: bool,
    ) -> Result<Reply> {
        self.rates.send(who.user)?;
        in_time(self.aimed(who, &aim)).await?;
        let message = aim.message;
        let change = NewChange::Reaction(ReactionRow {
            message,
            emoji,
            set,
        });
        let seq = match self.append(who, &aim, change).await? {
            Appended::Stored(row) | Appended::Repeat(row) => Some(row.seq),
            Appended::Unchanged => None,
            other => return Err(refused(&other)),
        };
        Ok(Reply::Reacted { seq })
    }

    /// A message of a room that its member may see.
    pub(super) async fn target(&self, place: &Place, message: MessageId) -> Result<Message> {
        place.sees(self.store.message(place.room.id, message).await?)
    }

    /// The message that is aimed at, and the caller's place in its room. That is looked up last of
    /// all that is asked, so that a right that is taken away meanwhile is gone.
    async fn aimed(&self, who: &Caller, aim: &Aim) -> Result<(Place, Message)> {
        let found = self.store.message(aim.room, aim.message).await;
        let place = self.place(who, aim.room).await?;
        let said = place.sees(found?)?;
        Ok((place, said))
    }

    async fn append(&self, who: &Caller, aim: &Aim, change: NewChange) -> Result<Appended> {
        let row = NewRow {
            id: RowId::new(),
            client_id: aim.client_id,
            sender: who.user,
            change,
        };
        self.writers.append(&who.tenant, aim.room, row).await
    }
}
