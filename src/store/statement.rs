//! One SQL text for both databases, prepared once a connection and kept.
//!
//! `diesel::sql_query` is parsed and planned anew on every call. A [`Statement`] is cached by its text, or by a type
//! that stands for it, so hot hand-written SQL costs what it must. `?` marks a value; each database writes its own
//! placeholder there.

use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::{Error, QueryResult};
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;
use std::marker::PhantomData;

/// A value in a statement. Arrays exist on PostgreSQL alone, where whole sets travel in one statement.
#[derive(Clone, PartialEq)]
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

/// How a connection finds a statement that it prepared before.
pub trait Cached: 'static {
    const BY_TYPE: bool;
    /// Whether it is kept prepared at all.
    const KEPT: bool = true;
}

/// By its text, which is put together for every call.
pub struct ByText;

impl Cached for ByText {
    const BY_TYPE: bool = false;
}

/// Not at all: for texts of more shapes than a connection should keep. PostgreSQL then plans for the values at hand.
pub struct Afresh;

impl Cached for Afresh {
    const BY_TYPE: bool = false;
    const KEPT: bool = false;
}

/// By a type that stands for one text: no text is looked at once the statement is prepared.
pub struct ByType<K>(PhantomData<K>);

impl<K: 'static> Cached for ByType<K> {
    const BY_TYPE: bool = true;
}

/// A statement whose rows have the SQL types `T`.
pub struct Statement<'a, T, K = ByText> {
    /// The text around its marks, taken apart once: it is walked several times for each call.
    parts: Vec<&'a str>,
    binds: &'a [Bind<'a>],
    rows: PhantomData<(T, K)>,
}

impl<'a, T, K> Statement<'a, T, K> {
    pub fn new(sql: &'a str, binds: &'a [Bind<'a>]) -> Statement<'a, T, K> {
        let mut parts = Vec::with_capacity(binds.len() + 1);
        parts.extend(sql.split('?'));
        Statement { parts, binds, rows: PhantomData }
    }

    /// Walks text and values in turn; the count of marks must be the count of values.
    fn walk<'b, DB: Backend>(
        &'b self,
        out: &mut AstPass<'_, 'b, DB>,
        mut push: impl FnMut(&mut AstPass<'_, 'b, DB>, &'b Bind<'a>) -> QueryResult<()>,
    ) -> QueryResult<()> {
        if self.parts.len() != self.binds.len() + 1 {
            return Err(Error::QueryBuilderError("marks and values are not as many".into()));
        }
        let mut binds = self.binds.iter();
        for part in &self.parts {
            out.push_sql(part);
            if let Some(bind) = binds.next() {
                push(out, bind)?;
            }
        }
        Ok(())
    }
}

impl<T, K: Cached> QueryFragment<Sqlite> for Statement<'_, T, K> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        if !K::KEPT {
            out.unsafe_to_cache_prepared();
        }
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

impl<T, K: Cached> QueryFragment<Pg> for Statement<'_, T, K> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if !K::KEPT {
            out.unsafe_to_cache_prepared();
        }
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

impl<T, K: Cached> QueryId for Statement<'_, T, K> {
    type QueryId = K;
    const HAS_STATIC_QUERY_ID: bool = K::BY_TYPE;
}

impl<T, K> Query for Statement<'_, T, K> {
    type SqlType = T;
}

impl<T, K, C> RunQueryDsl<C> for Statement<'_, T, K> {}
