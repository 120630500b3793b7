//! The filtered list as a file. Rows are read a page at a time and sent as they come: the browser's reading sets the
//! pace, and one page is all that is in memory.

use super::columns::Column;
use super::filter;
use crate::backoffice::call::Asked;
use crate::backoffice::files::csv::Csv;
use crate::backoffice::files::xlsx::Xlsx;
use crate::backoffice::files::{Sheet, Value};
use crate::backoffice::trouble::{Outcome, Trouble};
use crate::domain::deed::Deed;
use crate::domain::people::Right;
use crate::store::audit::{self, Fact};
use crate::store::lists::payouts::Export;
use crate::store::{Store, StoreError, Wants};
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;

pub async fn send(asked: Asked) -> Outcome {
    let filter = filter::read(&asked, Right::Export)?;
    let columns = Column::chosen(&asked.query);
    let mut header: Vec<String> = columns.iter().map(|column| asked.say(column.label()).to_owned()).collect();
    header.push(asked.say("payouts.currency").to_owned());
    let (sheet, kind): (Box<dyn Sheet>, &str) = match asked.param("kind") {
        "csv" => (Box::new(Csv::new(&header)), "text/csv; charset=utf-8"),
        "xlsx" => (
            Box::new(Xlsx::new(&header)),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        _ => return Err(Trouble::NotFound),
    };
    note(&asked).await?;
    let name = format!("payouts-{}.{}", asked.now.format("%Y%m%d-%H%M%S"), asked.param("kind"));
    let file = File { store: asked.office.store.clone(), now: asked.now, columns, sheet };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(stream::try_unfold(State::Open(Box::new((Export::of(filter), file))), next)))
}

/// Who takes data away is on record, with the filter.
async fn note(asked: &Asked) -> Result<(), Trouble> {
    let fact = Fact {
        who: asked.person.who(),
        request_id: asked.request_id.clone(),
        ..Fact::of(Deed::ListExported, "list/payouts")
    };
    let fact = fact.with("query", asked.query.query_without(&[])).with("kind", asked.param("kind"));
    asked.write("people", Wants::nothing(), move |tx| Ok(audit::record(tx, fact.clone())?)).await?;
    Ok(())
}

struct File {
    store: Store,
    now: DateTime<Utc>,
    columns: Vec<Column>,
    sheet: Box<dyn Sheet>,
}

enum State {
    Open(Box<(Export, File)>),
    Ended,
}

/// The next piece of the file. An empty piece would end nothing and is not sent.
async fn next(state: State) -> Result<Option<(Bytes, State)>, StoreError> {
    let State::Open(open) = state else { return Ok(None) };
    let (mut export, mut file) = *open;
    loop {
        let (lines, back) = file
            .store
            .read(move |connection| {
                let lines = export.next(connection)?;
                Ok((lines, export))
            })
            .await?;
        export = back;
        let Some(lines) = lines else {
            let rest = Bytes::from(file.sheet.finish());
            return Ok(Some((rest, State::Ended)));
        };
        for line in &lines {
            let mut cells: Vec<Value> =
                file.columns.iter().map(|column| column.value(line, file.now)).collect();
            cells.push(Value::Text(line.payout.amount.currency().code().to_owned()));
            file.sheet.row(&cells);
        }
        let bytes = file.sheet.take();
        if !bytes.is_empty() {
            return Ok(Some((Bytes::from(bytes), State::Open(Box::new((export, file))))));
        }
    }
}
