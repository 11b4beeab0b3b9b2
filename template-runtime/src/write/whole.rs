//! Entries of units that are nothing but a run.

use hotplate_plugin_api::callee::{Callee, Inside};
use hotplate_plugin_api::panic::guard_frame;
use hotplate_plugin_api::render::{Link, RenderEntry};
use hotplate_plugin_api::unit::UnitData;
use hotplate_plugin_api::{Frame, Scope, Status};

use crate::render::status_of;
use crate::run::RunUnit;
use crate::units::Code;

/// The code of a unit that is nothing but a run: all such units of a library share one entry,
/// and are told apart by their data.
pub const fn run_code(unit: &'static RunUnit) -> Code {
    Code {
        render: RenderEntry(render),
        data: UnitData(std::ptr::from_ref(unit).cast()),
    }
}

/// Runs a unit, and catches panics.
///
/// # Safety
///
/// 1. The duties of calling a [`RenderEntry`]: the data is what [`run_code`] put beside it.
unsafe extern "C" fn render(data: UnitData, f: &mut Frame<'_>, s: &Scope<'_>) -> Status {
    // SAFETY: by duty 1.
    let unit = unsafe { unit_of(data) };
    guard_frame(f, |f| status_of(unit.run(f, s)))
}

/// Enters the template that an `include` leads to, if it is a run of this library. A panic there
/// is the including unit's to catch.
#[inline(always)]
pub(crate) fn enter<'i, 'f>(
    link: &'static Link,
    f: &'i mut Frame<'f>,
) -> Option<(&'static RunUnit, Inside<'i, 'f>)> {
    let callee = f.callee(link, &[], &[])?;
    let unit = run_of(callee)?;
    Some((unit, callee.enter(f)?))
}

/// The run that is all of a template, if it is a template of this library.
#[inline(always)]
fn run_of(callee: &Callee) -> Option<&'static RunUnit> {
    let data = callee.data_of(RenderEntry(render))?;
    // SAFETY: a callee's data is that of its entry. This entry is this library's own, and
    // `run_code` alone hands it out.
    Some(unsafe { unit_of(data) })
}

/// # Safety
///
/// 1. `data` is what [`run_code`] of this library made. Its statics are there as long as this
///    code is.
unsafe fn unit_of(data: UnitData) -> &'static RunUnit {
    // SAFETY: by duty 1 it was made of such a reference.
    unsafe { &*data.0.cast() }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use hotplate_plugin_api::callee::RenderState;
    use hotplate_plugin_api::tag::OwnedBodies;
    use hotplate_plugin_api::{ErrorRecord, Output, Value};

    use super::*;
    use crate::write::tests::frame::frame;

    /// Enters the callee that is its data, and panics.
    extern "C" fn render(data: UnitData, f: &mut Frame<'_>, _: &Scope<'_>) -> Status {
        // SAFETY: the test makes the data of a callee that is there during the call.
        let callee: &Callee = unsafe { &*data.0.cast() };
        guard_frame(f, |f| enter_and_panic(callee, f))
    }

    fn enter_and_panic(callee: &Callee, f: &mut Frame<'_>) -> Status {
        let _inside = callee.enter(f).expect("it is not too deep");
        panic!("the unit inside is not left");
    }

    /// Checks that nothing runs any more when `act` is over, which has panicked inside of the
    /// callee that it is given.
    fn check(act: impl FnOnce(&Callee, &mut Frame<'_>, &Scope<'_>) -> Option<Status>) {
        static UNIT: RunUnit = RunUnit::new(&[]);
        let code = run_code(&UNIT);
        // SAFETY: entry and data are of one unit, which is a static; no host asks for more.
        let inner = unsafe { Callee::new(code.render, code.data, ptr::dangling(), None) };
        let state = RenderState::new(ptr::null(), 5, None);
        let mut record = ErrorRecord::default();
        let mut f = frame(Output::new(), &mut record);
        f.host.state = &raw const state;
        let context = Value::None;
        let status = act(&inner, &mut f, &Scope::root(&context));
        assert_eq!(status, Some(Status::Failed));
        assert_eq!((state.depth.get(), f.run), (5, 0));
        assert!(state.unit.get().is_null());
        drop(f);
        assert_eq!(record.message.as_str(), "the unit inside is not left");
    }

    #[test]
    fn units_that_a_panic_has_not_left_are_left_where_it_is_caught() {
        check(|inner, f, s| {
            let data = UnitData(ptr::from_ref(inner).cast());
            // SAFETY: the data is what the entry takes, and stays until the end of the check.
            let outer = unsafe { Callee::new(RenderEntry(render), data, ptr::dangling(), None) };
            outer.include(f, s)
        });
        check(|inner, f, s| {
            let mut body = |f: &mut Frame<'_>, _: &Scope<'_>| enter_and_panic(inner, f);
            let bodies = OwnedBodies::new(vec![&mut body]);
            Some(bodies.lend().render(0, f, s))
        });
    }
}
