import { useLocation } from "@tanstack/react-router";

import { Session } from "@/features/sessions/session";

export default function Route() {
  // routes are made of plain paths, so that the router has no types for their parameters
  const { pathname } = useLocation();
  return <Session id={decodeURIComponent(pathname.slice("/sessions/".length))} />;
}
