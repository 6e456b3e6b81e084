/** Versions of training sets, what changed in them, what they are worth; and how far a cell's confidences can be believed. */
import { useQuery } from "@tanstack/react-query";

import { answer, api, raw, type Schemas } from "@/shared/api/client";
import { queries } from "@/shared/api/queries";

import type { Evaluation, Race } from "./proof";

export interface Version extends Omit<Schemas["Set"], "evaluation" | "raced" | "race"> {
  evaluation: Evaluation | null;
  raced?: string | null;
  race?: Race | null;
}

export const useVersions = () =>
  useQuery({
    queryKey: ["sets"],
    queryFn: async () => (await answer(api.GET("/api/training/sets"))).sets as unknown as Version[],
  });

export const useDiff = (old: string, fresh: string) =>
  useQuery({
    queryKey: ["diff", old, fresh],
    queryFn: () => answer(api.GET("/api/training/sets/{old}/diff/{new}", { params: { path: { old, new: fresh } } })),
    staleTime: Infinity,
    placeholderData: undefined,
  });

export const useBlame = (version: string) =>
  useQuery({
    queryKey: ["blame", version],
    queryFn: () => answer(api.GET("/api/training/sets/{version}/blame", { params: { path: { version } } })),
    staleTime: Infinity,
    placeholderData: undefined,
  });

export const useExample = (trace_id: string) =>
  useQuery({
    queryKey: ["example", trace_id],
    queryFn: () => answer(api.GET("/api/training/examples/{trace_id}", { params: { path: { trace_id } } })),
    placeholderData: undefined,
  });

export interface Bin {
  low: number;
  high: number;
  number: number;
  confidence: number;
  right: number;
}

export interface Mistaken {
  answer: unknown;
  held: unknown;
  number: number;
}

export interface Calibration {
  method: "uncalibrated" | "platt" | "platt_isotonic";
  verified: number;
  right: number;
  measured: number;
  ece: number | null;
  low: number | null;
  high: number | null;
  brier: number | null;
  auc: number | null;
  bins: Bin[];
  confusion: Mistaken[] | null;
}

export const useCalibration = (cascade_id: string, cell_name: string) =>
  useQuery({
    queryKey: ["calibration", cascade_id, cell_name],
    queryFn: async () => {
      const query = new URLSearchParams({ cascade_id, cell_name }).toString();
      return (await (await raw(`/api/training/calibration?${query}`)).json()) as Calibration;
    },
    placeholderData: undefined,
  });

const changed = () => queries.invalidateQueries({ queryKey: ["sets"] });

export async function goLive(version: string, reason: string, force: boolean): Promise<void> {
  const body = { force, ...(reason === "" ? {} : { reason }) };
  await answer(api.POST("/api/training/sets/{version}/use", { params: { path: { version } }, body }));
  await changed();
}

export async function follow(version: string): Promise<void> {
  await answer(api.POST("/api/training/sets/{version}/follow", { params: { path: { version } }, body: {} }));
  await changed();
}

export async function tag(version: string, name: string): Promise<void> {
  await answer(api.POST("/api/training/sets/{version}/tag", { params: { path: { version } }, body: { name } }));
  await changed();
}
