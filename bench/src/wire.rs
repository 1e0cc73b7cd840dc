//! WebSocket frames as they lie in a buffer: read without a copy, written once. Both ends of the
//! yardstick use it; nobody who is measured here sends fragments.

/// A text.
pub(crate) const TEXT: u8 = 1;
/// The end.
pub(crate) const CLOSE: u8 = 8;
/// A question whether somebody is there.
pub(crate) const PING: u8 = 9;
/// Its answer.
pub(crate) const PONG: u8 = 10;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

/// One frame, in the buffer that it was read into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// What it is.
    pub(crate) opcode: u8,
    /// What it carries, still masked.
    pub(crate) payload: &'a [u8],
    mask: [u8; 4],
}

impl Frame<'_> {
    /// What it carries, readable.
    pub(crate) fn unmasked(&self) -> Vec<u8> {
        let mask = self.mask.iter().cycle();
        self.payload.iter().zip(mask).map(|(b, m)| b ^ m).collect()
    }
}

/// The first frame of a buffer and how long it is; `None` while it is not whole.
pub(crate) fn parse(buffer: &[u8]) -> Option<(Frame<'_>, usize)> {
    let (&first, &second) = (buffer.first()?, buffer.get(1)?);
    let (length, mut at) = match second & !MASKED {
        126 => (usize::from(u16::from_be_bytes(array(buffer, 2)?)), 4),
        127 => (
            usize::try_from(u64::from_be_bytes(array(buffer, 2)?)).ok()?,
            10,
        ),
        short => (usize::from(short), 2),
    };
    let mut mask = [0; 4];
    if second & MASKED != 0 {
        mask = array(buffer, at)?;
        at += mask.len();
    }
    let end = at.checked_add(length)?;
    let frame = Frame {
        opcode: first & 0x0f,
        payload: buffer.get(at..end)?,
        mask,
    };
    Some((frame, end))
}

fn array<const N: usize>(buffer: &[u8], at: usize) -> Option<[u8; N]> {
    buffer.get(at..at + N)?.try_into().ok()
}

/// Shows all whole frames of a buffer, and says how many bytes they took.
pub(crate) fn each(buffer: &[u8], mut show: impl FnMut(Frame<'_>)) -> usize {
    let mut used = 0;
    while let Some((frame, length)) = parse(&buffer[used..]) {
        show(frame);
        used += length;
    }
    used
}

/// A frame as servers send it.
pub(crate) fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(opcode, payload.len(), 0);
    bytes.extend_from_slice(payload);
    bytes
}

/// A frame as clients send it. The mask is zero: it costs the server as much as any other, and the
/// generator nothing.
pub(crate) fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(opcode, payload.len(), MASKED);
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

fn head(opcode: u8, length: usize, masked: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length + 14);
    bytes.push(FIN | opcode);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => bytes.push(masked | short),
        (_, Ok(middle)) => {
            bytes.push(masked | 126);
            bytes.extend_from_slice(&middle.to_be_bytes());
        }
        _ => {
            bytes.push(masked | 127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_are_read_as_they_were_written() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            for bytes in [frame(TEXT, &payload), masked(TEXT, &payload)] {
                let (read, used) = parse(&bytes).unwrap();
                assert_eq!((read.opcode, used), (TEXT, bytes.len()));
                assert_eq!(read.unmasked(), payload);
                assert!(parse(&bytes[..bytes.len() - 1]).is_none());
            }
        }
    }

    #[test]
    fn a_foreign_mask_is_taken_off() {
        let bytes = [0x81, 0x82, 1, 2, 3, 4, b'h' ^ 1, b'i' ^ 2];
        assert_eq!(parse(&bytes).unwrap().0.unmasked(), b"hi");
    }

    #[test]
    fn what_is_not_whole_stays_in_the_buffer() {
        let mut bytes = frame(TEXT, b"one");
        bytes.extend(frame(PING, b""));
        let whole = bytes.len();
        bytes.extend(&frame(TEXT, b"two")[..3]);
        let mut seen = Vec::new();
        assert_eq!(each(&bytes, |frame| seen.push(frame.opcode)), whole);
        assert_eq!(seen, [TEXT, PING]);
    }
}
