//! Parts of a view that change by themselves.

use leptos::prelude::*;

/// A part that is made again whenever a signal changes that it read. A plain closure does the same, but each
/// one brings its own copy of the machinery into the bundle; this one shares a single copy, which halves what
/// views weigh.
pub fn dynamic<V: IntoView + 'static>(part: impl Fn() -> V + Send + 'static) -> AnyView {
    let part: Box<dyn Fn() -> AnyView + Send> = Box::new(move || part().into_any());
    (move || part()).into_any()
}
