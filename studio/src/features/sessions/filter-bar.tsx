/** Which sessions are listed; all of it in the address. */
import { all, one, useAddress } from "@/shared/lib/search";
import { Input } from "@/shared/ui/field";
import { Pick } from "@/shared/ui/pick";
import { SearchBox } from "@/shared/ui/search-box";

import { useFacets } from "./api";
import { dayOf, SOURCES } from "./filter";
import styles from "./sessions.module.css";

export function FilterBar() {
  const [search, change] = useAddress();
  const facets = useFacets().data;
  const cascades = Object.entries(facets?.cascade_id ?? {}).map(([value, count]) => ({ value, count }));
  const source = one(search, "source");
  return (
    <div className={styles.filters} role="search">
      <SearchBox
        label="Search in the ids of sessions"
        placeholder="Search in ids…"
        value={one(search, "search") ?? ""}
        onChange={(text) => change({ search: text })}
      />
      <Pick
        label="Cascade"
        options={cascades}
        value={all(search, "cascade_id")}
        onChange={(value) => change({ cascade_id: value })}
      />
      <Pick
        label="Source"
        single
        options={SOURCES.map((value) => ({ value, count: facets?.source[value] }))}
        value={source === null ? [] : [source]}
        onChange={(value) => change({ source: value[0] ?? null })}
      />
      {(["from", "to"] as const).map((name) => (
        <Input
          key={name}
          type="date"
          aria-label={name === "from" ? "From this day" : "To this day"}
          value={dayOf(search, name) ?? ""}
          onChange={(event) => change({ [name]: event.target.value })}
        />
      ))}
    </div>
  );
}
