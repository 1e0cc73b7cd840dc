//! The product: `hubbub serve` of this very build, with accounts, rooms and members made over its
//! own API.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    generator::{Caller, Hall, Seat, Tongue},
    lab::Lab,
    process::Server,
};

/// bcrypt's lowest cost, where logins are not what is measured.
pub(crate) const QUICK_HASH: u32 = 4;
/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// As many requests at once as make everybody ready soon, and are never too many.
const CALLERS: usize = 16;

/// A running product.
pub(crate) struct Product {
    /// The process.
    pub(crate) server: Server,
}

impl Product {
    /// Starts the product on a folder, without limits of rates and sessions.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) async fn start(lab: &Lab, folder: &Path, bcrypt_cost: u32) -> Result<Self> {
        let config = folder.join("hubbub.toml");
        let text = format!(
            "no_limits = true\n[auth]\nbcrypt_cost = {bcrypt_cost}\n[limits]\nroom_members = 20000\n"
        );
        fs::write(&config, text)?;
        let mut command = Command::new(&lab.program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.join("data"))
            .arg("--config")
            .arg(config)
            .env("HUBBUB_LOG__FILTER", "error")
            .current_dir(folder);
        let server = Server::start(command, folder).await?;
        Ok(Self { server })
    }

    /// Signs somebody up for every seat, makes the rooms, and joins everybody to theirs.
    ///
    /// # Errors
    /// When something is refused.
    pub(crate) async fn seats(&self, hall: Hall) -> Result<Vec<Seat>> {
        let tokens = self.sign_up(hall.seats()).await?;
        let rooms = self.rooms(hall, &tokens).await?;
        let seat = |(number, token): (usize, &String)| {
            let room = rooms[hall.place(number).0].clone();
            Seat {
                path: "/api/v1/ws".to_owned(),
                token: Some(token.clone()),
                tongue: Tongue::Native { room },
            }
        };
        Ok(tokens.iter().enumerate().map(seat).collect())
    }

    /// Signs so many people up, and gives their tokens.
    async fn sign_up(&self, count: usize) -> Result<Vec<String>> {
        self.for_each(count, async |caller, number| {
            let name = format!("member-{number}");
            let body = json!({"username": name, "password": PASSWORD});
            let answer = caller.post("/api/v1/auth/signup", None, &body).await?;
            text(&answer["token"])
        })
        .await
    }

    /// Makes the rooms, each owned by the first of its seats, and joins the others.
    async fn rooms(&self, hall: Hall, tokens: &[String]) -> Result<Vec<String>> {
        let rooms = self
            .for_each(hall.rooms, async |caller, room| {
                let owner = Some(tokens[room * hall.members].as_str());
                let body = json!({"name": format!("room-{room}")});
                let made = caller.post("/api/v1/rooms", owner, &body);
                text(&made.await?["id"])
            })
            .await?;
        self.for_each(hall.seats(), async |caller, seat| {
            let (room, place) = hall.place(seat);
            if place > 0 {
                let path = format!("/api/v1/rooms/{}/join", rooms[room]);
                let token = Some(tokens[seat].as_str());
                caller.post(&path, token, &json!({})).await?;
            }
            Ok(())
        })
        .await?;
        Ok(rooms)
    }

    /// Does something for each number, some at once, and gives the results in order.
    async fn for_each<T>(
        &self,
        count: usize,
        ask: impl AsyncFn(&mut Caller, usize) -> Result<T>,
    ) -> Result<Vec<T>> {
        let ask = &ask;
        let ways = (0..CALLERS).map(async |first| {
            let mut caller = Caller::connect(self.server.addr()).await?;
            let mut done = Vec::new();
            for number in (first..count).step_by(CALLERS) {
                done.push((number, ask(&mut caller, number).await?));
            }
            anyhow::Ok(done)
        });
        let mut done: Vec<_> = try_join_all(ways).await?.into_iter().flatten().collect();
        done.sort_by_key(|(number, _)| *number);
        Ok(done.into_iter().map(|(_, result)| result).collect())
    }
}

fn text(value: &Value) -> Result<String> {
    let text = value.as_str().map(str::to_owned);
    text.with_context(|| format!("no text: {value}"))
}
