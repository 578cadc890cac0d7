/** The operations page. */

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { onTokenChange, takeFromAddress } from "./api/token";
import { App } from "./app";
import "./style.css";

takeFromAddress();
// A link that is pasted over an open page brings its token too.
window.addEventListener("hashchange", takeFromAddress);

const queries = new QueryClient({
  // The line to the server tells when to look again; the focus of a window tells nothing.
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false, refetchOnReconnect: false, networkMode: "always" } },
});

// What one holder was shown is nothing to show to the next.
onTokenChange(() => queries.clear());

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
