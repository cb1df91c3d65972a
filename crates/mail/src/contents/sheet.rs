//! Workbooks of Excel: the values of their cells.

use std::fmt::Display;
use std::io::Cursor;

use calamine::{
    Cell, Data, DataRef, ExcelDateTime, Reader as _, Xls, XlsError, Xlsb, XlsbError, Xlsx,
    XlsxError,
};

use super::fault::Fault;
use super::text::Text;

/// A workbook of zipped XML (`.xlsx`).
pub(super) fn xml(bytes: &[u8], out: &mut Text) -> Result<(), Fault> {
    let fault = |error| match error {
        XlsxError::Password => Fault::Encrypted,
        error => Fault::damaged(error),
    };
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(fault)?;
    for name in book.sheet_names() {
        // Sheets of charts and macros have no cells.
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else { continue };
        write_all(&name, || cells.next_cell(), out)?;
    }
    Ok(())
}

/// A workbook of zipped records (`.xlsb`).
pub(super) fn binary(bytes: &[u8], out: &mut Text) -> Result<(), Fault> {
    let fault = |error| match error {
        XlsbError::Password => Fault::Encrypted,
        error => Fault::damaged(error),
    };
    let mut book = Xlsb::new(Cursor::new(bytes)).map_err(fault)?;
    for name in book.sheet_names() {
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else { continue };
        write_all(&name, || cells.next_cell(), out)?;
    }
    Ok(())
}

/// A workbook of before 2007 (`.xls`).
pub(super) fn before_2007(bytes: &[u8], out: &mut Text) -> Result<(), Fault> {
    let fault = |error| match error {
        XlsError::Password => Fault::Encrypted,
        error => Fault::damaged(error),
    };
    let mut book = Xls::new(Cursor::new(bytes)).map_err(fault)?;
    for (name, cells) in book.worksheets() {
        line(&name, out);
        let mut row = 0;
        for (at, _, value) in cells.used_cells() {
            separate(&mut row, at, out);
            write(value, out);
        }
    }
    Ok(())
}

/// Writes the cells of a sheet as they come.
fn write_all<'c, E: Display>(
    name: &str,
    mut next: impl FnMut() -> Result<Option<Cell<DataRef<'c>>>, E>,
    out: &mut Text,
) -> Result<(), Fault> {
    line(name, out);
    let mut row = 0;
    while let Some(cell) = next().map_err(Fault::damaged)? {
        let (at, _) = cell.get_position();
        separate(&mut row, at, out);
        write(&Data::from(cell.get_value().clone()), out);
        if out.is_cut() {
            break;
        }
    }
    out.push("\n");
    Ok(())
}

fn line(name: &str, out: &mut Text) {
    out.push(name);
    out.push("\n");
}

/// A line for each row, a tab between cells.
fn separate<N: PartialEq + Copy>(row: &mut N, at: N, out: &mut Text) {
    out.push(if *row == at { "\t" } else { "\n" });
    *row = at;
}

fn write(value: &Data, out: &mut Text) {
    match value {
        Data::DateTime(moment) if moment.is_datetime() => out.push(&date(moment)),
        Data::Error(_) | Data::Empty => {}
        value => out.push(&value.to_string()),
    }
}

/// Dates are numbers in a workbook; people look for what they saw.
fn date(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second) {
        (0, 0, 0) => date,
        _ => format!("{date} {hour:02}:{minute:02}:{second:02}"),
    }
}
