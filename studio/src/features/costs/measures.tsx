/** Whether money, calls or tokens are drawn. */
import { useAddress } from "@/shared/lib/search";
import { Segments } from "@/shared/ui/segments";

import { measure, MEASURES } from "./measure";

export function Measures() {
  const [search, change] = useAddress();
  return (
    <Segments
      label="What is drawn"
      options={MEASURES}
      value={measure(search)}
      onChange={(value) => change({ measure: value === "cost" ? null : value }, false)}
    />
  );
}
