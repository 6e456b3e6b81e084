/** What is shown, narrowed down: everything here stands in the address. */
import { CalendarDays, ChevronLeft, CircleDollarSign, Ellipsis, Gauge, Scale, Search as Glass, X } from "lucide-react";
import { useState } from "react";

import { plural } from "@/shared/lib/format";
import { Button } from "@/shared/ui/button";
import { Field, Input } from "@/shared/ui/field";
import { Pick } from "@/shared/ui/pick";
import { Popover } from "@/shared/ui/popover";
import { SearchBox } from "@/shared/ui/search-box";

import { useFacets } from "./api";
import { type Filter, isFiltered, nothing } from "./filter";
import styles from "./filter-bar.module.css";

export type Change = (change: Record<string, string | string[] | null>) => void;

interface BarProps {
  filter: Filter;
  change: Change;
}

type Facet = "cascade_id" | "cell_name" | "model" | "label" | "criterion" | "tag" | "source" | "session_id";

const SEVERAL: readonly [Facet, string][] = [
  ["cascade_id", "Cascade"],
  ["cell_name", "Cell"],
];
const OFTEN: readonly [Facet, string][] = [
  ["label", "Answer"],
  ["criterion", "Criterion"],
  ["model", "Model"],
  ["tag", "Tag"],
];
const RARE: readonly [Facet, string][] = [
  ["source", "Source"],
  ["session_id", "Session"],
];
const FLAGS = { trainable: "Trainable", verified: "Verified", used: "Used as example" } as const;
type Flag = keyof typeof FLAGS;
/** Filters that stand behind “More”, until one of them is set. */
const FOLDED = [
  "source",
  "session_id",
  "query_id",
  "trace_id",
  "used",
  "contradiction",
  "since",
  "until",
  "min_cost",
  "max_cost",
] as const;

/** `shown`: rows are there, so that what one can filter by next may be counted, which takes longer than to find them. */
export function FilterBar({ filter, change, shown }: BarProps & { shown: boolean }) {
  const { data } = useFacets(unpicked(filter), shown);
  const [unfolded, setMore] = useState(false);
  const more = unfolded || FOLDED.some((name) => filter[name] !== undefined);
  const options = (name: Facet) => Object.entries(data?.[name] ?? {}).map(([value, count]) => ({ value, count }));
  return (
    <div className={styles.bar} role="search" aria-label="Executions">
      <span className={styles.quick}>
        <Glass aria-hidden />
        <SearchBox
          id="quick-search"
          label="Search inputs and answers"
          placeholder="Search inputs and answers  ( / )"
          value={filter.search ?? ""}
          onChange={(search) => change({ search })}
        />
      </span>
      {SEVERAL.map(([name, label]) => (
        <Pick
          key={name}
          label={label}
          options={options(name)}
          value={(filter[name] as string[] | undefined) ?? []}
          onChange={(value) => change({ [name]: value })}
        />
      ))}
      <Confidence filter={filter} change={change} />
      <Picks filter={filter} change={change} names={OFTEN} options={options} />
      <Flags filter={filter} change={change} names={["trainable", "verified"]} />
      {more && (
        <>
          <Picks filter={filter} change={change} names={RARE} options={options} />
          <Flags filter={filter} change={change} names={["used"]} />
          <Button
            icon={<Scale />}
            aria-pressed={filter.contradiction === true}
            className={filter.contradiction === true ? styles.set : styles.unset}
            title="examples that are kept out: approved answers to one question that differ"
            onClick={() => change({ contradiction: filter.contradiction === true ? null : "true" })}
          >
            Contradictions
          </Button>
          <Exactly filter={filter} change={change} />
          <Range
            filter={filter}
            change={change}
            low="since"
            high="until"
            label="Date"
            type="date"
            icon={<CalendarDays />}
          />
          <Range
            filter={filter}
            change={change}
            low="min_cost"
            high="max_cost"
            label="Cost"
            type="number"
            icon={<CircleDollarSign />}
          />
        </>
      )}
      <Button
        look="quiet"
        aria-expanded={more}
        icon={more ? <ChevronLeft /> : <Ellipsis />}
        onClick={() => setMore(!more)}
      >
        {more ? "Fewer" : "More"}
      </Button>
      {isFiltered(filter) && (
        <Button look="quiet" icon={<X />} onClick={() => change(nothing)}>
          Clear
        </Button>
      )}
    </div>
  );
}

interface PicksProps extends BarProps {
  names: readonly [Facet, string][];
  options: (name: Facet) => { value: string; count: number }[];
}

/** One value of each. What there is nothing of is not offered. */
function Picks({ filter, change, names, options }: PicksProps) {
  return names.map(([name, label]) => {
    const value = filter[name] as string | undefined;
    const offered = options(name);
    if (value === undefined && offered.length === 0) return null;
    return (
      <Pick
        key={name}
        single
        label={label}
        options={offered}
        value={value === undefined ? [] : [value]}
        onChange={(next) => change({ [name]: next[0] ?? null })}
      />
    );
  });
}

/** Yes, no or any. */
function Flags({ filter, change, names }: BarProps & { names: readonly Flag[] }) {
  return names.map((name) => {
    const label = FLAGS[name];
    const value = filter[name];
    return (
      <Pick
        key={name}
        single
        label={label}
        options={[{ value: `${label}: yes` }, { value: `${label}: no` }]}
        value={value === undefined || value === null ? [] : [`${label}: ${value ? "yes" : "no"}`]}
        onChange={(next) => change({ [name]: next[0] === undefined ? null : String(next[0].endsWith("yes")) })}
      />
    );
  });
}

/** What only a link can ask for: to be seen, and taken out. */
function Exactly({ filter, change }: BarProps) {
  const { trace_id, query_id } = filter;
  return (
    <>
      {trace_id !== undefined && (
        <Button className={styles.set} icon={<X />} title="show others too" onClick={() => change({ trace_id: null })}>
          {plural(trace_id.length, "execution")} by id
        </Button>
      )}
      {query_id !== undefined && query_id !== null && (
        <Button className={styles.set} icon={<X />} title={query_id} onClick={() => change({ query_id: null })}>
          Of one query
        </Button>
      )}
    </>
  );
}

/** The filter but for what is picked from lists: picking one value must not hide the others. */
function unpicked(filter: Filter): Filter {
  const picked = new Set<string>([...SEVERAL, ...OFTEN, ...RARE].map(([name]) => name));
  return Object.fromEntries(Object.entries(filter).filter(([name]) => !picked.has(name)));
}

const LEVELS = [
  ["High", "0.9", null],
  ["Medium", "0.7", "0.9"],
  ["Low", null, "0.7"],
] as const;

function Confidence({ filter, change }: BarProps) {
  const { min_confidence: low, max_confidence: high, scored } = filter;
  const set = low !== undefined || high !== undefined || scored === false;
  const shown = scored === false ? "Unscored" : set ? `Confidence ${low ?? 0}–${high ?? 1}` : "Confidence";
  return (
    <Popover
      title="Confidence"
      trigger={
        <Button icon={<Gauge />} className={set ? styles.set : styles.unset}>
          {shown}
        </Button>
      }
    >
      <div className={styles.form}>
        <div className={styles.row}>
          <Field label="From">
            <Number value={low} onChange={(value) => change({ min_confidence: value, scored: null })} />
          </Field>
          <Field label="To">
            <Number value={high} onChange={(value) => change({ max_confidence: value, scored: null })} />
          </Field>
        </div>
        <div className={styles.row}>
          {LEVELS.map(([name, from, to]) => (
            <Button key={name} onClick={() => change({ min_confidence: from, max_confidence: to, scored: null })}>
              {name}
            </Button>
          ))}
          <Button onClick={() => change({ min_confidence: null, max_confidence: null, scored: "false" })}>
            Unscored
          </Button>
        </div>
        {set && (
          <Button look="quiet" onClick={() => change({ min_confidence: null, max_confidence: null, scored: null })}>
            Any confidence
          </Button>
        )}
      </div>
    </Popover>
  );
}

function Number({ value, onChange }: { value: number | null | undefined; onChange: (value: string | null) => void }) {
  return (
    <Input
      type="number"
      min={0}
      max={1}
      step={0.05}
      defaultValue={value ?? ""}
      key={value ?? "any"}
      onBlur={(event) => onChange(event.target.value === "" ? null : event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
      }}
    />
  );
}

interface RangeProps extends BarProps {
  low: "since" | "min_cost";
  high: "until" | "max_cost";
  label: string;
  type: "date" | "number";
  icon: React.ReactNode;
}

function Range({ filter, change, low, high, label, type, icon }: RangeProps) {
  const from = filter[low];
  const to = filter[high];
  const set = (from ?? to) !== undefined;
  const input = (name: string, value: string | number | null | undefined) => (
    <Input
      type={type}
      step="any"
      defaultValue={typeof value === "string" ? value.slice(0, 10) : (value ?? "")}
      key={value ?? "any"}
      onBlur={(event) => change({ [name]: event.target.value === "" ? null : event.target.value })}
    />
  );
  return (
    <Popover
      title={label}
      trigger={
        <Button icon={icon} className={set ? styles.set : styles.unset}>
          {set ? `${label} ${from ?? "…"} – ${to ?? "…"}` : label}
        </Button>
      }
    >
      <div className={styles.form}>
        <div className={styles.row}>
          <Field label={type === "date" ? "From (UTC)" : "From (USD)"}>{input(low, from)}</Field>
          <Field label={type === "date" ? "Before" : "To"}>{input(high, to)}</Field>
        </div>
        {set && (
          <Button look="quiet" onClick={() => change({ [low]: null, [high]: null })}>
            Any {label.toLowerCase()}
          </Button>
        )}
      </div>
    </Popover>
  );
}
