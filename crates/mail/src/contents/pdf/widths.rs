//! How wide letters are: a letter that is taken for too wide or too narrow splits words, or joins them.

use pdf_extract::{Dictionary, Document, Object};

/// Widths of one file that are spelled out; a font has 65,536 letters at most.
const MAX_WIDTHS: usize = 1 << 18;

/// Writes ranges of widths (ISO 32000-1, 9.7.4.3) as lists. Of a range the library takes the first letter
/// for the width.
pub(super) fn spell_out(document: &mut Document) {
    let mut left = MAX_WIDTHS;
    let fonts = document.objects.iter().filter_map(|(id, object)| {
        let widths = widths(document, object.as_dict().ok()?)?;
        Some((*id, as_lists(document, widths, &mut left)))
    });
    for (font, lists) in fonts.collect::<Vec<_>>() {
        if let Ok(font) = document.get_dictionary_mut(font) {
            font.set("W", Object::Array(lists));
        }
    }
}

/// The widths of a font, if there are ranges among them.
fn widths<'d>(document: &'d Document, font: &'d Dictionary) -> Option<&'d [Object]> {
    let (_, widths) = document.dereference(font.get(b"W").ok()?).ok()?;
    let widths = widths.as_array().ok()?;
    let has_numbers = |pair: &[Object]| pair.iter().all(|one| number(document, one).is_some());
    widths.windows(2).any(has_numbers).then_some(widths)
}

fn number(document: &Document, object: &Object) -> Option<i64> {
    let (_, object) = document.dereference(object).ok()?;
    object.as_i64().ok().or_else(|| object.as_float().ok().map(|_| 0))
}

/// The same as pairs of a first letter and a list. What is no such is left out from there on.
fn as_lists(document: &Document, widths: &[Object], left: &mut usize) -> Vec<Object> {
    let (mut lists, mut rest) = (Vec::new(), widths.iter());
    while let (Some(first), Some(next)) = (rest.next(), rest.next()) {
        let Some(start) = number(document, first) else { break };
        let list = match number(document, next) {
            None => next.clone(),
            Some(end) => match rest.next().map(|width| repeated(width, start, end, left)) {
                Some(Some(list)) => list,
                _ => break,
            },
        };
        lists.extend([Object::Integer(start), list]);
    }
    lists
}

fn repeated(width: &Object, start: i64, end: i64, left: &mut usize) -> Option<Object> {
    let count = usize::try_from(end.checked_sub(start)?.checked_add(1)?).ok()?;
    *left = left.checked_sub(count)?;
    Some(Object::Array(vec![width.clone(); count]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_lists() {
        let list = |widths: &[i64]| Object::Array(widths.iter().map(|it| (*it).into()).collect());
        let (one, range) = (|| list(&[500, 600]), || [7, 9, 400].map(Object::Integer));
        for (widths, expected) in [
            (range().to_vec(), vec![7.into(), list(&[400, 400, 400])]),
            (
                [vec![3.into(), one()], range().to_vec()].concat(),
                vec![3.into(), one(), 7.into(), list(&[400; 3])],
            ),
            // Nothing to do; cut off; backwards; longer than any font.
            (vec![3.into(), one()], vec![3.into(), one()]),
            (vec![7.into(), 9.into()], vec![]),
            (vec![9.into(), 7.into(), 1.into()], vec![]),
            (vec![0.into(), i64::MAX.into(), 1.into()], vec![]),
        ] {
            let mut document = Document::with_version("1.4");
            let font =
                document.add_object(Dictionary::from_iter([("W", Object::Array(widths.clone()))]));
            spell_out(&mut document);
            let found = document.get_dictionary(font).unwrap().get(b"W").unwrap();
            assert_eq!(found, &Object::Array(expected), "{widths:?}");
        }
    }
}
