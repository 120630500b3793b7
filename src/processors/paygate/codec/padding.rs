//! Where a decrypted text ends. `Len` decides, padding is never judged, so there is nothing to probe.
//!
//! The one trap: some senders count characters but encrypt UTF-8 bytes, so that `Len` falls short of the text.

/// The text within decrypted blocks, `len` being what the sender said. The caller checked `len <= plain.len()`.
pub fn cut(plain: &[u8], len: usize, block: usize) -> &[u8] {
    let (text, rest) = plain.split_at(len);
    if is_padding(rest, block) {
        return text;
    }
    // Something is left over that nobody pads with: was `Len` a count of characters?
    match characters(plain, len) {
        Some(counted) if is_padding(&plain[counted..], block) => &plain[..counted],
        _ => text,
    }
}

/// How many bytes the first `count` characters take, if they are UTF-8.
fn characters(plain: &[u8], count: usize) -> Option<usize> {
    let valid = match std::str::from_utf8(plain) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&plain[..error.valid_up_to()]).ok()?,
    };
    let mut ends = valid.char_indices().map(|(at, _)| at).chain([valid.len()]);
    ends.nth(count)
}

/// Every habit that was ever seen: zeros, spaces, the letter x, PKCS#7 once or twice, zeros and then a PKCS block.
fn is_padding(rest: &[u8], block: usize) -> bool {
    let filled = |bytes: &[u8]| bytes.len() < block && same(bytes, &[0, b' ', b'x']);
    if filled(rest) || is_pkcs(rest, block) {
        return true;
    }
    let Some(first) = rest.len().checked_sub(block) else { return false };
    let (inner, last) = rest.split_at(first);
    is_pkcs(last, block) && last.len() == block && (same(inner, &[0]) || is_pkcs(inner, block))
}

fn is_pkcs(bytes: &[u8], block: usize) -> bool {
    (1..=block).contains(&bytes.len()) && bytes.iter().all(|&byte| usize::from(byte) == bytes.len())
}

fn same(bytes: &[u8], allowed: &[u8]) -> bool {
    bytes.first().is_none_or(|first| allowed.contains(first) && bytes.iter().all(|byte| byte == first))
}
