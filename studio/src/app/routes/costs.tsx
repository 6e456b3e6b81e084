import { DaysPicker } from "@/features/costs/days-picker";
import { Measures } from "@/features/costs/measures";
import { Overview } from "@/features/costs/overview";
import { Page } from "@/shared/ui/page";

export default function Route() {
  return (
    <Page
      title="Costs"
      actions={
        <>
          <Measures />
          <DaysPicker />
        </>
      }
    >
      <Overview />
    </Page>
  );
}
