//! What goes wrong, on demand: per order, per endpoint, or at random by seed.

use super::codec::Filling;
use crate::clock::Entropy;
use serde::{Deserialize, Serialize};

/// One way for a server call to go wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The connection ends and nothing was processed.
    DropBefore,
    /// Processed, and the connection ends without an answer.
    DropAfter,
    /// No answer until released, nothing processed.
    HangBefore,
    /// Processed, no answer until released.
    HangAfter,
    /// Taken in now and processed only when released, long after the caller gave up.
    ProcessLate,
    /// Processed, half of the body arrives.
    HalfAnswer,
    /// Processed, the encrypted answer is cut at a whole block and looks complete.
    ShortData,
    /// A proxy's error page; `processed` says whether the call got through to the platform.
    Page { status: u16, processed: bool },
    /// Processed, the right answer under another HTTP status.
    Status(u16),
    /// Processed, the last block is filled in another way.
    Padding(Filling),
    /// Processed, the answer carries a MAC that is wrong.
    WrongMac,
    /// Processed, the answer is for another merchant.
    ForeignMerchant,
    /// Processed, the answer is about another order.
    ForeignOrder,
    /// Processed, the answer comes unencrypted.
    Clear,
    /// Processed, success code beside status FAILED.
    Contradiction,
    /// Taken in and never decided; the answer says PENDING.
    OpenForever,
    /// Taken in and never decided, and no answer comes.
    OpenSilently,
    /// Refused with this code, nothing booked.
    Refuse(String),
    /// The payer's bank wants to see him first, also where a shop charges what is on file.
    AskPayer,
    /// Booked all the same, and answered with this code and status FAILED.
    BookedBut(String),
}

/// One way for a notification to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeFault {
    Lost,
    Duplicated,
    /// So many minutes after it was due.
    Late(i64),
    /// Behind the order's next notification.
    Reordered,
    /// With a MAC made by somebody without the key.
    Forged,
    ForeignMerchant,
}

/// When a fault strikes. What is left out matches everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    #[serde(default)]
    pub endpoint: Option<String>,
    #[serde(default)]
    pub trans_id: Option<String>,
    #[serde(default = "once")]
    pub times: u32,
    #[serde(default)]
    pub call: Option<Fault>,
    #[serde(default)]
    pub notice: Option<NoticeFault>,
}

fn once() -> u32 {
    1
}

/// Random faults: out of a thousand calls so many go wrong, in one of the given ways.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    pub seed: u64,
    pub per_thousand: u64,
    #[serde(default)]
    pub calls: Vec<Fault>,
    #[serde(default)]
    pub notices: Vec<NoticeFault>,
}

#[derive(Default)]
pub struct Faults {
    scripts: Vec<Script>,
    random: Option<(Random, Entropy)>,
}

impl Faults {
    pub fn add(&mut self, script: Script) {
        self.scripts.push(script);
    }

    pub fn randomize(&mut self, random: Random) {
        let entropy = Entropy::seeded(random.seed);
        self.random = Some((random, entropy));
    }

    pub fn clear(&mut self) {
        *self = Faults::default();
    }

    /// How many scripts have not struck for the last time.
    pub fn scripts(&self) -> usize {
        self.scripts.len()
    }

    pub fn for_call(&mut self, endpoint: &str, trans_id: &str) -> Option<Fault> {
        let scripted = self.take(|script| {
            let here = script.endpoint.as_deref().is_none_or(|wanted| wanted == endpoint);
            let this = script.trans_id.as_deref().is_none_or(|wanted| wanted == trans_id);
            if here && this { script.call.clone() } else { None }
        });
        scripted.or_else(|| {
            let (random, entropy) = self.random.as_ref()?;
            draw(entropy, random.per_thousand, &random.calls)
        })
    }

    pub fn for_notice(&mut self, trans_id: &str) -> Option<NoticeFault> {
        let scripted = self.take(|script| {
            let this = script.trans_id.as_deref().is_none_or(|wanted| wanted == trans_id);
            if this { script.notice } else { None }
        });
        scripted.or_else(|| {
            let (random, entropy) = self.random.as_ref()?;
            draw(entropy, random.per_thousand, &random.notices)
        })
    }

    fn take<T>(&mut self, matching: impl Fn(&Script) -> Option<T>) -> Option<T> {
        let (place, found) =
            self.scripts.iter().enumerate().find_map(|(at, script)| Some((at, matching(script)?)))?;
        let script = &mut self.scripts[place];
        script.times = script.times.saturating_sub(1);
        if script.times == 0 {
            self.scripts.remove(place);
        }
        Some(found)
    }
}

fn draw<T: Clone>(entropy: &Entropy, per_thousand: u64, among: &[T]) -> Option<T> {
    if among.is_empty() || entropy.next() % 1000 >= per_thousand {
        return None;
    }
    among.get((entropy.next() % among.len() as u64) as usize).cloned()
}
