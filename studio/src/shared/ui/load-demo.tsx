/** The way out of an empty project: one click, and there is something on every page. Shown only while the log is empty. */
import { useQuery } from "@tanstack/react-query";
import { Rabbit } from "lucide-react";

import { answer, api } from "@/shared/api/client";
import { loadDemo, loading } from "@/shared/api/demo";
import { useStore } from "@/shared/lib/store";

import { Button } from "./button";

export function LoadDemo() {
  const now = useStore(loading);
  const stats = useQuery({ queryKey: ["stats"], queryFn: () => answer(api.GET("/api/training/stats")) });
  if (now === null && stats.data?.total.executions !== 0) return null;
  return (
    <Button
      look="primary"
      icon={<Rabbit />}
      disabled={now !== null}
      title="Questions of bank customers, answered on this machine by the local model: no key, no network, half a minute"
      onClick={() => void loadDemo()}
    >
      {now === null ? "Load the demo data" : "Loading the demo data…"}
    </Button>
  );
}
