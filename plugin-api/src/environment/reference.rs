//! An environment as it crosses the boundary: a pointer with one function.
#![expect(
    unsafe_code,
    reason = "an environment crosses as an untyped pointer with one function"
)]

use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};

use abi_stable::StableAbi;
use abi_stable::std_types::{ROption, RStr, RString, RVec, Tuple2};

use super::{
    Environment, Format, FormatValue, Fragment, Instant, LanguageInfo, Message, NoEnvironment,
    Reverse,
};
use crate::value::{Exception, Offset, Value, Zone};

/// What is asked of an environment across the boundary.
#[repr(C, u8)]
#[derive(StableAbi, Debug, Clone, Copy)]
enum Request<'a> {
    Gettext(Message<'a>),
    Format(Format, ROption<RStr<'a>>),
    Reverse(Reverse<'a>),
    StaticUrl(RStr<'a>),
    Prefix(RStr<'a>),
    LanguageInfo(RStr<'a>),
    Languages,
    HasCache(RStr<'a>),
    Cached(Fragment<'a>),
    Cache(Fragment<'a>, RStr<'a>, ROption<i64>),
    Now,
    OffsetAt(RStr<'a>, i64),
    OffsetFor(RStr<'a>, i64, bool),
    Random(u64),
    MayTranslate(RStr<'a>),
}

/// What an environment answers.
#[repr(C, u8)]
#[derive(StableAbi, Debug)]
enum Reply {
    Nothing,
    Text(RString),
    Format(FormatValue),
    LanguageInfo(LanguageInfo),
    Languages(RVec<Tuple2<RString, RString>>),
    Truth(bool),
    Value(Value),
    Now(Instant),
    Offset(Offset),
    Number(u64),
    Raised(Exception),
}

/// A borrowed environment of any library.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct EnvironmentRef<'a> {
    environment: *const (),
    answer: unsafe extern "C" fn(*const (), &Request<'_>) -> Reply,
    _borrow: PhantomData<&'a ()>,
}

/// # Safety
///
/// 1. `environment` must be a `T` that is borrowed during the call.
unsafe extern "C" fn answer<T: Environment>(
    environment: *const (),
    request: &Request<'_>,
) -> Reply {
    // SAFETY: by duty 1.
    let environment = unsafe { &*environment.cast::<T>() };
    let reply = panic::catch_unwind(AssertUnwindSafe(|| reply(environment, request)));
    reply.unwrap_or_else(|_| {
        Reply::Raised(Exception::new("RuntimeError", "the environment panicked"))
    })
}

fn reply(environment: &impl Environment, request: &Request<'_>) -> Reply {
    let text = |result: Result<String, Exception>| match result {
        Ok(text) => Reply::Text(text.into()),
        Err(exception) => Reply::Raised(exception),
    };
    let offset = |offset: Option<Offset>| offset.map_or(Reply::Nothing, Reply::Offset);
    match *request {
        Request::Gettext(message) => match environment.gettext(&message) {
            Some(text) => Reply::Text(text.into()),
            None => Reply::Nothing,
        },
        Request::Format(format, language) => {
            let language = language.as_ref().into_option().map(RStr::as_str);
            let value = environment.format(format, language);
            value.map_or(Reply::Nothing, Reply::Format)
        }
        Request::Reverse(wanted) => text(environment.reverse(&wanted)),
        Request::StaticUrl(path) => text(environment.static_url(path.as_str())),
        Request::Prefix(setting) => Reply::Text(environment.prefix(setting.as_str()).into()),
        Request::LanguageInfo(code) => match environment.language_info(code.as_str()) {
            Ok(info) => Reply::LanguageInfo(info),
            Err(exception) => Reply::Raised(exception),
        },
        Request::Languages => {
            let languages = environment.languages().into_iter();
            Reply::Languages(
                languages
                    .map(|(code, name)| Tuple2(code.into(), name.into()))
                    .collect(),
            )
        }
        Request::HasCache(cache) => Reply::Truth(environment.has_cache(cache.as_str())),
        Request::Cached(fragment) => environment
            .cached(&fragment)
            .map_or(Reply::Nothing, Reply::Value),
        Request::Cache(fragment, text, seconds) => {
            environment.cache(&fragment, text.as_str(), seconds.into_option());
            Reply::Nothing
        }
        Request::Now => Reply::Now(environment.now()),
        Request::OffsetAt(zone, seconds) => offset(environment.offset_at(zone.as_str(), seconds)),
        Request::OffsetFor(zone, seconds, fold) => {
            offset(environment.offset_for(zone.as_str(), seconds, fold))
        }
        Request::Random(below) => Reply::Number(environment.random(below)),
        Request::MayTranslate(language) => {
            Reply::Truth(environment.may_translate(language.as_str()))
        }
    }
}

impl Default for EnvironmentRef<'static> {
    fn default() -> Self {
        Self::new(&NoEnvironment)
    }
}

impl<'a> EnvironmentRef<'a> {
    /// Borrows an environment.
    pub fn new<T: Environment>(environment: &'a T) -> Self {
        Self {
            environment: (&raw const *environment).cast(),
            answer: answer::<T>,
            _borrow: PhantomData,
        }
    }

    fn ask(&self, request: &Request<'_>) -> Reply {
        // SAFETY: `new` made pointer and function together, for the same type, and its
        // borrow of `'a` is not over.
        unsafe { (self.answer)(self.environment, request) }
    }

    fn text(&self, request: &Request<'_>) -> Result<String, Exception> {
        match self.ask(request) {
            Reply::Text(text) => Ok(text.into()),
            Reply::Raised(exception) => Err(exception),
            _ => Ok(String::new()),
        }
    }

    /// [`Environment::gettext`].
    pub fn gettext(&self, message: &Message<'_>) -> Option<String> {
        match self.ask(&Request::Gettext(*message)) {
            Reply::Text(text) => Some(text.into()),
            _ => None,
        }
    }

    /// [`Environment::format`], English where it has no opinion.
    pub fn format(&self, format: Format, language: Option<&str>) -> FormatValue {
        self.own_format(format, language)
            .unwrap_or_else(|| format.english())
    }

    /// [`Environment::format`]; nothing where the environment leaves it at English.
    pub fn own_format(&self, format: Format, language: Option<&str>) -> Option<FormatValue> {
        let language = language.map(RStr::from_str).into();
        match self.ask(&Request::Format(format, language)) {
            Reply::Format(value) => Some(value),
            _ => None,
        }
    }

    /// [`Environment::reverse`].
    ///
    /// # Errors
    ///
    /// `NoReverseMatch` where there is no such URL.
    pub fn reverse(&self, wanted: &Reverse<'_>) -> Result<String, Exception> {
        self.text(&Request::Reverse(*wanted))
    }

    /// [`Environment::static_url`].
    ///
    /// # Errors
    ///
    /// What the application raises.
    pub fn static_url(&self, path: &str) -> Result<String, Exception> {
        self.text(&Request::StaticUrl(path.into()))
    }

    /// [`Environment::prefix`].
    pub fn prefix(&self, setting: &str) -> String {
        self.text(&Request::Prefix(setting.into()))
            .unwrap_or_default()
    }

    /// [`Environment::language_info`].
    ///
    /// # Errors
    ///
    /// `KeyError` for an unknown code.
    pub fn language_info(&self, code: &str) -> Result<LanguageInfo, Exception> {
        match self.ask(&Request::LanguageInfo(code.into())) {
            Reply::LanguageInfo(info) => Ok(info),
            Reply::Raised(exception) => Err(exception),
            _ => Err(Exception::new("KeyError", code)),
        }
    }

    /// [`Environment::languages`].
    pub fn languages(&self) -> Vec<(String, String)> {
        match self.ask(&Request::Languages) {
            Reply::Languages(languages) => languages
                .into_iter()
                .map(|pair| (pair.0.into(), pair.1.into()))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// [`Environment::may_translate`].
    pub fn may_translate(&self, language: &str) -> bool {
        // Whoever does not answer is asked for each message.
        !matches!(
            self.ask(&Request::MayTranslate(language.into())),
            Reply::Truth(false)
        )
    }

    /// [`Environment::has_cache`].
    pub fn has_cache(&self, cache: &str) -> bool {
        matches!(
            self.ask(&Request::HasCache(cache.into())),
            Reply::Truth(true)
        )
    }

    /// [`Environment::cached`].
    pub fn cached(&self, fragment: &Fragment<'_>) -> Option<Value> {
        match self.ask(&Request::Cached(*fragment)) {
            Reply::Value(value) => Some(value),
            _ => None,
        }
    }

    /// [`Environment::cache`].
    pub fn cache(&self, fragment: &Fragment<'_>, text: &str, seconds: Option<i64>) {
        self.ask(&Request::Cache(*fragment, text.into(), seconds.into()));
    }

    /// [`Environment::now`].
    pub fn now(&self) -> Instant {
        match self.ask(&Request::Now) {
            Reply::Now(instant) => instant,
            _ => Instant {
                seconds: 0,
                microseconds: 0,
            },
        }
    }

    /// The offset of any zone at a moment; nothing for a named zone that is not known.
    pub fn offset_at(&self, zone: &Zone, seconds: i64) -> Option<Offset> {
        zone.fixed_offset().or_else(|| {
            match self.ask(&Request::OffsetAt(zone.name().into(), seconds)) {
                Reply::Offset(offset) => Some(offset),
                _ => None,
            }
        })
    }

    /// The offset of any zone at a time of its own clocks, given as if it were UTC.
    pub fn offset_for(&self, zone: &Zone, seconds: i64, fold: bool) -> Option<Offset> {
        zone.fixed_offset().or_else(|| {
            match self.ask(&Request::OffsetFor(zone.name().into(), seconds, fold)) {
                Reply::Offset(offset) => Some(offset),
                _ => None,
            }
        })
    }

    /// [`Environment::random`].
    pub fn random(&self, below: u64) -> u64 {
        if below == 0 {
            return 0;
        }
        match self.ask(&Request::Random(below)) {
            Reply::Number(number) => number % below,
            _ => 0,
        }
    }
}
