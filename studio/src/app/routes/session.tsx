import { useLocation } from "@tanstack/react-router";

import { Session } from "@/features/sessions/session";

const HERE = "/sessions/";

export default function Route() {
  // routes are made of plain paths, so that the router has no types for their parameters
  const { pathname } = useLocation();
  // on the way to another page the address is that page's already
  return pathname.startsWith(HERE) ? <Session id={decodeURIComponent(pathname.slice(HERE.length))} /> : null;
}
