//! One SQL text for both databases, prepared once a connection and kept.
//!
//! `diesel::sql_query` is parsed and planned anew on every call. A [`Statement`] is cached by its text, so hot
//! hand-written SQL costs what it must. `?` marks a value; each database writes its own placeholder there.

use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::{Error, QueryResult};
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;
use std::marker::PhantomData;

/// A value in a statement. Arrays exist on PostgreSQL alone, where whole sets travel in one statement.
#[derive(Clone)]
pub enum Bind<'a> {
    Int(i64),
    OptInt(Option<i64>),
    Text(&'a str),
    OptText(Option<&'a str>),
    Ints(Vec<i64>),
    OptInts(Vec<Option<i64>>),
    Texts(Vec<&'a str>),
    OptTexts(Vec<Option<&'a str>>),
}

impl<'a> Bind<'a> {
    /// Turns the same column of several rows into one array.
    pub fn array(cells: Vec<Bind<'a>>) -> Bind<'a> {
        let texts = cells.iter().any(|cell| matches!(cell, Bind::Text(_) | Bind::OptText(_)));
        let optional = cells.iter().any(|cell| matches!(cell, Bind::OptInt(_) | Bind::OptText(_)));
        let int = |cell: &Bind<'a>| match cell {
            Bind::Int(value) => Some(*value),
            Bind::OptInt(value) => *value,
            _ => None,
        };
        let text = |cell: &Bind<'a>| match cell {
            Bind::Text(value) => Some(*value),
            Bind::OptText(value) => *value,
            _ => None,
        };
        match (texts, optional) {
            (false, false) => Bind::Ints(cells.iter().filter_map(int).collect()),
            (false, true) => Bind::OptInts(cells.iter().map(int).collect()),
            (true, false) => Bind::Texts(cells.iter().filter_map(text).collect()),
            (true, true) => Bind::OptTexts(cells.iter().map(text).collect()),
        }
    }

    /// What the array is called on PostgreSQL.
    pub fn array_type(&self) -> &'static str {
        match self {
            Bind::Int(_) | Bind::OptInt(_) | Bind::Ints(_) | Bind::OptInts(_) => "bigint[]",
            Bind::Text(_) | Bind::OptText(_) | Bind::Texts(_) | Bind::OptTexts(_) => "text[]",
        }
    }
}

/// A statement whose rows have the SQL types `T`.
pub struct Statement<'a, T> {
    sql: &'a str,
    binds: &'a [Bind<'a>],
    rows: PhantomData<T>,
}

impl<'a, T> Statement<'a, T> {
    pub fn new(sql: &'a str, binds: &'a [Bind<'a>]) -> Statement<'a, T> {
        Statement { sql, binds, rows: PhantomData }
    }

    /// Walks text and values in turn; the count of marks must be the count of values.
    fn walk<'b, DB: Backend>(
        &'b self,
        out: &mut AstPass<'_, 'b, DB>,
        mut push: impl FnMut(&mut AstPass<'_, 'b, DB>, &'b Bind<'a>) -> QueryResult<()>,
    ) -> QueryResult<()> {
        let mut parts = self.sql.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        let mut binds = self.binds.iter();
        for part in parts {
            let bind = binds.next().ok_or_else(|| Error::QueryBuilderError("a value is missing".into()))?;
            push(out, bind)?;
            out.push_sql(part);
        }
        match binds.next() {
            None => Ok(()),
            Some(_) => Err(Error::QueryBuilderError("a value has no mark".into())),
        }
    }
}

impl<T> QueryFragment<Sqlite> for Statement<'_, T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk(&mut out, |out, bind| match bind {
            Bind::Int(value) => out.push_bind_param::<BigInt, _>(value),
            Bind::OptInt(value) => out.push_bind_param::<Nullable<BigInt>, _>(value),
            Bind::Text(value) => out.push_bind_param::<Text, _>(value),
            Bind::OptText(value) => out.push_bind_param::<Nullable<Text>, _>(value),
            Bind::Ints(_) | Bind::OptInts(_) | Bind::Texts(_) | Bind::OptTexts(_) => {
                Err(Error::QueryBuilderError("SQLite has no arrays".into()))
            }
        })
    }
}

impl<T> QueryFragment<Pg> for Statement<'_, T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.walk(&mut out, |out, bind| match bind {
            Bind::Int(value) => out.push_bind_param::<BigInt, _>(value),
            Bind::OptInt(value) => out.push_bind_param::<Nullable<BigInt>, _>(value),
            Bind::Text(value) => out.push_bind_param::<Text, _>(value),
            Bind::OptText(value) => out.push_bind_param::<Nullable<Text>, _>(value),
            Bind::Ints(values) => out.push_bind_param::<Array<BigInt>, _>(values),
            Bind::OptInts(values) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(values),
            Bind::Texts(values) => out.push_bind_param::<Array<Text>, _>(values),
            Bind::OptTexts(values) => out.push_bind_param::<Array<Nullable<Text>>, _>(values),
        })
    }
}

/// No static id: the cache then goes by the text.
impl<T> QueryId for Statement<'_, T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for Statement<'_, T> {
    type SqlType = T;
}

impl<T, C> RunQueryDsl<C> for Statement<'_, T> {}
