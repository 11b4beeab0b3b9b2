//! Asking the application for translations.

use std::borrow::Cow;

use hotplate_plugin_api::Frame;
use hotplate_plugin_api::abi_stable::std_types::RStr;
use hotplate_plugin_api::environment::{EnvironmentRef, Message};

use crate::filters::Call;

/// Translates into the language that is active.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "an environment has nothing to show"
)]
pub struct Translator<'f> {
    environment: EnvironmentRef<'f>,
    language: Option<&'f str>,
    /// Whether translations are on, be a language active or not.
    is_on: bool,
}

impl<'f> Translator<'f> {
    /// For a template that is being rendered.
    pub fn of_frame(frame: &'f Frame<'_>) -> Self {
        let on = frame.settings.use_i18n;
        Self {
            environment: frame.environment,
            language: frame.locale.language().filter(|_| on),
            is_on: on,
        }
    }

    /// For a filter.
    pub fn of_call(call: &Call<'f>) -> Self {
        let on = call.settings.use_i18n;
        Self {
            environment: call.environment,
            language: call.locale.language().filter(|_| on),
            is_on: on,
        }
    }

    /// Whether messages are looked up: translations and a language are on.
    pub fn has_language(&self) -> bool {
        self.language.is_some()
    }

    /// Whether messages may have another text.
    pub(crate) fn may_translate(&self) -> bool {
        (self.language).is_some_and(|language| self.environment.may_translate(language))
    }

    /// Whether the active language has another text for a message.
    pub(crate) fn is_translated(&self, message: &str) -> bool {
        self.has_language() && self.find(None, message, None, 1).is_some()
    }

    /// `gettext(message)`.
    pub fn gettext(&self, message: &str) -> String {
        let unified = self.with_line_feeds(message);
        let found = match &*unified {
            // An empty message would stand for what a catalogue says of itself.
            "" => None,
            message => self.find(None, message, None, 1),
        };
        found.unwrap_or_else(|| unified.into_owned())
    }

    /// `pgettext(context, message)`.
    pub fn pgettext(&self, context: &str, message: &str) -> String {
        let found = self.find(Some(context), &self.with_line_feeds(message), None, 1);
        found.unwrap_or_else(|| message.to_owned())
    }

    /// `ngettext(singular, plural, count)`.
    pub fn ngettext(&self, singular: &str, plural: &str, count: i64) -> String {
        let found = self.find(None, singular, Some(plural), count);
        found.unwrap_or_else(|| if count == 1 { singular } else { plural }.to_owned())
    }

    /// `npgettext(context, singular, plural, count)`.
    pub fn npgettext(&self, context: &str, singular: &str, plural: &str, count: i64) -> String {
        let found = self.find(Some(context), singular, Some(plural), count);
        found.unwrap_or_else(|| self.ngettext(singular, plural, count))
    }

    /// Any of them.
    pub fn translate(
        &self,
        context: Option<&str>,
        singular: &str,
        plural: Option<&str>,
        count: i64,
    ) -> String {
        match (context, plural) {
            (None, None) => self.gettext(singular),
            (Some(context), None) => self.pgettext(context, singular),
            (None, Some(plural)) => self.ngettext(singular, plural, count),
            (Some(context), Some(plural)) => self.npgettext(context, singular, plural, count),
        }
    }

    /// What a message without a plural is looked up as.
    fn with_line_feeds<'m>(&self, message: &'m str) -> Cow<'m, str> {
        if self.is_on && message.contains('\r') {
            return Cow::Owned(message.replace("\r\n", "\n").replace('\r', "\n"));
        }
        Cow::Borrowed(message)
    }

    fn find(
        &self,
        context: Option<&str>,
        singular: &str,
        plural: Option<&str>,
        count: i64,
    ) -> Option<String> {
        self.environment.gettext(&Message {
            language: self.language?.into(),
            context: context.map(RStr::from_str).into(),
            singular: singular.into(),
            plural: plural.map(RStr::from_str).into(),
            count,
        })
    }
}

#[cfg(test)]
mod tests {
    use hotplate_plugin_api::abi_stable::std_types::ROption;
    use hotplate_plugin_api::environment::{Environment, Settings};

    use super::*;

    /// Says what it is asked for; knows no plurals with a context.
    struct Echo;

    impl Environment for Echo {
        fn gettext(&self, message: &Message<'_>) -> Option<String> {
            let context = message.context.as_ref().into_option();
            let context = context.map_or("", |context| context.as_str());
            match message.plural {
                ROption::RSome(_) if !context.is_empty() => None,
                ROption::RSome(plural) => Some(format!("{plural}:{}", message.count)),
                ROption::RNone if context == "unknown" => None,
                ROption::RNone => Some(format!("{context}:{}", message.singular)),
            }
        }
    }

    fn check(use_i18n: bool, language: Option<&'static str>, expected: [&str; 5]) {
        let settings = Settings {
            use_i18n,
            ..Settings::DEFAULT
        };
        let translator = Translator {
            environment: EnvironmentRef::new(&Echo),
            language: language.filter(|_| settings.use_i18n),
            is_on: settings.use_i18n,
        };
        let found = [
            translator.gettext("a\r\nb\rc"),
            translator.gettext(""),
            translator.pgettext("c", "a\rb"),
            translator.pgettext("unknown", "a\rb"),
            translator.npgettext("c", "one", "many", 2),
        ];
        assert_eq!(found, expected, "{use_i18n} {language:?}");
    }

    #[test]
    fn messages_are_looked_up_as_django_does() {
        check(
            true,
            Some("de"),
            [":a\nb\nc", "", "c:a\nb", "a\rb", "many:2"],
        );
        check(true, None, ["a\nb\nc", "", "a\rb", "a\rb", "many"]);
        check(false, Some("de"), ["a\r\nb\rc", "", "a\rb", "a\rb", "many"]);
    }
}
