/** What is shown to who has no token that is good. */

import { useState } from "react";

import { setToken, whyDropped } from "../api/token";

export function SignIn() {
  const [text, setText] = useState("");
  const why = whyDropped();
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <form
        className="flex w-full max-w-md flex-col gap-3 rounded-md border border-line bg-panel p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "") setToken(text);
        }}
      >
        <h1 className="text-base font-semibold">sockerless</h1>
        <p className="text-soft">
          This page shows what a server does, and did, to who shows a token. On its host this prints a link that has one:
        </p>
        <pre className="rounded bg-raised px-2.5 py-1.5 font-mono">sockerless page</pre>
        <p className="text-soft">A token of your own does as well.</p>
        <label className="flex flex-col gap-1">
          <span className="font-medium">Token</span>
          <input
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="rounded border border-line bg-ground px-2 py-1.5 font-mono"
          />
        </label>
        {why !== null && (
          <p role="alert" className="text-bad">
            {why}
          </p>
        )}
        <button
          type="submit"
          disabled={text.trim() === ""}
          className="self-start rounded bg-accent px-3 py-1.5 font-medium text-panel disabled:opacity-50"
        >
          Sign in
        </button>
      </form>
    </main>
  );
}
