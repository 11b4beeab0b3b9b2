//! The names of libraries and units, made of the module that a function stands in while
//! the plugin is compiled.

/// `custom` of `crate::custom`, as [`library`] writes it: how many bytes it has.
pub const fn library_length(module_path: &str) -> usize {
    let path = module_path.as_bytes();
    let mut place = library_start(path);
    let mut length = 0;
    while place < path.len() {
        place += step(path, place);
        length += 1;
    }
    length
}

/// The library of a module: its path below the crate, or below the last module named
/// `templatetags`, with dots. The crate root's is the crate's own name.
pub const fn library<const LENGTH: usize>(module_path: &str) -> [u8; LENGTH] {
    let path = module_path.as_bytes();
    let mut place = library_start(path);
    let mut name = [0; LENGTH];
    let mut length = 0;
    while place < path.len() && length < LENGTH {
        name[length] = if path[place] == b':' {
            b'.'
        } else {
            path[place]
        };
        place += step(path, place);
        length += 1;
    }
    name
}

/// How far on the next byte of the name is: `::` is one dot, and `r#` is none.
const fn step(path: &[u8], place: usize) -> usize {
    if path[place] != b':' {
        1
    } else if begins_with(path, place + 2, b"r#") {
        4
    } else {
        2
    }
}

const fn library_start(path: &[u8]) -> usize {
    const FOLDER: &[u8] = b"::templatetags::";
    let mut start = 0;
    let mut place = 0;
    while place < path.len() {
        if begins_with(path, place, FOLDER) {
            start = place + FOLDER.len();
        } else if start == 0 && begins_with(path, place, b"::") {
            start = place + 2;
        }
        place += 1;
    }
    if begins_with(path, start, b"r#") {
        start + 2
    } else {
        start
    }
}

const fn begins_with(path: &[u8], place: usize, wanted: &[u8]) -> bool {
    let mut offset = 0;
    while offset < wanted.len() {
        if place + offset >= path.len() || path[place + offset] != wanted[offset] {
            return false;
        }
        offset += 1;
    }
    true
}

/// The bytes as the text that they are.
pub const fn text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("a module's name is text"),
    }
}

/// Three texts one after the other.
pub const fn join<const LENGTH: usize>(parts: [&str; 3]) -> [u8; LENGTH] {
    let mut joined = [0; LENGTH];
    let mut length = 0;
    let mut part = 0;
    while part < parts.len() {
        let bytes = parts[part].as_bytes();
        let mut place = 0;
        while place < bytes.len() && length < LENGTH {
            joined[length] = bytes[place];
            place += 1;
            length += 1;
        }
        part += 1;
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_a_module() {
        let cases = [
            ("shop", "shop"),
            ("shop::prices", "prices"),
            ("shop::r#type", "type"),
            ("shop::a::r#type::b", "a.type.b"),
            ("shop::templatetags", "templatetags"),
            ("shop::templatetags::prices", "prices"),
            ("shop::templatetags::sub::echo", "sub.echo"),
            ("shop::x::templatetags::echo", "echo"),
            ("shop::mytemplatetags::echo", "mytemplatetags.echo"),
            ("shop::templatetagsx::echo", "templatetagsx.echo"),
        ];
        for (path, expected) in cases {
            let length = library_length(path);
            let name: [u8; 32] = library(path);
            assert_eq!(text(&name[..length]), expected, "{path}");
        }
    }

    #[test]
    fn texts_are_joined() {
        let name: [u8; 7] = join(["sub", "|", "cut"]);
        assert_eq!(text(&name), "sub|cut");
    }
}
