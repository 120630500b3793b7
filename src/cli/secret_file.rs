//! Keys come from files or from the standard input, never from the command line, where every user of the machine
//! could read them.

use super::Failed;
use secrecy::SecretString;
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// The longest key or text that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// The whole of a file, or of the standard input for `-`.
pub fn bytes(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let unreadable = |error: std::io::Error| {
        let from = if is_stdin(file) { "the standard input".to_owned() } else { file.display().to_string() };
        Failed::Usage(format!("{from} can't be read: {error}"))
    };
    let mut bytes = Zeroizing::new(Vec::new());
    let read = if is_stdin(file) {
        std::io::stdin().lock().take(LONGEST).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(LONGEST).read_to_end(&mut bytes))
    };
    read.map_err(unreadable)?;
    Ok(bytes)
}

/// A key without the line end that editors put behind it.
pub fn key(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let mut bytes = bytes(file)?;
    while bytes.last().is_some_and(|last| matches!(last, b'\r' | b'\n')) {
        bytes.pop();
    }
    if bytes.is_empty() {
        return Err(Failed::Usage(format!("the key in {} is empty", file.display())));
    }
    Ok(bytes)
}

pub fn text_key(file: &Path) -> Result<SecretString, Failed> {
    let bytes = key(file)?;
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|_| Failed::Usage(format!("the key in {} is not UTF-8", file.display())))?;
    Ok(SecretString::from(text))
}

pub fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}
