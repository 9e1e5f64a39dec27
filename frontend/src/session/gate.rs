//! Where requests wait while the user gives the password: because the session has ended, or because the sign-in is too
//! long ago for what is asked.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

/// A gate that a refused request closes, and that opens when the password was given.
#[derive(Debug, Clone, Default)]
pub struct Gate(Rc<State>);

/// The two reasons to wait.
#[derive(Debug, Clone, Default)]
pub struct Gates {
    /// The session has ended.
    pub session: Gate,
    /// The last sign-in is too long ago for what is asked.
    pub confirmation: Gate,
}

impl Gates {
    /// Says whether somebody is signed in.
    pub fn guard(&self, guarding: bool) {
        self.session.guard(guarding);
        self.confirmation.guard(guarding);
    }

    /// Lets all waiting requests go on.
    pub fn open(&self) {
        self.session.open();
        self.confirmation.open();
    }
}

#[derive(Debug, Default)]
struct State {
    guarding: Cell<bool>,
    closed: Cell<bool>,
    /// The user did not want to give the password.
    given_up: Cell<bool>,
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
    /// Whether somebody is signed in, so that a refusal can be settled by the password.
    #[must_use]
    pub fn is_guarding(&self) -> bool {
        self.0.guarding.get()
    }

    /// Says whether somebody is signed in.
    pub fn guard(&self, guarding: bool) {
        self.0.guarding.set(guarding);
    }

    /// What to do when the gate closes.
    pub fn on_close(&self, action: impl Fn() + 'static) {
        *self.0.on_close.borrow_mut() = Some(OnClose(Box::new(action)));
    }

    /// Closes the gate and waits until it opens. Returns whether the request is worth repeating. However many requests
    /// wait, the action runs once.
    pub async fn wait(&self) -> bool {
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
        !self.0.given_up.get()
    }

    /// Lets all waiting requests go on.
    pub fn open(&self) {
        self.end(false);
    }

    /// Lets all waiting requests fail. Does nothing when none waits.
    pub fn give_up(&self) {
        if self.0.closed.get() {
            self.end(true);
        }
    }

    fn end(&self, given_up: bool) {
        self.0.given_up.set(given_up);
        self.0.closed.set(false);
        for waker in self.0.waiting.take() {
            waker.wake();
        }
    }
}
