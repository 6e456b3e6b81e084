/** Before a text that is not saved is left behind: by a link, the back button, or the window that closes. */
import { useBlocker } from "@tanstack/react-router";

import { Button } from "@/shared/ui/button";
import { Dialog } from "@/shared/ui/dialog";

export function Leaving({ changed }: { changed: boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => changed && current.pathname !== next.pathname,
    enableBeforeUnload: changed,
    withResolver: true,
  });
  return (
    <Dialog
      open={status === "blocked"}
      onClose={() => reset?.()}
      title="Leave without saving?"
      about="The text you changed is kept nowhere else."
      actions={
        <>
          <Button onClick={() => reset?.()}>Stay</Button>
          <Button look="danger" onClick={() => proceed?.()}>
            Leave
          </Button>
        </>
      }
    />
  );
}
