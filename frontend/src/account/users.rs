//! The page *Users*: who may sign in, what they may do, and invitations.

use latchkey_shared::{Invitation, NewUserBody, Problems, Role, UserDetails, UserUpdateBody};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    activity::ActivityQuery,
    api::{Api, Failure, sentences},
    browser::page,
    live::{Live, Newer},
    routes::INVITATION,
    session::Session,
    texts::{Template, role_name, said, t},
    ui::{
        Button, Dialog, EmptyState, Heading, Load, LoadError, Loaded, Menu, MenuItem, Note, Outdated, Select,
        TextField, Time, Toasts, Variant, dynamic, new_link::new_link,
    },
};

/// What is open above the list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Open {
    Invite,
    Link(String, Invitation),
    Role(UserDetails),
    Disable(UserDetails),
}

/// The users of the account, for admins.
#[component]
pub fn Users() -> impl IntoView {
    let (api, session, toasts) = (expect_context::<Api>(), expect_context::<Session>(), expect_context::<Toasts>());
    let texts = &t().account;
    let load = Load::new(|| (), move |()| api.users());
    let newer =
        expect_context::<Live>().newer(load, |event, me| event.actor.id != me && event.action.starts_with("user."));
    let open = RwSignal::new(None::<Open>);
    let (busy, problem) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let me = Memo::new(move |_| session.context().map(|context| context.user.id));
    // Does something to a user, then reads the list again.
    let change = move |user: UserDetails, done: &'static Template<1>, body: Option<UserUpdateBody>| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let outcome = match &body {
                Some(body) => api.update_user(&user.user.id, body).await,
                None => api.sign_user_out(&user.user.id).await,
            };
            busy.try_set(false);
            match outcome {
                Ok(()) => {
                    open.try_set(None);
                    toasts.say(done.with([&user.user.name]));
                    load.again();
                }
                Err(failure) => {
                    problem.try_set(Some(failure.message()));
                }
            }
        });
    };
    let invite_again = move |user: UserDetails| {
        problem.set(None);
        spawn_local(async move {
            match api.invite_user_again(&user.user.id).await {
                Ok(invitation) => {
                    open.try_set(Some(Open::Link(user.user.name, invitation)));
                    load.again();
                }
                Err(failure) => {
                    problem.try_set(Some(failure.message()));
                }
            }
        });
    };
    let ask = move |what: Open| {
        problem.set(None);
        open.set(Some(what));
    };
    let items = move |user: UserDetails| {
        let item = |words, action: Callback<()>| MenuItem::Action(words, action);
        let of = |make: fn(UserDetails) -> Open| {
            let user = user.clone();
            Callback::new(move |()| ask(make(user.clone())))
        };
        let (again, out, on) = (user.clone(), user.clone(), user.clone());
        let enable = UserUpdateBody { role: None, disabled: Some(false) };
        let mut items = vec![item(texts.change_role_more, of(Open::Role))];
        if !user.disabled {
            items.push(item(texts.new_link, Callback::new(move |()| invite_again(again.clone()))));
        }
        if user.sessions > 0 {
            items.push(item(
                texts.sign_out_everywhere,
                Callback::new(move |()| change(out.clone(), &texts.done_signed_out, None)),
            ));
        }
        let failed = ActivityQuery {
            action: Some("user.sign_in_failed"),
            object: user.user.id.to_string(),
            ..ActivityQuery::default()
        };
        items.push(MenuItem::Link(texts.failed_sign_ins, failed.address()));
        items.push(MenuItem::Separator);
        items.push(if user.disabled {
            item(texts.enable, Callback::new(move |()| change(on.clone(), &texts.done_enabled, Some(enable))))
        } else {
            item(texts.disable_more, of(Open::Disable))
        });
        items
    };
    let row = move |user: UserDetails| {
        let is_me = me.get_untracked().as_ref() == Some(&user.user.id);
        let (label, name) = (texts.actions_for.with([&user.user.name]), user.user.name.clone());
        let state = match (user.disabled, user.invited_until) {
            (true, _) => view! { <span class="chip" data-status="inactive"><span class="chip__dot" aria-hidden="true"></span>{texts.disabled}</span> }.into_any(),
            (false, Some(until)) => view! { <span>{texts.invited_until} <Time at=until /></span> }.into_any(),
            (false, None) => match user.last_seen_at {
                Some(at) => view! { <span>{texts.last_seen} <Time at=at with_time=true /></span> }.into_any(),
                None => view! { <span class="muted">{texts.not_signed_in}</span> }.into_any(),
            },
        };
        let role = role_name(user.user.role);
        let entries = StoredValue::new(user.clone());
        view! {
            <tr role="row">
                <td role="cell" class="col-module"><span class="strong breakable">{name} {is_me.then_some(texts.you)}</span>
                    <span class="muted table__by breakable">{user.user.email.clone()}</span></td>
                <td role="cell" class="col-role">{role}</td>
                <td role="cell">{state}</td>
                <td role="cell" class="col-menu">
                    {(!is_me).then(|| view! {
                        <Menu icon=icondata_lu::LuEllipsisVertical label=Signal::stored(label)
                            items=Signal::derive(move || items(entries.get_value())) />
                    })}
                </td>
            </tr>
        }
    };
    let title = Signal::derive(move || {
        open.with(|open| match open {
            Some(Open::Invite) => texts.invite_title.to_owned(),
            Some(Open::Link(name, _)) => texts.link_title.with([name]),
            Some(Open::Role(user)) => texts.role_title.with([&user.user.name]),
            Some(Open::Disable(user)) => texts.disable_title.with([&user.user.name]),
            None => String::new(),
        })
    });
    let close = move |()| open.set(None);
    view! {
        <div class="screen__head">
            <Heading title=texts.users />
            <Button variant=Variant::Primary on_press=move |()| ask(Open::Invite)>{texts.invite_user}</Button>
        </div>
        {dynamic(move || open.with(Option::is_none).then(|| view! {
            <div class="floating"><Note problem=problem on_dismiss=move |()| problem.set(None) /></div>
        }))}
        <Outdated load=load />
        <Newer newer=newer load=load />
        {dynamic(move || match load.state.get() {
            Loaded::Waiting => view! { <div class="skeleton skeleton--block"></div> }.into_any(),
            Loaded::Failed(Failure::Forbidden { .. }) => view! {
                <EmptyState icon=icondata_lu::LuUsers title=texts.only_admins text=texts.ask_an_admin />
            }
            .into_any(),
            Loaded::Failed(failure) => view! {
                <LoadError what=texts.users_not_loaded failure=failure on_retry=move |()| load.again() />
            }
            .into_any(),
            Loaded::Ready(users) => view! {
                <table class="table table--stacked table--usage table--users" role="table" aria-label=texts.users>
                    <thead role="rowgroup"><tr role="row">
                        <th scope="col" role="columnheader">{texts.user}</th>
                        <th scope="col" role="columnheader">{texts.role}</th>
                        <th scope="col" role="columnheader">{texts.state}</th>
                        <th scope="col" role="columnheader" class="col-menu"><span class="visually-hidden">{texts.actions}</span></th>
                    </tr></thead>
                    <tbody role="rowgroup">{users.into_iter().map(row).collect_view()}</tbody>
                </table>
            }
            .into_any(),
        })}
        <Dialog open=Signal::derive(move || open.with(Option::is_some)) on_close=close title=title>
            {dynamic(move || match open.get() {
                Some(Open::Invite) => view! { <Invite on_done=move |(name, invitation)| {
                    open.set(Some(Open::Link(name, invitation)));
                    load.again();
                } on_cancel=close /> }.into_any(),
                Some(Open::Link(_, invitation)) => {
                    let link = format!("{}{INVITATION}#{}", page::origin(), invitation.secret);
                    let words = [texts.link_before_moment, texts.link_after_moment];
                    new_link(words, invitation.expires_at, link, Callback::new(close))
                }
                Some(Open::Role(user)) => view! {
                    <ChooseRole user=user busy=busy problem=problem on_cancel=close on_choose=move |(user, role)| {
                        change(user, &texts.done_role, Some(UserUpdateBody { role: Some(role), disabled: None }));
                    } />
                }
                .into_any(),
                Some(Open::Disable(user)) => {
                    let confirm = user.clone();
                    view! {
                        <p>{texts.disable_text}</p>
                        <Note problem=problem />
                        <div class="dialog__actions">
                            <Button autofocus=true on_press=close>{t().common.cancel}</Button>
                            <Button variant=Variant::Danger busy=busy on_press=move |()| {
                                change(confirm.clone(), &texts.done_disabled, Some(UserUpdateBody { role: None, disabled: Some(true) }));
                            }>{texts.disable}</Button>
                        </div>
                    }
                    .into_any()
                }
                None => ().into_any(),
            })}
        </Dialog>
    }
    .into_any()
}

fn role_select(role: RwSignal<Role>) -> AnyView {
    let texts = &t().account;
    let choices =
        [(Role::Viewer, texts.choose_viewer), (Role::Member, texts.choose_member), (Role::Admin, texts.choose_admin)];
    let options: Vec<(String, String)> =
        choices.map(|(role, words)| (role.as_str().to_owned(), words.to_owned())).into();
    view! {
        <Select label=texts.role name="role" options=Signal::stored(options) value=Signal::derive(move || role.get().as_str().to_owned())
            on_choose=move |word: String| if let Some(chosen) = Role::from_word(&word) { role.set(chosen) } />
    }
    .into_any()
}

#[component]
fn Invite(
    #[prop(into)] on_done: Callback<(String, Invitation)>,
    #[prop(into)] on_cancel: Callback<()>,
) -> impl IntoView {
    let api = expect_context::<Api>();
    let texts = &t().account;
    let (email, name, role) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(Role::Member));
    let (problems, problem, busy) =
        (RwSignal::new(Problems::default()), RwSignal::new(None::<String>), RwSignal::new(false));
    let of = move |field: &'static str| Signal::derive(move || problems.with(|it| it.of(field).map(said)));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        problems.set(Problems::default());
        let body = NewUserBody { email: email.get_untracked(), name: name.get_untracked(), role: role.get_untracked() };
        spawn_local(async move {
            let outcome = api.invite_user(&body).await;
            busy.try_set(false);
            match outcome {
                Ok(invitation) => on_done.run((body.name, invitation)),
                Err(Failure::Invalid(found, other)) => {
                    problems.try_set(found);
                    problem.try_set((!other.is_empty()).then(|| sentences(&other)));
                }
                Err(failure) => {
                    problem.try_set(Some(failure.message()));
                }
            }
        });
    };
    view! {
        <form class="stack" on:submit=submit novalidate>
            <TextField label=t().common.email name="user-email" kind="email" required=true text=email problem=of("email") autofocus=true />
            <TextField label=texts.name name="user-name" required=true text=name problem=of("name") />
            {role_select(role)}
            <Note problem=problem />
            <div class="dialog__actions">
                <Button on_press=move |()| on_cancel.run(())>{t().common.cancel}</Button>
                <Button variant=Variant::Primary submit=true busy=busy>{texts.invite}</Button>
            </div>
        </form>
    }
    .into_any()
}

#[component]
fn ChooseRole(
    user: UserDetails,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
    #[prop(into)] on_choose: Callback<(UserDetails, Role)>,
    #[prop(into)] on_cancel: Callback<()>,
) -> impl IntoView {
    let texts = &t().account;
    let role = RwSignal::new(user.user.role);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        on_choose.run((user.clone(), role.get_untracked()));
    };
    view! {
        <form class="stack" on:submit=submit novalidate>
            <p>{texts.role_text}</p>
            {role_select(role)}
            <Note problem=problem />
            <div class="dialog__actions">
                <Button autofocus=true on_press=move |()| on_cancel.run(())>{t().common.cancel}</Button>
                <Button variant=Variant::Primary submit=true busy=busy>{texts.change_role}</Button>
            </div>
        </form>
    }
    .into_any()
}
