//! From a draft to what a message says: everything that it refers to is looked up.

use domain::{
    Attachment, Caller, Code, Content, ContentKind, Draft, Error, File, FileLink, Member,
    MessageId, Result, RoomId, Says, UserId,
};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{AT_ONCE, Chat, places::Place};

impl Chat {
    /// What the message `id` is to say. A file that it shows is held for it from the answer on;
    /// whoever then does not append it lets go of that.
    pub(super) async fn compose(
        &self,
        who: &Caller,
        place: &Place,
        id: MessageId,
        draft: &Draft,
    ) -> Result<Content> {
        self.check_reply(place, draft.reply_to).await?;
        self.check_mentions(place.room.id, &draft.mentions).await?;
        let content = self.said(who, &draft.says).await?;
        check_kind(who, &content)?;
        if let Some(attachment) = &content.attachment {
            let link = FileLink {
                file: attachment.file,
                room: place.room.id,
                message: id,
            };
            self.files.hold(link).await?;
        }
        Ok(Content {
            reply_to: draft.reply_to,
            mentions: draft.mentions.clone(),
            ..content
        })
    }

    async fn said(&self, who: &Caller, says: &Says) -> Result<Content> {
        let (file, image, caption) = match says {
            Says::Words(content) => return Ok(content.clone()),
            Says::File {
                file,
                image,
                caption,
            } => (
                self.files.readable(who, *file).await?,
                Some(*image),
                caption,
            ),
            Says::Upload { file, caption } => (self.files.own(who, *file).await?, None, caption),
        };
        let attachment = attached(file);
        let content = Content::attached(attachment, caption.clone(), &self.limits)?;
        shown_as(image, content)
    }

    /// Whether everybody who is mentioned is in the room.
    pub(super) async fn check_mentions(&self, room: RoomId, users: &[UserId]) -> Result<()> {
        let places = stream::iter(users.to_vec()).map(|user| self.store.member(room, user));
        let there = places
            .buffered(AT_ONCE)
            .try_all(async |member| member.as_ref().is_some_and(Member::is_active));
        match there.await? {
            true => Ok(()),
            false => {
                let detail = "Only members of the room can be mentioned.";
                Err(Error::invalid(Code::InvalidField, "mentions", detail))
            }
        }
    }

    async fn check_reply(&self, place: &Place, reply_to: Option<MessageId>) -> Result<()> {
        match reply_to {
            Some(message) => self.target(place, message).await.map(drop),
            None => Ok(()),
        }
    }
}

/// What a message shows of an uploaded file.
fn attached(file: File) -> Attachment {
    Attachment {
        file: file.id,
        name: file.name.as_str().to_owned(),
        media_type: file.media_type.as_str().to_owned(),
        bytes: file.bytes,
    }
}

/// A file as its sender wants it shown: as a picture, which it must be then, or as a file, also if it
/// is a picture. Where nothing is said, its type counts.
fn shown_as(image: Option<bool>, content: Content) -> Result<Content> {
    match image {
        Some(true) if content.kind != ContentKind::Image => {
            let detail = "It is no picture: send it as a file.";
            Err(Error::invalid(Code::InvalidField, "file", detail))
        }
        Some(false) => Ok(Content {
            kind: ContentKind::File,
            ..content
        }),
        _ => Ok(content),
    }
}

/// Whether somebody may say a thing of this kind.
pub(super) fn check_kind(who: &Caller, content: &Content) -> Result<()> {
    match content.kind {
        ContentKind::System if !who.admin => Err(Code::Forbidden.into()),
        _ => Ok(()),
    }
}
