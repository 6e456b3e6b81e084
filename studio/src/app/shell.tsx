/** The frame around every page: where one can go, whether the server is there, light or dark. */
import { Link, Outlet } from "@tanstack/react-router";
import {
  Boxes,
  ChartNoAxesColumn,
  CircleCheckBig,
  FileUp,
  History,
  Menu as MenuIcon,
  Moon,
  Sun,
  SquareTerminal,
  Table2,
  Workflow,
} from "lucide-react";
import { useState } from "react";

import { live } from "@/shared/api/events";
import { useStore } from "@/shared/lib/store";
import { theme, useTheme } from "@/shared/lib/theme";
import { IconButton } from "@/shared/ui/button";

import { DemoProgress } from "./demo-progress";
import styles from "./shell.module.css";
import { TokenPrompt } from "./token-prompt";

const PLACES = [
  { to: "/training", name: "Training", icon: Table2 },
  { to: "/review", name: "Review", icon: CircleCheckBig },
  { to: "/sets", name: "Sets", icon: Boxes },
  { to: "/sql", name: "SQL", icon: SquareTerminal },
  { to: "/sessions", name: "Sessions", icon: History },
  { to: "/operators", name: "Operators", icon: Workflow },
  { to: "/costs", name: "Costs", icon: ChartNoAxesColumn },
  { to: "/import", name: "Import", icon: FileUp },
] as const;

export function Shell() {
  const shown = useTheme();
  const connected = useStore(live);
  const [open, setOpen] = useState(false);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <nav className={`${styles.nav} ${open ? styles.open : ""}`} aria-label="Studio">
        <div className={styles.top}>
          <Link to="/training" className={styles.brand} aria-label="RVBBIT Studio">
            <img src={new URL("./rabbit.svg", import.meta.url).href} alt="" width={22} height={22} />
            <span>RVBBIT</span>
          </Link>
          <IconButton label="Menu" className={styles.burger} aria-expanded={open} onClick={() => setOpen(!open)}>
            <MenuIcon />
          </IconButton>
        </div>
        <ul className={styles.places}>
          {PLACES.map(({ to, name, icon: Icon }) => (
            <li key={to}>
              <Link
                to={to}
                className={styles.place}
                activeProps={{ className: styles.here, "aria-current": "page" }}
                onClick={() => setOpen(false)}
              >
                <Icon aria-hidden />
                <span>{name}</span>
              </Link>
            </li>
          ))}
        </ul>
        <div className={styles.bottom}>
          <span
            className={styles.state}
            data-live={connected}
            title={
              connected
                ? "what happens is shown as it happens"
                : "no events from the server: looked at every 30 seconds"
            }
          >
            {connected ? "Live" : "Polling"}
          </span>
          <IconButton
            label={shown === "dark" ? "Light theme" : "Dark theme"}
            onClick={() => theme.set(shown === "dark" ? "light" : "dark")}
          >
            {shown === "dark" ? <Sun /> : <Moon />}
          </IconButton>
        </div>
      </nav>
      <div className={styles.content}>
        <Outlet />
      </div>
      <DemoProgress />
      <TokenPrompt />
    </div>
  );
}
