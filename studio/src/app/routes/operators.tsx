/** Operators: every one there is. */
import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";

import { useOperators } from "@/features/operators/api";
import { NewOperator } from "@/features/operators/new-operator";
import { Operators } from "@/features/operators/operators";
import styles from "@/features/operators/operators.module.css";
import { one, useAddress } from "@/shared/lib/search";
import { Button } from "@/shared/ui/button";
import { Input } from "@/shared/ui/field";
import { Page } from "@/shared/ui/page";

export default function Route() {
  const [search, change] = useAddress();
  const navigate = useNavigate();
  const [naming, setNaming] = useState(false);
  const found = useOperators();
  const open = (cascadeId: string, fresh = false) =>
    void navigate({ to: "/operators/$cascadeId", params: { cascadeId }, search: fresh ? { new: "yes" } : {} });
  return (
    <Page
      title="Operators"
      about="What SQL can ask a model here"
      actions={
        <>
          <Input
            type="search"
            className={styles.search}
            aria-label="Search operators"
            placeholder="Search"
            value={one(search, "search") ?? ""}
            onChange={(event) => change({ search: event.target.value })}
          />
          <Button look="primary" icon={<Plus />} onClick={() => setNaming(true)}>
            New operator
          </Button>
        </>
      }
    >
      <Operators search={one(search, "search") ?? ""} onOpen={open} />
      <NewOperator
        open={naming}
        taken={(found.data?.operators ?? []).flatMap((known) => [known.name, known.cascade_id])}
        onClose={() => setNaming(false)}
        onName={(name) => open(name, true)}
      />
    </Page>
  );
}
