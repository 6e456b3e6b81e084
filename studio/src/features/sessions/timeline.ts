/** A session as a tree on a time axis: statements and runs, their calls, and the calls those made. */
import type { Call, Query, SessionWhole } from "./api";

export interface Node {
  id: string;
  kind: "query" | "run" | "call";
  name: string;
  /** Milliseconds since 1970. */
  start: number;
  end: number;
  calls: number;
  errors: number;
  /** USD; null where one of its calls has no price. */
  cost: number | null;
  tokens: number;
  children: Node[];
  call: Call | null;
  query: Query | null;
}

export interface Row {
  node: Node;
  depth: number;
  /** What its bar is drawn against: the session, below that the statement or run. */
  from: number;
  to: number;
  open: boolean;
}

export function tree({ calls, queries }: Pick<SessionWhole, "calls" | "queries">): Node[] {
  const nodes = new Map(calls.map((call) => [call.trace_id, leaf(call)]));
  const statements = new Map(queries.map((query) => [query.query_id, query]));
  const groups = new Map<string, Node[]>();
  for (const node of nodes.values()) {
    const { caller_id, query_id, run_id, cascade_id } = node.call as Call;
    const parent = caller_id === null ? undefined : nodes.get(caller_id);
    if (parent !== undefined && parent !== node && !under(parent, node)) {
      parent.children.push(node);
      continue;
    }
    const key = query_id ?? run_id ?? `run ${caller_id ?? ""} ${cascade_id}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  }
  for (const id of statements.keys()) if (!groups.has(id)) groups.set(id, []);
  const roots = [...groups].map(([key, members]) => root(key, runs(key, members), statements.get(key) ?? null));
  return roots.sort((a, b) => a.start - b.start);
}

/** Calls of one run under it, where it is more than one call: cells, takes and tries on one row of a statement. */
function runs(key: string, members: readonly Node[]): Node[] {
  const together = new Map<string, Node[]>();
  for (const node of members) {
    const id = node.call?.run_id ?? node.id;
    together.set(id, [...(together.get(id) ?? []), node]);
  }
  return [...together].flatMap(([id, calls]) => (calls.length === 1 || id === key ? calls : [root(id, calls, null)]));
}

/** Whether `node` is above `parent` already: who calls each other in a ring stays side by side. */
const under = (parent: Node, node: Node): boolean =>
  node.children.some((child) => child === parent || under(parent, child));

function leaf(call: Call): Node {
  const start = Date.parse(call.timestamp);
  return {
    id: call.trace_id,
    kind: "call",
    name: call.cell_name,
    start,
    end: start + call.duration_ms,
    calls: 1,
    errors: call.error === null ? 0 : 1,
    cost: call.cost,
    tokens: call.tokens_in + call.tokens_out,
    children: [],
    call,
    query: null,
  };
}

function root(key: string, children: Node[], query: Query | null): Node {
  const all = everyone(children).filter((node) => node.call !== null);
  const start = query === null ? Math.min(...firsts(children)) : Date.parse(query.timestamp);
  let [end, cost] = [start + (query?.duration_ms ?? 0), 0 as number | null];
  for (const node of all) {
    end = Math.max(end, node.end);
    cost = cost === null || node.cost === null ? null : cost + node.cost;
  }
  const first = all[0]?.call;
  return {
    id: key,
    kind: query === null ? "run" : "query",
    name: query?.sql ?? (first?.query_id === key ? `query ${key}` : (first?.cascade_id ?? key)),
    start,
    end,
    calls: all.length,
    errors: all.reduce((sum, node) => sum + node.errors, 0) || (query?.error ? 1 : 0),
    cost: query === null ? cost : query.cost,
    tokens: all.reduce((sum, node) => sum + node.tokens, 0),
    children,
    call: null,
    query,
  };
}

const everyone = (nodes: readonly Node[]): Node[] => nodes.flatMap((node) => [node, ...everyone(node.children)]);
/** Spreading 27,000 values into an argument list is too many: the first of a sorted list will do. */
const firsts = (nodes: readonly Node[]): number[] =>
  nodes.length === 0 ? [0] : [nodes.reduce((least, node) => Math.min(least, node.start), Infinity)];

/** The rows that are seen: what is closed hides what is below it. */
export function rows(roots: readonly Node[], closed: ReadonlySet<string>): Row[] {
  const found: Row[] = [];
  const from = roots.reduce((least, node) => Math.min(least, node.start), Infinity);
  const to = roots.reduce((most, node) => Math.max(most, node.end), -Infinity);
  const put = (node: Node, depth: number, inFrom: number, inTo: number, top: Node) => {
    const open = !closed.has(node.id);
    found.push({ node, depth, from: inFrom, to: inTo, open });
    if (open) for (const child of node.children) put(child, depth + 1, top.start, top.end, top);
  };
  for (const node of roots) put(node, 0, from, to, node);
  return found;
}

/** Where a bar begins and how long it is, as parts of its axis; never so short that it is not seen. */
export function bar({ node, from, to }: Row): { left: number; width: number } {
  const whole = Math.max(1, to - from);
  const width = Math.min(1, Math.max(0.004, (node.end - node.start) / whole));
  return { left: Math.min(1 - width, Math.max(0, (node.start - from) / whole)), width };
}

/** Large sessions begin closed, but for the last statement. */
export function firstClosed(roots: readonly Node[]): Set<string> {
  const calls = roots.reduce((sum, node) => sum + node.calls, 0);
  return calls <= 200 ? new Set() : new Set(roots.slice(0, -1).map((node) => node.id));
}
