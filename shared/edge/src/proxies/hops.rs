//! The hops that `Forwarded` (RFC 7239) and `X-Forwarded-For` tell of, the nearest first.

use std::{borrow::Cow, net::IpAddr};

use hyper::{
    HeaderMap,
    header::{FORWARDED, HeaderName},
};

use super::{FORWARDED_FOR, node};

/// It cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Garbled;

/// What one proxy says of who asked it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hop {
    /// Who; `None` where it does not say.
    pub(super) client: Option<IpAddr>,
    /// Over which scheme.
    pub(super) proto: Option<String>,
    /// Under which name.
    pub(super) host: Option<String>,
    /// Whether it says anything at all, be it something else.
    speaks: bool,
}

/// The hops of `X-Forwarded-For`. Nothing is read further out than is asked for.
pub(super) fn customary(headers: &HeaderMap) -> impl Iterator<Item = Result<Hop, Garbled>> {
    lines(headers, FORWARDED_FOR).flat_map(|line| {
        let addresses = line.rsplit(',').map(node::address);
        let hop = |address: Option<IpAddr>| address.map(Hop::of).ok_or(Garbled);
        addresses.map(hop).collect::<Vec<_>>()
    })
}

/// The hops of `Forwarded`.
pub(super) fn standard(headers: &HeaderMap) -> impl Iterator<Item = Result<Hop, Garbled>> {
    lines(headers, FORWARDED).flat_map(|line| match elements(&line) {
        Ok(hops) => hops.into_iter().rev().map(Ok).collect(),
        Err(garbled) => vec![Err(garbled)],
    })
}

/// The lines of a header, the nearest proxy's first. What is no text there is the client's.
fn lines(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = Cow<'_, str>> {
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    let nearest_first = lines.into_iter().rev();
    nearest_first.map(|line| String::from_utf8_lossy(line.as_bytes()))
}

/// `for=192.0.2.7;proto=https, for="[2001:db8::7]"`: the hops, as they are written.
fn elements(line: &str) -> Result<Vec<Hop>, Garbled> {
    let mut rest = line.trim();
    let mut hops = vec![Hop::default()];
    loop {
        let hop = hops.last_mut().ok_or(Garbled)?;
        rest = pair(rest, hop)?.trim_start();
        match rest.chars().next() {
            None => break,
            Some(';') => {}
            Some(',') => hops.push(Hop::default()),
            Some(_) => return Err(Garbled),
        }
        rest = rest[1..].trim_start();
    }
    // A list may have empty elements (RFC 9110, section 5.6.1).
    hops.retain(|hop| hop.speaks);
    Ok(hops)
}

/// Takes `name=value`, or nothing, from the beginning; gives what follows.
fn pair<'a>(text: &'a str, hop: &mut Hop) -> Result<&'a str, Garbled> {
    let end = text.find(['=', ';', ',']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let Some(rest) = rest.strip_prefix('=') else {
        return if name.is_empty() {
            Ok(rest)
        } else {
            Err(Garbled)
        };
    };
    let (value, rest) = value(rest)?;
    hop.set(name, value)?;
    Ok(rest)
}

/// A token or a quoted string, and what follows it.
fn value(text: &str) -> Result<(String, &str), Garbled> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',', ' ', '\t', '"']).unwrap_or(text.len());
        let (token, rest) = text.split_at(end);
        let fits = !token.is_empty();
        return fits.then(|| (token.to_owned(), rest)).ok_or(Garbled);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next().ok_or(Garbled)?.1),
            other => value.push(other),
        }
    }
    Err(Garbled)
}

impl Hop {
    fn of(client: IpAddr) -> Self {
        Self {
            client: Some(client),
            speaks: true,
            ..Self::default()
        }
    }

    /// Takes a parameter. None may come twice; those that we do not ask for are not kept.
    fn set(&mut self, name: &str, value: String) -> Result<(), Garbled> {
        self.speaks = true;
        let before = match name.to_ascii_lowercase().as_str() {
            "for" => {
                let client = node::address(&value).ok_or(Garbled)?;
                self.client.replace(client).is_some()
            }
            "proto" => self.proto.replace(value).is_some(),
            "host" => self.host.replace(value).is_some(),
            _ => false,
        };
        if before { Err(Garbled) } else { Ok(()) }
    }
}
