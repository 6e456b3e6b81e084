/** What EXPLAIN says as a tree to draw. Its rows are text for people; what is not understood is kept as it is. */

export interface Ask {
  id: string;
  text: string;
  /** Must hold for a row to be asked about. */
  guard: string | null;
  /** Distinct arguments; null where it is not known yet. */
  distinct: number | null;
  cached: number | null;
  /** To ask, or asked already by EXPLAIN ANALYZE. */
  calls: number | null;
  seconds: number | null;
  note: string;
}

export interface Step {
  kind: string;
  detail: string;
  asks: Ask[];
  /** Parts that are read once into a table of their own. */
  kept: string[];
}

export interface Plan {
  /** Outermost first in each; the innermost block first. */
  blocks: Step[][];
  fallback: Ask[];
  /** What EXPLAIN ANALYZE says about the rows. */
  rows: string | null;
}

const STEP = /^\s*(?:└─ )?(Project|SemanticMap|SemanticFilter|Filter|Scan)(?:\s{2}([\s\S]*))?$/;
const ASK = /^(?:\s+|Fallback\s{2})ask (\d+): ([\s\S]*?)(?:\s{2}\[([^[\]]*)\])?$/;
const KEEP = /^\s+keep\s{2}([\s\S]*)$/;
const ROWS = /^[\d,]+ rows$/;

/** Null where the rows are not a plan of ours. */
export function plan(lines: readonly string[]): Plan | null {
  const found: Plan = { blocks: [], fallback: [], rows: null };
  let block: Step[] | null = null;
  for (const line of lines) {
    if (/^Block \d+$/.test(line)) {
      block = null;
      continue;
    }
    const step = STEP.exec(line);
    const ask = ASK.exec(line);
    const keep = KEEP.exec(line);
    if (step !== null) {
      if (block === null || /^[A-Z]/.test(line)) found.blocks.push((block = []));
      block.push({ kind: step[1] ?? "", detail: step[2] ?? "", asks: [], kept: [] });
    } else if (ask !== null) {
      const target = line.startsWith("Fallback") ? found.fallback : block?.at(-1)?.asks;
      if (target === undefined) return null;
      target.push(asked(ask[1] ?? "", ask[2] ?? "", ask[3] ?? ""));
    } else if (keep !== null && block !== null) block.at(-1)?.kept.push(keep[1] ?? "");
    else if (ROWS.test(line)) found.rows = line;
    else return null;
  }
  return found.blocks.length === 0 ? null : found;
}

function asked(id: string, said: string, note: string): Ask {
  const [text, guard] = split(said);
  const number = (pattern: RegExp): number | null => {
    const match = pattern.exec(note);
    return match === null ? null : Number((match[1] ?? "").replaceAll(",", ""));
  };
  return {
    id,
    text,
    guard,
    distinct: number(/([\d,]+) distinct/),
    cached: number(/([\d,]+) cached/),
    calls: number(/([\d,]+) (?:to ask|calls)/),
    seconds: number(/([\d.]+) s$/),
    note,
  };
}

function split(said: string): [string, string | null] {
  const at = said.lastIndexOf("  where ");
  return at === -1 ? [said, null] : [said.slice(0, at), said.slice(at + 8)];
}

export interface Sum {
  calls: number;
  cached: number;
  /** Some are known only once others are answered. */
  open: boolean;
}

export function sum({ blocks, fallback }: Plan): Sum {
  const asks = [...blocks.flat().flatMap((step) => step.asks), ...fallback];
  return {
    calls: asks.reduce((all, ask) => all + (ask.calls ?? 0), 0),
    cached: asks.reduce((all, ask) => all + (ask.cached ?? 0), 0),
    open: asks.some((ask) => ask.calls === null && ask.note !== "not asked"),
  };
}
