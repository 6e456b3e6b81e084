/** One operator and its file. */
import { Link, useParams } from "@tanstack/react-router";

import { useCascade } from "@/features/operators/api";
import { Operator } from "@/features/operators/operator";
import { template } from "@/features/operators/template";
import { one, useAddress } from "@/shared/lib/search";
import { Page } from "@/shared/ui/page";
import { Failure, Skeleton } from "@/shared/ui/states";

export default function Route() {
  const { cascadeId = "" }: { cascadeId?: string } = useParams({ strict: false });
  const [search, change] = useAddress();
  const fresh = one(search, "new") !== null;
  const cascade = useCascade(cascadeId, !fresh);
  return (
    <Page
      title={cascadeId}
      about={fresh ? "a new operator" : cascade.data?.origin}
      actions={<Link to="/operators">All operators</Link>}
    >
      {cascade.error !== null && !fresh ? (
        <Failure error={cascade.error} again={() => void cascade.refetch()} />
      ) : !fresh && cascade.data === undefined ? (
        <Skeleton lines={12} />
      ) : (
        <Operator
          key={cascadeId}
          cascade_id={cascadeId}
          kept={cascade.data ?? null}
          first={cascade.data?.yaml ?? template(cascadeId)}
          onSaved={() => change({ new: null })}
        />
      )}
    </Page>
  );
}
