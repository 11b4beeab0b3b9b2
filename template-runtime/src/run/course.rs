//! Where a run is: in its own spots, or in those of a template that they include.

use hotplate_plugin_api::callee::Entered;
use hotplate_plugin_api::render::Link;
use hotplate_plugin_api::{Frame, Status};

use crate::render::passed;
use crate::spot::Spot;
use crate::{Done, NO_ROW, Row, Writer};

/// How many templates may be inside one another before one is called as a function.
const MOST: usize = 4;

/// A place between spots, and the local that they use. It is kept in registers.
#[derive(Clone, Copy)]
pub(super) struct Course<'r, 'a> {
    pub(super) spots: &'static [Spot],
    /// How many of them are over.
    pub(super) place: usize,
    pub(super) row: &'r Row<'a>,
}

impl<'r, 'a> Course<'r, 'a> {
    /// The start of spots.
    #[inline(always)]
    pub(super) fn new(spots: &'static [Spot], row: &'r Row<'a>) -> Self {
        let place = 0;
        Self { spots, place, row }
    }
}

/// The templates that have been entered, each with the place where it was included.
pub(super) struct Included<'r, 'a> {
    few: [Option<(Course<'r, 'a>, Entered)>; MOST],
    count: usize,
}

impl<'r, 'a> Included<'r, 'a> {
    /// None.
    #[inline(always)]
    pub(super) fn none() -> Self {
        Self {
            few: [const { None }; MOST],
            count: 0,
        }
    }

    /// Enters the template that an `include` at `from` leads to, and gives its start; nothing,
    /// and nothing was done, if it has to be called.
    #[inline(always)]
    pub(super) fn enter(
        &mut self,
        link: &'static Link,
        from: Course<'r, 'a>,
        w: &mut Writer<'_, '_>,
    ) -> Option<Course<'r, 'a>> {
        let place = self.few.get_mut(self.count)?;
        let (unit, entered) = w.enter(link)?;
        *place = Some((from, entered));
        self.count += 1;
        Some(Course::new(unit.spots(), &NO_ROW))
    }

    /// Leaves the last one, and gives the place where it was included.
    #[inline(always)]
    pub(super) fn leave(&mut self, w: &mut Writer<'_, '_>) -> Option<Course<'r, 'a>> {
        let (from, entered) = self.pop()?;
        w.leave(entered);
        Some(from)
    }

    /// Leaves all, as what has failed.
    #[cold]
    #[inline(never)]
    pub(super) fn fail(&mut self, f: &mut Frame<'_>) {
        while let Some((from, entered)) = self.pop() {
            entered.leave(f, Status::Failed);
            let including = from.place.checked_sub(1);
            if let Some(spot) = including.and_then(|place| from.spots.get(place)) {
                // That it has failed is known: it is the traceback that this adds to.
                let _: Done = passed(Status::Failed, f, spot.unit, spot.site);
            }
        }
    }

    #[inline(always)]
    fn pop(&mut self) -> Option<(Course<'r, 'a>, Entered)> {
        let count = self.count.checked_sub(1)?;
        let last = self.few.get_mut(count)?.take()?;
        self.count = count;
        Some(last)
    }
}
