import { FilterBar } from "@/features/sessions/filter-bar";
import { List } from "@/features/sessions/list";
import { Page } from "@/shared/ui/page";

export default function Route() {
  return (
    <Page title="Sessions" actions={<FilterBar />} full>
      <List />
    </Page>
  );
}
