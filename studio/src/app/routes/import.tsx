/** Import: logs from elsewhere. */
import { Importing } from "@/features/importing/importing";
import { Page } from "@/shared/ui/page";

export default function Route() {
  return (
    <Page title="Import" about="Logs from elsewhere; what is there already is not logged twice">
      <Importing />
    </Page>
  );
}
