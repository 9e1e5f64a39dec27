/** Trace events of Chromium's main thread, in microseconds. */
type Event = { name: string; ph: string; ts: number; dur?: number; pid: number; tid: number };

export const CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "blink.user_timing"];

/** What DevTools counts as scripting. What runs within one of these counts, too, unless it renders. */
const SCRIPTING = new Set([
  ...["EvaluateScript", "FunctionCall", "RunMicrotasks", "TimerFire", "FireAnimationFrame", "FireIdleCallback", "EventDispatch"],
  ...["v8.compile", "v8.compileModule", "v8.evaluateModule", "v8.run", "V8.DeserializeContext", "MinorGC", "MajorGC"],
]);
const RENDERING = new Set([
  ...["ParseHTML", "ParseAuthorStyleSheet", "UpdateLayoutTree", "RecalculateStyles", "Layout", "PrePaint", "Paint", "Layerize", "Commit"],
  ...["IntersectionObserverController::computeIntersections"],
]);
/** A task blocks for what it takes longer than this. */
const LONG_TASK = 50_000;

export type Figures = {
  /** Milliseconds of script until the mark, and in all. */
  script: number;
  scriptInAll: number;
  /** Milliseconds from the navigation to the mark. */
  mark: number;
  /** The part beyond 50 ms of all tasks. */
  blocking: number;
};

/** What the main thread of the page did from the navigation on that led to the mark `name`. */
export function figuresOf(trace: { traceEvents: Event[] }, name: string): Figures {
  const all = trace.traceEvents;
  const mark = all.find((event) => event.name === name);
  if (!mark) throw new Error(`the trace has no mark ${name}`);
  const own = all.filter((event) => event.pid === mark.pid && event.tid === mark.tid);
  const start = Math.max(...own.filter((event) => event.name === "navigationStart" && event.ts < mark.ts).map((event) => event.ts));
  const complete = own.filter((event) => event.ph === "X" && event.ts >= start).sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  const blocking = complete.filter((event) => event.name === "RunTask").map((event) => Math.max(0, (event.dur ?? 0) - LONG_TASK));
  return {
    script: scripting(complete, mark.ts) / 1000,
    scriptInAll: scripting(complete, Infinity) / 1000,
    mark: (mark.ts - start) / 1000,
    blocking: blocking.reduce((sum, part) => sum + part, 0) / 1000,
  };
}

/** The time before `until` in which the innermost event that has a kind is scripting. */
function scripting(events: Event[], until: number): number {
  let total = 0;
  let last = 0;
  const open: { end: number; isScript: boolean }[] = [];
  const advance = (to: number) => {
    if (open.at(-1)?.isScript) total += Math.max(0, Math.min(to, until) - last);
    last = Math.min(to, until);
  };
  const closeBefore = (ts: number) => {
    for (let top = open.at(-1); top && top.end <= ts; top = open.at(-1)) {
      advance(top.end);
      open.pop();
    }
  };
  for (const { name, ts, dur = 0 } of events) {
    if (ts >= until) break;
    closeBefore(ts);
    advance(ts);
    open.push({ end: ts + dur, isScript: SCRIPTING.has(name) || (!RENDERING.has(name) && (open.at(-1)?.isScript ?? false)) });
  }
  closeBefore(Infinity);
  return total;
}
