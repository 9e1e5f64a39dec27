// The console's list of tokens in React: the same elements, styles and data, without the rest of the console.
import { memo, useCallback, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import "../../../styles/tokens.css";
import "../../../styles/base.css";
import "../../../styles/frame.css";
import "../../../styles/ui/button.css";
import "../../../styles/ui/chip.css";
import "../../../styles/ui/menu.css";
import "../../../styles/ui/table.css";
import "../../../styles/ui/tip.css";

const COLUMNS = ["Name", "Extension", "Permissions", "Status", "Created", "Last used", "Expires"];
const STATUSES = { active: "Enabled", inactive: "Disabled", expiring: "Expiring", expired: "Expired" };
const DAY = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [[86_400, "day"], [3_600, "hour"], [60, "minute"]];

const get = async (path) => (await fetch(`/public/v1${path}`)).json();

function relative(date) {
  const seconds = (date - Date.now()) / 1000;
  if (Math.abs(seconds) > 30 * 86_400) return DAY.format(date);
  const [size, unit] = UNITS.find(([size]) => Math.abs(seconds) >= size) ?? [60, "minute"];
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

function Time({ at, isRelative }) {
  if (!at) return <span className="muted">Never</span>;
  const date = new Date(at);
  return <time dateTime={at} title={date.toISOString()}>{isRelative ? relative(date) : DAY.format(date)}</time>;
}

const Icon = ({ children }) => <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">{children}</svg>;

function Copy({ text }) {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <span className={copied ? "copy is-copied" : "copy"}>
      <button type="button" className="button button--quiet button--icon" aria-label="Copy ID" onClick={copy}>
        <Icon><rect width="14" height="14" x="8" y="8" rx="2" ry="2" /><path d="M4 16c-1.1 0-2-.9-2-2V4c0-1.1.9-2 2-2h10c1.1 0 2 .9 2 2" /></Icon>
      </button>
      <span className="copy__said" role="status" />
    </span>
  );
}

function Permissions({ id, granted }) {
  if (granted.some(({ object }) => object.id === "MD-0000")) return <span>All modules</span>;
  if (granted.length === 0) return <span className="muted">None</span>;
  return (
    <span className="tip" tabIndex="0" aria-describedby={`tip-${id}`}>
      {granted.length} {granted.length === 1 ? "module" : "modules"}
      <span className="tip__body" role="tooltip" id={`tip-${id}`}>{granted.map(({ object }) => object.name).join(", ")}</span>
    </span>
  );
}

function Menu({ name }) {
  const [open, setOpen] = useState(false);
  return (
    <span className="menu">
      <button type="button" className="button button--quiet button--icon" aria-label={`Actions for ${name}`} aria-haspopup="menu"
        aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon><circle cx="12" cy="12" r="1" /><circle cx="12" cy="5" r="1" /><circle cx="12" cy="19" r="1" /></Icon>
      </button>
      <div className="menu__list" role="menu" popover="auto" aria-label={`Actions for ${name}`}>
        {open && ["Disable", "Rotate key…", "Edit", "Delete…"].map((words) => (
          <button key={words} type="button" role="menuitem" tabIndex="-1" className="menu__item">{words}</button>
        ))}
      </div>
    </span>
  );
}

const Row = memo(function Row({ token, title, selected, onSelect }) {
  return (
    <tr className="table__row" role="row" id={`row-${token.id}`}>
      <td className="col-select" role="cell">
        <input type="checkbox" className="check" aria-label={`Select ${token.name}`} checked={selected} onChange={() => onSelect(token.id)} />
      </td>
      <td className="col-name" role="cell">
        <a className="table__link" href={`/integrations/tokens/${token.id}/general`} title={token.name}>{token.name}</a>
        <span className="mono muted table__id">{token.id}<Copy text={token.id} /></span>
      </td>
      <td className="col-extension" role="cell">{title}</td>
      <td className="col-permissions" role="cell"><Permissions id={token.id} granted={token.permissions} /></td>
      <td className="col-status" role="cell">
        <span className="chip" data-status={token.status}><span className="chip__dot" aria-hidden="true" />{STATUSES[token.status]}</span>
      </td>
      <td className="col-created" role="cell">
        <Time at={token.events.created.at} /><span className="muted table__by">{token.events.created.by.name}</span>
      </td>
      <td className="col-used" role="cell"><Time at={token.last_used?.at} isRelative /></td>
      <td className="col-expires" role="cell"><Time at={token.expiration_date} isRelative /></td>
      <td className="col-menu" role="cell"><Menu name={token.name} /></td>
    </tr>
  );
});

function Tokens() {
  const [{ tokens, titles }, setLoaded] = useState({ tokens: [], titles: {} });
  const [selected, setSelected] = useState(new Set());
  useEffect(() => {
    const list = "/auth/tokens?ordering(-created)&nulls=last&limit=100&offset=0";
    Promise.all([get(list), get("/extensions")]).then(([tokens, extensions]) =>
      setLoaded({ tokens, titles: Object.fromEntries(extensions.map(({ id, title }) => [id, title])) }),
    );
  }, []);
  const select = useCallback((id) => setSelected((before) => before.symmetricDifference(new Set([id]))), []);
  return (
    <div className="frame">
      <header className="top" />
      <nav className="nav nav--side" />
      <main className="main">
        <h1 className="heading">Tokens</h1>
        <div className="table__place">
          <table className="table table--tokens" role="table" aria-label="Tokens">
            <thead role="rowgroup">
              <tr role="row">
                <th className="col-select" role="columnheader"><input type="checkbox" className="check" aria-label="Select all rows" /></th>
                {COLUMNS.map((name) => (
                  <th key={name} scope="col" role="columnheader" className={`col-${name.split(" ").pop().toLowerCase()}`}>{name}</th>
                ))}
                <th className="col-menu" role="columnheader" />
              </tr>
            </thead>
            <tbody role="rowgroup">
              {tokens.map((token) => (
                <Row key={token.id} token={token} title={titles[token.extension.id]} selected={selected.has(token.id)} onSelect={select} />
              ))}
            </tbody>
          </table>
        </div>
      </main>
    </div>
  );
}

createRoot(document.getElementById("app")).render(<Tokens />);
