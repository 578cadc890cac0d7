/** Ways to look at the page as a whole. */

import type { Page } from "@playwright/test";
import axe from "axe-core";

import { PICTURES } from "./server";

export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== "") await page.screenshot({ path: `${PICTURES}/${name}.png` });
}

/** What axe finds against what is shown: names, roles, contrast and the like. */
export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: here } = window as unknown as { axe: typeof axe };
    const { violations } = await here.run();
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`));
  });
}

/** Times under the slider that stand in one another. */
export async function overlaps(page: Page): Promise<string[]> {
  const labels = page.getByRole("region", { name: "time", exact: true }).locator("[title^='record ']");
  return labels.evaluateAll((all) => {
    const seen = all.map((one) => ({ text: one.textContent, box: one.getBoundingClientRect() })).filter(({ box }) => box.width > 0);
    const next = (place: number) => seen[place + 1];
    return seen.flatMap(({ text, box }, place) => {
      const other = next(place);
      return other !== undefined && other.box.left < box.right ? [`${text} and ${other.text}`] : [];
    });
  });
}
