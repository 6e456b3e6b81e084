/** A sitting at the server: items come before they are needed, decisions are sent one after another and never claimed before they are kept. */
import { useCallback, useEffect, useReducer, useRef, useState } from "react";

import { answer, api } from "@/shared/api/client";
import { type Fields, inTurn, refresh, remember, undo } from "@/shared/api/decisions";

import { type Cell, choose, fetchQueue, type Item, type Order, type Queue } from "./api";
import { confirmed, EMPTY, saving, step } from "./sitting";

/** Fetch more where fewer than this wait. */
const FEW = 12;
/** Ask for the stop signal again after so many decisions. */
const OFTEN = 10;

export function useSitting(cell: Cell | null, order: Order) {
  const [sitting, tell] = useReducer(step, EMPTY);
  const [error, setError] = useState<unknown>(null);
  const [fetching, setFetching] = useState(true);
  const sent = useRef<Promise<void>>(Promise.resolve());
  const pulling = useRef(false);

  /** Null where it is being asked already. */
  const pull = useCallback(async (): Promise<Queue | null> => {
    if (pulling.current) return null;
    pulling.current = true;
    try {
      // decisions under way are in the queue still: first they arrive
      await sent.current;
      return await fetchQueue(cell, order);
    } finally {
      pulling.current = false;
    }
  }, [cell, order]);

  const since = confirmed(sitting) - sitting.confirmedBefore;
  const short = sitting.waiting.length < FEW && (sitting.queue?.left ?? 0) > sitting.waiting.length + saving(sitting);
  const wanted = sitting.queue !== null && error === null && ((short && since > 0) || since >= OFTEN);
  const [asked, ask] = useState(0);
  useEffect(() => {
    if (asked === 0 && sitting.queue !== null && !wanted) return;
    pull().then(
      (queue) => {
        if (queue === null) return;
        tell({ do: "fetched", queue });
        setError(null);
        setFetching(false);
      },
      (reason: unknown) => {
        setError(reason);
        setFetching(false);
      },
    );
    // when it is wanted, and when someone asks: not whenever the queue is another one
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [pull, wanted, asked]);

  const more = () => {
    setError(null);
    setFetching(true);
    ask((times) => times + 1);
  };

  const send = (item: Item, what: string, ask: () => Promise<{ undo: string | null }>) => {
    const id = item.execution.trace_id;
    tell({ do: "decided", item, what });
    sent.current = inTurn(async () => {
      try {
        const marked = await ask();
        remember(marked.undo, what);
        tell({ do: "confirmed", id, undo: marked.undo });
        refresh();
      } catch (reason) {
        tell({ do: "refused", id, error: reason });
      }
    });
  };

  return {
    sitting,
    error,
    fetching,
    more,
    decide: (item: Item, fields: Fields, what: string) => send(item, what, () => mark(item, fields)),
    choose: (item: Item, trace_id: string, what: string) => send(item, what, () => choose(trace_id)),
    /** For what the server may well refuse: nothing moves until it has said yes. Throws what it said. */
    correct: (item: Item, corrected_output: unknown, what: string) =>
      inTurn(async () => {
        const marked = await mark(item, { corrected_output, verified: true, trainable: true });
        remember(marked.undo, what);
        tell({ do: "decided", item, what });
        tell({ do: "confirmed", id: item.execution.trace_id, undo: marked.undo });
        refresh();
      }),
    undo: () => {
      sent.current = undo().then((taken) => {
        if (taken !== null) tell({ do: "undone", undo: taken });
      });
    },
    skip: () => tell({ do: "skipped" }),
    move: (by: number) => tell({ do: "moved", by }),
  };
}

const mark = (item: Item, fields: Fields) =>
  answer(api.POST("/api/training/mark-trainable", { body: { trace_ids: [item.execution.trace_id], ...fields } }));
