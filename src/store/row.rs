//! Rows as the engine sees them: an id, a unique name, a version, and columns of two kinds.
//!
//! Every table that commands share has the same first columns, so that loading and writing whole sets is written
//! once: `id` BIGINT, `name` TEXT UNIQUE (the natural key), `version` BIGINT (counts the writes).

use super::connection::Connection;
use super::error::StoreError;
use super::statement::{Bind, Cached};
use super::texts::Texts;
use diesel::sql_types::{BigInt, Nullable, Text};

/// A row that a batch writes. Append-only rows are only that.
pub trait Written: Send + 'static {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
    /// The arrays that the columns of several rows make on PostgreSQL.
    const ARRAYS: &'static [&'static str];
    /// Columns that keep their first value, besides id and name. An update that set them would cost more than it
    /// says: SQLite writes their indexes anew, and looks for every row that refers to them.
    const FIXED: &'static [&'static str] = &[];

    /// The SQL about this table, made once.
    fn texts() -> &'static Texts;
    /// The values in the order of the columns.
    fn cells(&self) -> Vec<Bind<'_>>;
    /// The values of several rows, one array a column.
    fn arrays<'r>(rows: &[&'r Self]) -> Vec<Bind<'r>>;
}

/// One row of a table that [`super::set::WorkingSet`] holds.
pub trait Row: Written + Clone {
    /// Whether a decision that read the row must still find it unchanged when it is written.
    const LOCKED: bool;

    fn id(&self) -> i64;
    fn name(&self) -> &str;
    fn version(&self) -> i64;
    fn set_version(&mut self, version: i64);
    /// Runs a select of exactly the columns.
    fn load<K: Cached>(
        connection: &mut Connection,
        sql: &str,
        binds: &[Bind<'_>],
    ) -> Result<Vec<Self>, StoreError>;
    /// Reads a row whose columns came as texts, in their order.
    fn from_texts(texts: Vec<Option<String>>) -> Option<Self>;
}

/// A type that a column can hold.
pub trait Stored: Sized {
    type Sql;
    const ARRAY: &'static str;
    fn bind(&self) -> Bind<'_>;
    fn array<'r>(cells: impl Iterator<Item = &'r Self>) -> Bind<'r>
    where
        Self: 'r;
    fn from_text(text: Option<String>) -> Option<Self>;
}

impl Stored for i64 {
    type Sql = BigInt;
    const ARRAY: &'static str = "bigint[]";
    fn bind(&self) -> Bind<'_> {
        Bind::Int(*self)
    }
    fn array<'r>(cells: impl Iterator<Item = &'r i64>) -> Bind<'r> {
        Bind::Ints(cells.copied().collect())
    }
    fn from_text(text: Option<String>) -> Option<i64> {
        text?.parse().ok()
    }
}

impl Stored for Option<i64> {
    type Sql = Nullable<BigInt>;
    const ARRAY: &'static str = "bigint[]";
    fn bind(&self) -> Bind<'_> {
        Bind::OptInt(*self)
    }
    fn array<'r>(cells: impl Iterator<Item = &'r Option<i64>>) -> Bind<'r> {
        Bind::OptInts(cells.copied().collect())
    }
    fn from_text(text: Option<String>) -> Option<Option<i64>> {
        text.map_or(Some(None), |text| text.parse().ok().map(Some))
    }
}

impl Stored for String {
    type Sql = Text;
    const ARRAY: &'static str = "text[]";
    fn bind(&self) -> Bind<'_> {
        Bind::Text(self)
    }
    fn array<'r>(cells: impl Iterator<Item = &'r String>) -> Bind<'r> {
        Bind::Texts(cells.map(String::as_str).collect())
    }
    fn from_text(text: Option<String>) -> Option<String> {
        text
    }
}

impl Stored for Option<String> {
    type Sql = Nullable<Text>;
    const ARRAY: &'static str = "text[]";
    fn bind(&self) -> Bind<'_> {
        Bind::OptText(self.as_deref())
    }
    fn array<'r>(cells: impl Iterator<Item = &'r Option<String>>) -> Bind<'r> {
        Bind::OptTexts(cells.map(Option::as_deref).collect())
    }
    fn from_text(text: Option<String>) -> Option<Option<String>> {
        Some(text)
    }
}

/// Declares a row type that is only ever inserted: its table and its columns.
macro_rules! written {
    ($(#[$doc:meta])* $row:ident in $table:literal $(, fixed: [$($fixed:ident),*])? {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, diesel::Queryable)]
        pub struct $row {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::store::row::Written for $row {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field),)*];
            const ARRAYS: &'static [&'static str] = &[$(<$type as $crate::store::row::Stored>::ARRAY,)*];
            $(const FIXED: &'static [&'static str] = &[$(stringify!($fixed)),*];)?

            fn texts() -> &'static $crate::store::texts::Texts {
                static TEXTS: std::sync::OnceLock<$crate::store::texts::Texts> = std::sync::OnceLock::new();
                TEXTS.get_or_init($crate::store::texts::Texts::of::<$row>)
            }
            fn cells(&self) -> Vec<$crate::store::statement::Bind<'_>> {
                use $crate::store::row::Stored;
                vec![$(self.$field.bind(),)*]
            }
            fn arrays<'r>(rows: &[&'r $row]) -> Vec<$crate::store::statement::Bind<'r>> {
                use $crate::store::row::Stored;
                vec![$(<$type as Stored>::array(rows.iter().map(|row| &row.$field)),)*]
            }
        }
    };
}
pub(crate) use written;

/// Declares a row type of the set: its table, whether it is locked when read, and its columns behind the first three.
macro_rules! row {
    ($(#[$doc:meta])* $row:ident in $table:literal, locked: $locked:literal $(, fixed: [$($fixed:ident),*])? {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    }) => {
        $crate::store::row::written! {
            $(#[$doc])*
            $row in $table $(, fixed: [$($fixed),*])? {
                id: i64,
                name: String,
                version: i64,
                $($(#[$field_doc])* $field: $type,)*
            }
        }

        impl $crate::store::row::Row for $row {
            const LOCKED: bool = $locked;

            fn id(&self) -> i64 {
                self.id
            }
            fn name(&self) -> &str {
                &self.name
            }
            fn version(&self) -> i64 {
                self.version
            }
            fn set_version(&mut self, version: i64) {
                self.version = version;
            }
            fn load<K: $crate::store::statement::Cached>(
                connection: &mut $crate::store::connection::Connection,
                sql: &str,
                binds: &[$crate::store::statement::Bind<'_>],
            ) -> Result<Vec<$row>, $crate::store::error::StoreError> {
                type Sql = (
                    diesel::sql_types::BigInt,
                    diesel::sql_types::Text,
                    diesel::sql_types::BigInt,
                    $(<$type as $crate::store::row::Stored>::Sql,)*
                );
                connection.load_cached::<K, Sql, $row>(sql, binds)
            }
            fn from_texts(texts: Vec<Option<String>>) -> Option<$row> {
                use $crate::store::row::Stored;
                let mut texts = texts.into_iter();
                Some($row {
                    id: i64::from_text(texts.next()?)?,
                    name: String::from_text(texts.next()?)?,
                    version: i64::from_text(texts.next()?)?,
                    $($field: <$type as Stored>::from_text(texts.next()?)?,)*
                })
            }
        }
    };
}
pub(crate) use row;
