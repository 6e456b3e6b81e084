import { Link } from "@tanstack/react-router";

import { Page } from "@/shared/ui/page";
import { Empty } from "@/shared/ui/states";

export function Missing() {
  return (
    <Page title="Not here">
      <Empty title="There is no page at this address">
        <Link to="/training">Go to the executions</Link>
      </Empty>
    </Page>
  );
}
