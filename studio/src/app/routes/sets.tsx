/** Sets: versions of what each cell learns from, and what they are worth. */
import { Sets } from "@/features/sets/sets";
import { one, useAddress } from "@/shared/lib/search";
import { Page } from "@/shared/ui/page";

export default function Route() {
  const [search, change] = useAddress();
  return (
    <Page title="Sets" about="What each cell learns from, version by version, and whether it helps">
      <Sets
        version={one(search, "version")}
        against={one(search, "against")}
        onOpen={(version) => change({ version, against: null }, false)}
        onAgainst={(against) => change({ against })}
      />
    </Page>
  );
}
