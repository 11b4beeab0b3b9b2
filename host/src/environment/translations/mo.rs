//! Reading compiled catalogues.

use super::{CONTEXT_SEPARATOR, Entry};

const MAGIC: u32 = 0x9504_12de;

/// Reads a `.mo` file.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let magic = bytes.first_chunk().ok_or("it is too short")?;
    let number: fn([u8; 4]) -> u32 = if u32::from_le_bytes(*magic) == MAGIC {
        u32::from_le_bytes
    } else if u32::from_be_bytes(*magic) == MAGIC {
        u32::from_be_bytes
    } else {
        return Err("it does not begin as one".to_owned());
    };
    let file = File { bytes, number };
    if file.number(4)? >> 16 > 1 {
        return Err("it is of an unknown version".to_owned());
    }
    let count = file.number(8)?;
    let (messages, translations) = (file.number(12)?, file.number(16)?);
    let mut entries = Vec::new();
    for place in 0..count {
        let message = file.text(messages, place)?;
        let translation = file.text(translations, place)?;
        let (context, message) = match message.split_once(CONTEXT_SEPARATOR) {
            Some((context, message)) => (Some(context.to_owned()), message),
            None => (None, message),
        };
        let (singular, plural) = match message.split_once('\0') {
            Some((singular, _)) => (singular, true),
            None => (message, false),
        };
        entries.push(Entry {
            context,
            singular: singular.to_owned(),
            plural,
            translations: translation.split('\0').map(str::to_owned).collect(),
        });
    }
    Ok(entries)
}

struct File<'b> {
    bytes: &'b [u8],
    number: fn([u8; 4]) -> u32,
}

impl<'b> File<'b> {
    fn number(&self, place: usize) -> Result<usize, String> {
        let bytes = self.bytes.get(place..).and_then(<[u8]>::first_chunk);
        let number = (self.number)(*bytes.ok_or("it is cut off")?);
        usize::try_from(number).map_err(|_| "it is too large".to_owned())
    }

    /// The text that a row of a table of lengths and places means.
    fn text(&self, table: usize, row: usize) -> Result<&'b str, String> {
        let place = row
            .checked_mul(8)
            .and_then(|place| place.checked_add(table));
        let place = place.ok_or("it is cut off")?;
        let (length, start) = (self.number(place)?, self.number(place + 4)?);
        let end = start.checked_add(length).ok_or("it is cut off")?;
        let text = self.bytes.get(start..end).ok_or("it is cut off")?;
        std::str::from_utf8(text).map_err(|_| "a text in it is not UTF-8".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A catalogue of these messages, in either order of bytes.
    fn compiled(messages: &[(&str, &str)], number: fn(u32) -> [u8; 4]) -> Vec<u8> {
        let count = messages.len();
        let mut tables = [Vec::new(), Vec::new()];
        let mut texts = Vec::new();
        let start = 28 + count * 16;
        for (message, translation) in messages {
            for (table, text) in tables.iter_mut().zip([message, translation]) {
                table.extend([text.len(), start + texts.len()]);
                texts.extend(text.bytes().chain([0]));
            }
        }
        let header = [MAGIC as usize, 0, count, 28, 28 + count * 8, 0, 0];
        let numbers = header.into_iter().chain(tables.concat());
        let numbers = numbers.flat_map(|n| number(u32::try_from(n).expect("it is small")));
        numbers.chain(texts).collect()
    }

    #[test]
    fn messages_are_read_in_both_orders_of_bytes() {
        let messages = [
            ("", "Plural-Forms: nplurals=2; plural=n>1;\n"),
            ("month\u{4}May", "mai"),
            ("plate\0plates", "assiette\0assiettes"),
        ];
        for order in [u32::to_le_bytes, u32::to_be_bytes] {
            let entries = read(&compiled(&messages, order)).expect("it is whole");
            let found: Vec<_> = entries
                .iter()
                .map(|entry| {
                    let context = entry.context.as_deref();
                    (
                        context,
                        entry.singular.as_str(),
                        entry.plural,
                        entry.translations.len(),
                    )
                })
                .collect();
            let expected = [
                (None, "", false, 1),
                (Some("month"), "May", false, 1),
                (None, "plate", true, 2),
            ];
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn broken_files_are_errors_wherever_they_end() {
        let whole = compiled(&[("yes", "ja"), ("no", "nein")], u32::to_le_bytes);
        for length in 0..whole.len() - 1 {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        let mut huge = whole.clone();
        huge[8..12].fill(0xff);
        assert!(read(&huge).is_err());
        assert!(read(b"no catalogue at all").is_err());
    }
}
