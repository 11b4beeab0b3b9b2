//! Tests between two texts, and loops over items, against the plain way.

use super::*;

/// Tests that decide between two texts.
static CHOICES: [Spot; 9] = [
    choice(Start::Field(0, &["x", "b"]), &[]).act(Act::If),
    choice(Start::Field(1, &["x", "a"]), &[]).act(Act::IfNot),
    compared(Comparison::Equal, 1),
    compared(Comparison::NotEqual, 0),
    compared(Comparison::Less, 1),
    compared(Comparison::LessEqual, -1),
    compared(Comparison::Greater, 0),
    compared(Comparison::GreaterEqual, 1),
    choice(NAMED, &[])
        .act(Act::IfNumber(Comparison::Less))
        .number(2),
];

static TEXTS_OF_CHOICES: [Padded; 2] = [
    Padded::new("no                              ", 2),
    Padded::new(
        "yes, and in more than a single unit                             ",
        35,
    ),
];

const fn choice(start: Start, steps: &'static [Step]) -> Spot {
    Spot::new(start, steps, Missing::None, "t.html", 5)
        .text("?                               ", 1)
        .choose(&TEXTS_OF_CHOICES)
}

const fn compared(comparison: Comparison, number: i64) -> Spot {
    choice(Start::Field(0, &["x", "b"]), &[])
        .act(Act::IfNumber(comparison))
        .number(number)
}

fn choose_plainly(spot: &'static Spot, view: View<'_>, f: &mut Frame<'_>, s: &Scope<'_>) -> Done {
    emit::text("?", f)?;
    let flow = plain(spot, view, f, s);
    let is_true = match spot.act {
        Act::IfNot => truth(flow, f, spot.unit, spot.site)? == Some(false),
        Act::IfNumber(comparison) => {
            let number = Ok(Ref::Owned(Value::Int(spot.number)));
            compare(comparison, flow, number, f, spot.unit, spot.site)?
        }
        _ => condition(flow, f, spot.unit, spot.site)?,
    };
    let text = if is_true {
        "yes, and in more than a single unit"
    } else {
        "no"
    };
    emit::text(text, f)
}

/// All choices, fused over a row and plainly over the same value.
pub(super) fn check(
    row: &Row<'_>,
    same: View<'_>,
    context: View<'_>,
    autoescape: bool,
    limit: usize,
) {
    let s = &Scope::root(context);
    for (number, spot) in CHOICES.iter().enumerate() {
        let spots = std::slice::from_ref(spot);
        let fused = outcome(autoescape, limit, |f| run(spots, row, f, s));
        let expected = outcome(autoescape, limit, |f| choose_plainly(spot, same, f, s));
        assert_eq!(fused, expected, "choice {number}, {same:?} in {context:?}");
    }
}

#[test]
fn loops_that_write_their_items_do_what_the_plain_way_does() {
    const fn whole() -> Spot {
        Spot::new(WHOLE, &[], Missing::Invalid, "t.html", 1)
    }
    const fn prefixed() -> Spot {
        whole().text("=                               ", 1)
    }
    static PLAIN: [Spot; 1] = [whole()];
    static PREFIXED: [Spot; 1] = [prefixed()];
    static BOTH: [Spot; 2] = [whole(), prefixed()];
    const BODIES: [&[Spot]; 3] = [&PLAIN, &PREFIXED, &BOTH];
    const fn looped_over(body: &'static [Spot]) -> Each {
        let sequence = Spot::new(WHOLE, &[], Missing::None, "t.html", 3);
        let sequence = sequence.text("[                               ", 1);
        Each::new(sequence, &[], body, false).around([
            Padded::new("<li>                            ", 4),
            Padded::new("</li><li>                       ", 9),
            Padded::new("</li>                           ", 5),
        ])
    }
    static LOOPS: [Each; 3] = [
        looped_over(BODIES[0]),
        looped_over(BODIES[1]),
        looped_over(BODIES[2]),
    ];
    let s = &Scope::empty();
    let mut random = Random(13);
    for round in 0..600 {
        let items: Vec<Value> = (0..random.below(6))
            .map(|_| value(&mut random, 1))
            .collect();
        let list = Value::list(items.iter().cloned());
        let limit = [usize::MAX, random.below(60)][round % 2];
        let ways = (0..3).flat_map(|way| LOOPS.iter().zip(BODIES).map(move |each| (way, each)));
        for (way, (each, body)) in ways {
            let fused = outcome(round % 3 > 0, limit, |f| {
                vary(f, way);
                run(looped(each), &Row::of(View::of(&list)), f, s)
            });
            let expected = outcome(round % 3 > 0, limit, |f| {
                vary(f, way);
                emit::text("[", f)?;
                for item in &items {
                    emit::text("<li>", f)?;
                    for spot in body {
                        put_plainly(spot, View::of(item), f, s)?;
                    }
                    emit::text("</li>", f)?;
                }
                Ok(())
            });
            assert_eq!(fused, expected, "{items:?}");
        }
    }
}
