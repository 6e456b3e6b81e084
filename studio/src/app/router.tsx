/** Which page is where. Each is fetched when it is first opened. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";

import { parse, write } from "@/shared/lib/search";
import { Failure } from "@/shared/ui/states";

import { Missing } from "./missing";
import { Shell } from "./shell";

const root = createRootRoute({ component: Shell, notFoundComponent: Missing });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    redirect({ to: "/training", replace: true, throw: true });
  },
});

type Search = Record<string, string | string[]>;

function page(path: string, load: () => Promise<Record<string, unknown>>) {
  return createRoute({
    getParentRoute: () => root,
    path,
    validateSearch: (search: Record<string, unknown>): Search => search as Search,
    component: lazyRouteComponent(load as () => Promise<{ default: () => React.JSX.Element }>),
    errorComponent: ({ error, reset }) => <Failure error={error} again={reset} />,
  });
}

const routes = [
  home,
  page("/training", () => import("./routes/training")),
  page("/review", () => import("./routes/review")),
  page("/sets", () => import("./routes/sets")),
  page("/sql", () => import("./routes/sql")),
  page("/sessions", () => import("./routes/sessions")),
  page("/sessions/$sessionId", () => import("./routes/session")),
  page("/operators", () => import("./routes/operators")),
  page("/operators/$cascadeId", () => import("./routes/operator")),
  page("/costs", () => import("./routes/costs")),
  page("/import", () => import("./routes/import")),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: "intent",
  parseSearch: parse,
  stringifySearch: write,
  scrollRestoration: true,
});
