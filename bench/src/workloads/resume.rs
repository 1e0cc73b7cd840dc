//! W11: everybody is cut off at once, something is said meanwhile, and everybody comes back with
//! the last row that they saw.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use crate::{
    generator::{Caller, Client, Crowd, Hall, Seat, Shape, Tongue},
    lab::Lab,
    process::Server,
    report::{Figure, Report, Target},
    stamp::Stamp,
    subject::{Product, QUICK_HASH},
};

/// What is said in each room while nobody is there.
const MISSED: u32 = 10;
/// How many come back at once.
const WAVE: usize = 256;
const MEMBERS: usize = 100;

/// Measures it.
///
/// # Errors
/// When anybody misses anything.
pub(crate) async fn run(lab: &Lab, report: &mut Report) -> Result<()> {
    let hall = Hall {
        rooms: lab.sockets(lab.pick(10_000, 200)) / MEMBERS,
        members: MEMBERS,
        talkers: 1,
    };
    let folder = lab.folder()?;
    let product = Product::start(lab, folder.path(), QUICK_HASH).await?;
    let seats = product.seats(hall).await?;
    let server = &product.server;
    let mut crowd = Crowd::new(hall, 0);
    crowd.fill(server.addr(), &seats, 0).await?;
    let shape = Shape::InFlight(hall.rooms);
    crowd.run(server, shape, lab.length()).await?;
    drop(crowd);
    let heads = talk_on(server, hall, &seats).await?;
    let (begun, cpu) = (Instant::now(), server.cpu()?);
    let coming = seats.iter().enumerate().map(|(number, seat)| {
        let head = heads[hall.place(number).0];
        come_back(server, seat, head)
    });
    let clients: Vec<_> = stream::iter(coming)
        .buffer_unordered(WAVE)
        .try_collect()
        .await?;
    ensure!(clients.len() == seats.len(), "not everybody came back");
    let (took, cpu) = (begun.elapsed().as_secs_f64(), server.cpu()? - cpu);
    report.must(
        "who comes back is told all they missed, once and in order",
        true,
    );
    report.figure(Figure {
        workload: "W11",
        what: format!(
            "s until {} sockets are back with all they missed",
            seats.len()
        ),
        value: took,
        target: Target::None,
        of: format!(
            "{:.0} µs of CPU each, handshake and {MISSED} messages included",
            cpu.as_secs_f64() * 1e6 / seats.len() as f64
        ),
    });
    product.server.end().await
}

/// Says something in each room, and gives the row after which it begins.
async fn talk_on(server: &Server, hall: Hall, seats: &[Seat]) -> Result<Vec<u64>> {
    let mut caller = Caller::connect(server.addr()).await?;
    let mut heads = Vec::new();
    for seat in seats.iter().step_by(hall.members) {
        let Tongue::Native { room } = &seat.tongue else {
            continue;
        };
        let path = format!("/api/v1/rooms/{room}");
        let token = seat.token.as_deref();
        let told: Value = serde_json::from_slice(&caller.get(&path, token).await?)?;
        heads.push(told["head"].as_u64().context("a head")?);
        for number in 0..MISSED {
            let stamp = Stamp {
                sender: 0,
                number,
                at: 0,
            };
            let body = json!({"content": stamp.to_string()});
            caller
                .post(&format!("{path}/messages"), token, &body)
                .await?;
        }
    }
    Ok(heads)
}

/// Opens a socket, resumes, and hears what was said, in order and once.
async fn come_back(server: &Server, seat: &Seat, head: u64) -> Result<Client> {
    let Tongue::Native { room } = &seat.tongue else {
        anyhow::bail!("not the product");
    };
    let seat = Seat {
        path: format!("{}?resume=true", seat.path),
        ..seat.clone()
    };
    let mut client = Client::connect(server.addr(), &seat).await?;
    let epoch = epoch(&mut client).await?;
    let resume = json!({"id": "r", "type": "resume", "epoch": epoch, "rooms": {room: head}});
    client.say(&resume.to_string()).await?;
    let (mut resumed, mut heard) = (false, Vec::new());
    while !resumed {
        let open = client.reader.read(|frame| {
            let begins = |with: &[u8]| frame.payload.starts_with(with);
            resumed |= begins(br#"{"type":"resumed""#);
            if begins(br#"{"type":"message""#) {
                heard.extend(Stamp::find(frame.payload).map(|stamp| stamp.number));
            }
        });
        ensure!(open.await? || resumed, "cut off before it was back");
    }
    let expected: Vec<u32> = (0..MISSED).collect();
    ensure!(heard == expected, "{heard:?} was heard");
    Ok(client)
}

/// The store's id, from the greeting.
async fn epoch(client: &mut Client) -> Result<Value> {
    let mut epoch = None;
    while epoch.is_none() {
        let open = client.reader.read(|frame| {
            if epoch.is_none() {
                let hello = serde_json::from_slice::<Value>(frame.payload);
                epoch = hello.ok().map(|hello| hello["epoch"].clone());
            }
        });
        ensure!(
            open.await? || epoch.is_some(),
            "cut off before the greeting"
        );
    }
    epoch.context("a greeting")
}
