//! Which messages refer to which files.

use domain::{Code, FileId, FileLink, Message, MessageId, Result};
use edge::in_time;

use super::{Files, sweep::FIRST_CHECK};

/// The file that a message refers to, as it is now.
pub(super) fn file_of(message: &Message) -> Option<FileId> {
    let attachment = message.content()?.attachment.as_ref()?;
    Some(attachment.file)
}

impl Files {
    /// Lets a message refer to a file, before the message is appended: if it never is, the sweep
    /// finds the reference.
    ///
    /// # Errors
    /// `file_not_found` unless the file is whole and stays.
    pub async fn hold(&self, link: FileLink) -> Result<()> {
        let check_at = self.after(FIRST_CHECK)?;
        match self.store.link_file(link, check_at).await? {
            true => Ok(()),
            false => Err(Code::FileNotFound.into()),
        }
    }

    /// Takes away what a message referred to, after it was deleted or was not appended. What goes
    /// wrong here, the sweep mends.
    pub async fn release(&self, message: MessageId) {
        if let Err(error) = in_time(self.store.unlink_message(message, None)).await {
            tracing::warn!(%message, error = &error as &dyn std::error::Error, "a file is released later");
        }
    }
}
