//! A tag of a plugin in a loop, declared and not, beside the same work over a context as
//! an interpreter has it: a stack of hash maps.

use std::hint::black_box;

use bench_contexts::gsoc;
use hotplate::{Host, context};

use super::{compare, interpreter};
use crate::{Fault, Subject, project_folder};

/// A host with the tags.
pub(super) struct Tags(Host);

impl Tags {
    /// Builds and loads the plugin.
    pub(super) fn load() -> Result<Self, Fault> {
        let host = Host::builder()
            .plugin(project_folder("benchmarks/tags"))
            .manual()
            .start()?;
        Ok(Self(host))
    }

    /// The subjects, which render the same.
    pub(super) fn subjects(&self) -> Result<Vec<Subject<'_>>, Fault> {
        let context = context! { items: gsoc().elements };
        let declared = self.0.template("tags", "declared.html")?;
        let undeclared = self.0.template("tags", "undeclared.html")?;
        let expected = declared.render(&context)?;
        let text = undeclared.render(&context)?;
        compare::same("the undeclared tag", &text, &expected)?;
        compare::same("the interpreter", &interpreter::render(&context), &expected)?;
        let for_declared = context.clone();
        let for_undeclared = context.clone();
        Ok(vec![
            Subject::new("interpreter-style", move || {
                black_box(interpreter::render(black_box(&context)));
                Ok(())
            }),
            Subject::new("hotplate-undeclared", move || {
                black_box(undeclared.render(black_box(&for_undeclared))?);
                Ok(())
            }),
            Subject::new("hotplate-declared", move || {
                black_box(declared.render(black_box(&for_declared))?);
                Ok(())
            }),
        ])
    }
}
