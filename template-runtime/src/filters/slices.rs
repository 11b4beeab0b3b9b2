//! Which items a slice takes.

use hotplate_plugin_api::value::Value;

/// An integer as an index: beyond 64 bits, it is beyond any list.
pub(super) fn clamp(number: &Value) -> i64 {
    match number {
        Value::Int(number) => *number,
        Value::BigInt(number) if number.digits().starts_with('-') => i64::MIN,
        _ => i64::MAX,
    }
}

/// The places that a slice takes from a sequence of this length.
pub(super) fn indices(
    start: Option<i64>,
    stop: Option<i64>,
    step: i64,
    length: usize,
) -> impl Iterator<Item = usize> {
    let length = i128::try_from(length).unwrap_or(0);
    let step = i128::from(step);
    let (lowest, highest) = if step > 0 {
        (0, length)
    } else {
        (-1, length - 1)
    };
    let place = |index: Option<i64>, default| match index.map(i128::from) {
        None => default,
        Some(index) if index < 0 => (index + length).max(lowest),
        Some(index) => index.min(highest),
    };
    let (from, to) = if step > 0 {
        (lowest, highest)
    } else {
        (highest, lowest)
    };
    let (mut next, stop) = (place(start, from), place(stop, to));
    std::iter::from_fn(move || {
        let inside = if step > 0 { next < stop } else { next > stop };
        if !inside {
            return None;
        }
        let place = usize::try_from(next).ok();
        next += step;
        place
    })
}
