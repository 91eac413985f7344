//! One record of a journal on disk: a line `CHECKSUM LENGTH BODY`, and what of such a line is left after a fault.
//!
//! The checksum is CRC-32 (ISO-HDLC) of the body in eight hexadecimal digits, the length that of the body in bytes,
//! the body JSON, which has no end of line in it.

/// The first line of a journal.
pub(super) const HEADER: &[u8] = b"equipoise journal 1\n";

/// Hexadecimal digits of a checksum.
const DIGITS: usize = 8;

/// Digits of a length: a record is shorter than 10 GB.
const LENGTH: usize = 10;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) found: String,
    pub(super) expected: String,
}

/// What the bytes behind the last end of line are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// A record of so many bytes, which lacks nothing but its end of line.
    Whole(usize),
    /// The beginning of a record, which a dying process or machine left.
    Torn,
    /// Neither.
    Damaged(Fault),
}

/// The line of a body, with its end.
pub(super) fn line(body: &[u8]) -> Vec<u8> {
    let mut line = format!("{:08x} {} ", crc32fast::hash(body), body.len()).into_bytes();
    line.extend_from_slice(body);
    line.push(b'\n');
    line
}

/// The body of a line without its end.
pub(super) fn body(line: &[u8]) -> Result<&[u8], Fault> {
    let form = || Fault {
        found: format!("{} bytes that begin {:?}", line.len(), start(line)),
        expected: "a checksum, a length and a record".into(),
    };
    let (checksum, length, body) = parts(line).ok_or_else(form)?;
    if body.len() != length {
        let (found, expected) =
            (format!("a record of {} bytes", body.len()), format!("the {length} bytes that it states"));
        return Err(Fault { found, expected });
    }
    match crc32fast::hash(body) {
        found if found == checksum => Ok(body),
        found => Err(Fault {
            found: format!("a record with the checksum {found:08x}"),
            expected: format!("the checksum {checksum:08x} that it states"),
        }),
    }
}

/// What the bytes behind the last end of line are. Zeros at their end are room that a file system gave to bytes that
/// never came.
pub(super) fn tail(bytes: &[u8]) -> Tail {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let written = &bytes[..end];
    match (parts(written), body(written)) {
        (_, Ok(_)) => Tail::Whole(end),
        (Some((_, length, body)), Err(_)) if body.len() < length => Tail::Torn,
        (None, Err(_)) if begins(written) => Tail::Torn,
        (_, Err(fault)) => Tail::Damaged(fault),
    }
}

/// Checksum, length and what follows.
fn parts(line: &[u8]) -> Option<(u32, usize, &[u8])> {
    let (checksum, rest) = line.split_at_checked(DIGITS)?;
    let rest = rest.strip_prefix(b" ")?;
    let end = rest.iter().take(LENGTH + 1).position(|&byte| byte == b' ')?;
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let hexadecimal = checksum.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let checksum = u32::from_str_radix(text(checksum).filter(|_| hexadecimal)?, 16).ok()?;
    let length = rest[..end].iter().all(u8::is_ascii_digit).then(|| text(&rest[..end]))??.parse().ok()?;
    Some((checksum, length, &rest[end + 1..]))
}

/// Whether a checksum and a length begin like this, of which the rest is missing.
fn begins(bytes: &[u8]) -> bool {
    let (checksum, rest) = bytes.split_at(bytes.len().min(DIGITS));
    let length = rest.strip_prefix(b" ").unwrap_or(rest);
    checksum.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && (rest.is_empty() || rest[0] == b' ')
        && length.len() <= LENGTH
        && length.iter().all(u8::is_ascii_digit)
}

/// The first bytes as text.
fn start(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(24)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of CRC-32/ISO-HDLC (G. Cook, *Catalogue of parametrised CRC algorithms*).
    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        assert_eq!(line(b"123456789"), b"cbf43926 9 123456789\n");
    }

    #[test]
    fn a_line_gives_its_body_and_every_flipped_bit_is_a_fault() {
        let whole = line(br#"{"identity":"a","rmse":0.1}"#);
        let text = &whole[..whole.len() - 1];
        assert_eq!(body(text).unwrap(), br#"{"identity":"a","rmse":0.1}"#);
        for bit in 0..8 * text.len() {
            let mut flipped = text.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(body(&flipped).is_err(), "bit {bit}");
        }
    }

    /// A cut is torn wherever it is; one more byte, or another one, is damage.
    #[test]
    fn what_is_left_of_a_line_is_told_from_damage() {
        let whole = line(br#"{"identity":"a"}"#);
        let text = &whole[..whole.len() - 1];
        assert_eq!(tail(text), Tail::Whole(text.len()));
        assert_eq!(tail(&[text, &[0; 9]].concat()), Tail::Whole(text.len()));
        for end in 0..text.len() {
            assert_eq!(tail(&text[..end]), Tail::Torn, "{end}");
            assert_eq!(tail(&[&text[..end], &[0; 9]].concat()), Tail::Torn, "{end} and zeros");
        }
        for damaged in [&[text, b"\x0b"].concat()[..], b"garbage", b"0000000g", b"cbf43926_9"] {
            assert!(matches!(tail(damaged), Tail::Damaged(_)), "{damaged:?}");
        }
        let mut flipped = text.to_vec();
        flipped[20] ^= 1;
        assert!(matches!(tail(&flipped), Tail::Damaged(_)));
    }
}
