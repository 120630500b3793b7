//! Rows as the engine sees them: an id, a unique name, a version, and columns of two kinds.
//!
//! Every table that commands share has the same first columns, so that loading and writing whole sets is written
//! once: `id` BIGINT, `name` TEXT UNIQUE (the natural key), `version` BIGINT (counts the writes).

use super::connection::Connection;
use super::error::StoreError;
use super::statement::Bind;
use diesel::sql_types::{BigInt, Nullable, Text};

/// One row of a table that [`super::set::WorkingSet`] holds.
pub trait Row: Clone + Send + 'static {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
    /// Whether a reader inside a unit of work must hold the row on PostgreSQL.
    const LOCKED: bool;

    fn id(&self) -> i64;
    fn name(&self) -> &str;
    fn version(&self) -> i64;
    fn set_version(&mut self, version: i64);
    /// The values in the order of the columns.
    fn cells(&self) -> Vec<Bind<'_>>;
    /// Runs a select of exactly the columns.
    fn load(connection: &mut Connection, sql: &str, binds: &[Bind<'_>]) -> Result<Vec<Self>, StoreError>;
}

/// A type that a column can hold.
pub trait Stored {
    type Sql;
    fn bind(&self) -> Bind<'_>;
}

impl Stored for i64 {
    type Sql = BigInt;
    fn bind(&self) -> Bind<'_> {
        Bind::Int(*self)
    }
}

impl Stored for Option<i64> {
    type Sql = Nullable<BigInt>;
    fn bind(&self) -> Bind<'_> {
        Bind::OptInt(*self)
    }
}

impl Stored for String {
    type Sql = Text;
    fn bind(&self) -> Bind<'_> {
        Bind::Text(self)
    }
}

impl Stored for Option<String> {
    type Sql = Nullable<Text>;
    fn bind(&self) -> Bind<'_> {
        Bind::OptText(self.as_deref())
    }
}

/// Declares a row type: its table, whether it is locked when read, and its columns.
macro_rules! row {
    ($(#[$doc:meta])* $row:ident in $table:literal, locked: $locked:literal {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, diesel::Queryable)]
        pub struct $row {
            pub id: i64,
            pub name: String,
            pub version: i64,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::store::row::Row for $row {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &["id", "name", "version", $(stringify!($field),)*];
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
            fn cells(&self) -> Vec<$crate::store::statement::Bind<'_>> {
                use $crate::store::row::Stored;
                vec![self.id.bind(), self.name.bind(), self.version.bind(), $(self.$field.bind(),)*]
            }
            fn load(
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
                connection.load::<Sql, $row>(sql, binds)
            }
        }
    };
}
pub(crate) use row;
