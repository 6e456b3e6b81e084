import "@/shared/styles/tokens.css";
import "@/shared/styles/base.css";

import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { listen } from "@/shared/api/events";
import { queries } from "@/shared/api/queries";
import { nonce } from "@/shared/lib/nonce";
import { showTheme } from "@/shared/lib/theme";
import { Hints } from "@/shared/ui/hint";
import { Toasts } from "@/shared/ui/toasts";

import { router } from "./router";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
showTheme();
listen();
createRoot(root).render(
  <StrictMode>
    <CSPProvider nonce={nonce}>
      <QueryClientProvider client={queries}>
        <Hints>
          <RouterProvider router={router} />
          <Toasts />
        </Hints>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
