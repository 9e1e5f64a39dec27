//! Where requests wait while the person signs in again.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

/// A gate that closes when the session ends and opens when there is a new one.
#[derive(Debug, Clone, Default)]
pub struct Gate(Rc<State>);

#[derive(Debug, Default)]
struct State {
    guarding: Cell<bool>,
    closed: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
    on_close: RefCell<Option<OnClose>>,
}

struct OnClose(Box<dyn Fn()>);

impl std::fmt::Debug for OnClose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnClose")
    }
}

impl Gate {
    /// Whether somebody is signed in, so that a 401 means that the session has ended.
    #[must_use]
    pub fn is_guarding(&self) -> bool {
        self.0.guarding.get()
    }

    /// Says whether somebody is signed in.
    pub fn guard(&self, guarding: bool) {
        self.0.guarding.set(guarding);
    }

    /// What to do when a request finds the session ended.
    pub fn on_close(&self, action: impl Fn() + 'static) {
        *self.0.on_close.borrow_mut() = Some(OnClose(Box::new(action)));
    }

    /// Closes the gate and waits until it opens. However many requests wait, the action runs once.
    pub async fn wait(&self) {
        if !self.0.closed.replace(true)
            && let Some(OnClose(action)) = &*self.0.on_close.borrow()
        {
            action();
        }
        poll_fn(|context| {
            if !self.0.closed.get() {
                return Poll::Ready(());
            }
            self.0.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Lets everyone through.
    pub fn open(&self) {
        self.0.closed.set(false);
        for waker in self.0.waiting.take() {
            waker.wake();
        }
    }
}
