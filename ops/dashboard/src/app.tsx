/** The page as a whole: who may see it, whose server and which moment it shows, and where everything is. */

import { useCallback, useEffect, useState, useSyncExternalStore } from "react";

import { hasKeys } from "./api/keys";
import { useWorld } from "./api/queries";
import { onTokenChange, token } from "./api/token";
import { Containers } from "./parts/containers";
import { Details } from "./parts/details";
import { type Enter, Header } from "./parts/header";
import { Pods } from "./parts/pods";
import { Pools } from "./parts/pools";
import { Records } from "./parts/records";
import { SignIn } from "./parts/sign-in";
import { Tenants } from "./parts/tenants";
import { Timeline } from "./parts/timeline";
import { readAddress, writeAddress } from "./time/address";
import { MomentProvider, useMoment } from "./time/moment";
import { useNow } from "./time/now";

export function App() {
  const shown = useSyncExternalStore(onTokenChange, token);
  const [tenant, setTenant] = useState(() => readAddress().tenant);
  const enter = useCallback((next: string | null, point: string | null) => {
    // A container of one server is none of another's.
    writeAddress({ tenant: next, at: point, container: null, tab: null });
    setTenant(next);
  }, []);
  if (shown === null) return <SignIn />;
  return (
    <MomentProvider key={`${shown} ${tenant ?? ""}`} tenant={tenant}>
      <Page enter={enter} />
    </MomentProvider>
  );
}

function Page({ enter }: { enter: Enter }) {
  const { tenant, point, look } = useMoment();
  const world = useWorld();
  const now = useNow(world.data);
  const [selected, select] = useSelected();
  const [filter, setFilter] = useState("");
  const close = () => {
    // Whoever came by the keyboard goes on from where it was.
    document.getElementById(`row-${selected}`)?.focus();
    select(null);
  };
  useKeys(look, close);

  const isPast = point !== null;
  const frame = isPast ? "border-past" : "border-transparent";
  return (
    <div className={`flex min-h-dvh flex-col border-2 lg:h-dvh ${frame}`} data-testid="page">
      <Header world={world} enter={enter} />
      <Timeline world={world} />
      <main className="grid flex-1 gap-2 p-2 lg:min-h-0 lg:grid-cols-[minmax(0,1fr)_minmax(340px,27rem)] lg:grid-rows-[minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-2 lg:min-h-0">
          <Containers
            world={world}
            now={now}
            selected={selected}
            select={select}
            filter={filter}
            setFilter={setFilter}
          />
          {selected !== null && (
            <Details key={selected} id={selected} world={world} now={now} close={close} />
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-2 lg:min-h-0 lg:overflow-y-auto">
          {tenant === null && <Tenants world={world} enter={enter} />}
          <Pools world={world} now={now} select={select} setFilter={setFilter} />
          <Pods world={world} now={now} select={select} />
          <Records select={select} />
        </div>
      </main>
    </div>
  );
}

/** The container whose details are open. */
function useSelected(): [string | null, (id: string | null) => void] {
  const [selected, setSelected] = useState<string | null>(() => readAddress().container);
  const select = useCallback((id: string | null) => {
    setSelected(id);
    writeAddress(id === null ? { container: null, tab: null } : { container: id });
  }, []);
  return [selected, select];
}

/** Keys that work everywhere but in fields; those that are letters and signs as long as they are switched on. */
function useKeys(look: (point: string | null) => void, close: () => void) {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target;
      const isInput = target instanceof HTMLInputElement && target.type !== "range";
      const isField = isInput || target instanceof HTMLSelectElement;
      if (event.key === "Escape" && !isField) close();
      if (isField || !hasKeys() || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "l") look(null);
      if (event.key === "/") {
        event.preventDefault();
        document.getElementById("filter")?.focus();
      }
      if (event.key === "t") {
        event.preventDefault();
        document.getElementById("slider")?.focus();
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}
