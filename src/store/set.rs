//! The working set of a batch: rows that were loaded, what commands made of them, and how to take that back.

use super::error::StoreError;
use super::people::rows::*;
use super::row::Row;
use super::rows::*;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

/// The rows of one table that a batch has seen or made.
pub struct Table<R> {
    slots: HashMap<i64, Slot<R>>,
    /// Names that were asked for; `None` is known to be absent.
    names: HashMap<String, Option<i64>>,
    journal: Vec<Undo<R>>,
}

struct Slot<R> {
    row: R,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    AsStored,
    /// Taken from the writer's memory: as it was stored when it was last seen.
    Remembered,
    Changed,
    New,
}

enum Undo<R> {
    Insert { id: i64 },
    Update { before: R, state: State },
}

/// What the set knows of a name.
pub enum Known<'a, R> {
    Row(&'a R),
    Absent,
    /// Nobody asked yet: look in the database.
    Unread,
}

impl<R> Default for Table<R> {
    fn default() -> Table<R> {
        Table { slots: HashMap::new(), names: HashMap::new(), journal: Vec::new() }
    }
}

impl<R: Row> Table<R> {
    pub fn by_name(&self, name: &str) -> Known<'_, R> {
        match self.names.get(name) {
            None => Known::Unread,
            Some(None) => Known::Absent,
            Some(Some(id)) => self.slots.get(id).map_or(Known::Absent, |slot| Known::Row(&slot.row)),
        }
    }

    pub fn by_id(&self, id: i64) -> Option<&R> {
        self.slots.get(&id).map(|slot| &slot.row)
    }

    /// Takes a row in that was read; one that a command has touched since stays as the command left it.
    pub fn learn(&mut self, row: R) {
        if let Entry::Vacant(slot) = self.slots.entry(row.id()) {
            self.names.insert(row.name().to_owned(), Some(row.id()));
            slot.insert(Slot { row, state: State::AsStored });
        }
    }

    /// Takes a row in that was not read but remembered from an earlier batch.
    pub fn recall(&mut self, row: R) {
        self.names.insert(row.name().to_owned(), Some(row.id()));
        self.slots.insert(row.id(), Slot { row, state: State::Remembered });
    }

    /// Whether a row of that name was made by this batch.
    pub fn is_new(&self, name: &str) -> bool {
        let slot = self.names.get(name).copied().flatten().and_then(|id| self.slots.get(&id));
        slot.is_some_and(|slot| slot.state == State::New)
    }

    /// Which of the names nobody has asked for yet.
    pub fn unread<'n>(&self, names: &'n BTreeSet<String>) -> Vec<&'n str> {
        names.iter().map(String::as_str).filter(|name| !self.names.contains_key(*name)).collect()
    }

    /// Remembers which of the names that were looked up do not exist.
    pub fn learn_absent<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            if !self.names.contains_key(name) {
                self.names.insert(name.to_owned(), None);
            }
        }
    }

    /// Adds a row; `false` when the name is taken in this set.
    pub fn insert(&mut self, row: R) -> bool {
        if matches!(self.names.get(row.name()), Some(Some(_))) {
            return false;
        }
        self.names.insert(row.name().to_owned(), Some(row.id()));
        self.journal.push(Undo::Insert { id: row.id() });
        self.slots.insert(row.id(), Slot { row, state: State::New });
        true
    }

    /// Replaces a row of the set and counts its version up, once a batch; `false` when the set does not hold it.
    pub fn update(&mut self, mut row: R) -> bool {
        let Some(slot) = self.slots.get_mut(&row.id()) else { return false };
        debug_assert!(keeps_fixed(&slot.row, &row), "{} {} changes what is fixed", R::TABLE, row.id());
        let stored = slot.row.version();
        let (version, state) = match slot.state {
            State::AsStored | State::Remembered => (stored + 1, State::Changed),
            State::Changed => (stored, State::Changed),
            State::New => (stored, State::New),
        };
        row.set_version(version);
        let before = std::mem::replace(slot, Slot { row, state });
        self.journal.push(Undo::Update { before: before.row, state: before.state });
        true
    }

    fn mark(&self) -> usize {
        self.journal.len()
    }

    fn roll_back(&mut self, mark: usize) {
        while self.journal.len() > mark {
            match self.journal.pop() {
                Some(Undo::Insert { id }) => {
                    if let Some(slot) = self.slots.remove(&id) {
                        self.names.insert(slot.row.name().to_owned(), None);
                    }
                }
                Some(Undo::Update { before, state }) => {
                    self.slots.insert(before.id(), Slot { row: before, state });
                }
                None => break,
            }
        }
    }

    /// The rows that were read or remembered and left as they were, by id.
    pub fn untouched_rows(&self) -> Vec<&R> {
        self.rows_in(&[State::AsStored, State::Remembered])
    }

    /// Of these those that were only remembered, by id.
    pub fn remembered_rows(&self) -> Vec<&R> {
        self.rows_in(&[State::Remembered])
    }

    /// All rows, for whoever keeps some of them.
    pub fn into_rows(self) -> impl Iterator<Item = R> {
        self.slots.into_values().map(|slot| slot.row)
    }

    /// The rows to insert, by id.
    pub fn new_rows(&self) -> Vec<&R> {
        self.rows_in(&[State::New])
    }

    /// The rows to update, by id: every writer takes locks in this order.
    pub fn changed_rows(&self) -> Vec<&R> {
        self.rows_in(&[State::Changed])
    }

    /// The rows that a command would see as fitting, by id.
    pub fn rows_that(&self, fits: impl Fn(&R) -> bool) -> Vec<&R> {
        sorted(self.slots.values().map(|slot| &slot.row).filter(|row| fits(row)))
    }

    fn rows_in(&self, states: &[State]) -> Vec<&R> {
        sorted(self.slots.values().filter(|slot| states.contains(&slot.state)).map(|slot| &slot.row))
    }
}

/// Whether a row keeps what an update does not write.
fn keeps_fixed<R: Row>(before: &R, after: &R) -> bool {
    let kept = R::texts().changes.iter().map(|changes| !changes);
    let cells = before.cells().into_iter().zip(after.cells());
    cells.zip(kept).all(|((before, after), kept)| !kept || before == after)
}

fn sorted<'r, R: Row>(rows: impl Iterator<Item = &'r R>) -> Vec<&'r R> {
    let mut rows: Vec<&R> = rows.collect();
    rows.sort_unstable_by_key(|row| row.id());
    rows
}

/// A row type that has its table in the set.
pub trait InSet: Row {
    fn table(set: &mut WorkingSet) -> &mut Table<Self>;
}

macro_rules! working_set {
    ($($(#[$doc:meta])* $field:ident: $row:ident,)*) => {
        /// Everything a batch holds in memory. Written at once, in the order of the fields.
        #[derive(Default)]
        pub struct WorkingSet {
            $($(#[$doc])* pub $field: Table<$row>,)*
            /// Ledger entries and audit rows only ever grow.
            pub entries: Vec<EntryRow>,
            pub facts: Vec<AuditRow>,
            /// The last id made in the lane. A command that is taken back leaves a gap.
            pub last_id: i64,
        }

        /// How far the set had come when a command began.
        pub struct Mark {
            $($field: usize,)*
            entries: usize,
            facts: usize,
        }

        impl WorkingSet {
            pub fn mark(&self) -> Mark {
                Mark { $($field: self.$field.mark(),)* entries: self.entries.len(), facts: self.facts.len() }
            }

            /// Takes back everything since the mark: a refused command disturbs nobody.
            pub fn roll_back(&mut self, mark: &Mark) {
                $(self.$field.roll_back(mark.$field);)*
                self.entries.truncate(mark.entries);
                self.facts.truncate(mark.facts);
            }

            /// Notes the last id in the lane's row, which is written with what got the ids.
            pub fn note_last_id(&mut self, lane: i64) {
                if let Some(row) = self.lanes.by_id(lane).filter(|row| row.last_id != self.last_id) {
                    let row = LaneRow { last_id: self.last_id, ..row.clone() };
                    self.lanes.update(row);
                }
            }

            /// Shows the visitor every table, in the order in which they must be written.
            pub fn for_each_table<'a>(&'a self, visitor: &mut impl TableVisitor<'a>) -> Result<(), StoreError> {
                $(visitor.visit(&self.$field)?;)*
                Ok(())
            }
        }

        $(impl InSet for $row {
            fn table(set: &mut WorkingSet) -> &mut Table<$row> {
                &mut set.$field
            }
        })*
    };
}

impl WorkingSet {
    /// Whether the batch leaves an errand that is due and nobody's.
    pub fn leaves_due_errand(&self, now: i64) -> bool {
        let waits = |row: &&OutboxRow| {
            row.due_at <= now
                && row.done_at.is_none()
                && row.parked_at.is_none()
                && row.leased_until.is_none()
        };
        let touched = [self.outbox.new_rows(), self.outbox.changed_rows()];
        touched.iter().flatten().any(waits)
    }
}

/// Somebody who does the same with every table of the set.
pub trait TableVisitor<'a> {
    fn visit<R: Row>(&mut self, table: &'a Table<R>) -> Result<(), StoreError>;
}

working_set! {
    lanes: LaneRow,
    customers: CustomerRow,
    accounts: AccountRow,
    payouts: PayoutRow,
    attempts: AttemptRow,
    deposits: DepositRow,
    refunds: RefundRow,
    instruments: InstrumentRow,
    transactions: LedgerTransactionRow,
    replies: ReplyRow,
    outbox: OutboxRow,
    notices: NoticeRow,
    users: UserRow,
    second_factors: SecondFactorRow,
    sessions: SessionRow,
    saved_views: SavedViewRow,
    marks: MarkRow,
    claims: ClaimRow,
    preparers: PreparerRow,
    notes: NoteRow,
    proposals: ProposalRow,
    exchanges: ExchangeRow,
}
