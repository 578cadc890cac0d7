/** The page of a server with tenants: moved from one to another, and through the time of each. The tests go on from one another. */

import { expect, type Locator, type Page, test } from "@playwright/test";

import * as looks from "./looks";
import { holder, IMAGE, LINK } from "./server";

const alice = holder("alice");
const bob = holder("bob");

test.describe.configure({ mode: "serial" });

let page: Page;
const complaints: string[] = [];

/** A record of alpha's log at which its queue was full. */
let full = 0;

test.beforeAll(async ({ browser }) => {
  const context = await browser.newContext({ colorScheme: "light", reducedMotion: "reduce" });
  page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
});

test.afterAll(async () => {
  await page.close();
});

const row = (name: string): Locator => page.locator(`[role=row][data-name="${name}"]`);
const region = (name: string): Locator => page.getByRole("region", { name, exact: true });
const chooser = (): Locator => page.getByLabel("tenant", { exact: true });
const tenant = (name: string): Locator => page.getByRole("listitem", { name: `tenant ${name}` });
const queueOf = (name: string, pool: string): Locator => tenant(name).getByRole("meter", { name: pool });
const pool = (name: string): Locator => page.getByRole("listitem", { name: `pool ${name}` });
const meter = (name: string, of: string): Locator => pool(name).getByRole("meter", { name: of });
const banner = (): Locator => page.getByRole("status", { name: "the past" });
const connection = (): Locator => page.getByRole("status", { name: "connection" });
const events = (): Locator => page.getByRole("list", { name: "events" }).getByRole("listitem");
const slider = (): Locator => page.getByRole("slider", { name: "record of the log" });

async function isFull(): Promise<void> {
  await expect(meter("north", "running")).toHaveAttribute("aria-valuetext", "1 of 1");
  await expect(meter("north", "queue")).toHaveAttribute("aria-valuetext", "2 of 2");
  await expect(row("first")).toContainText("running");
  await expect(row("second")).toContainText("waits, #1");
  await expect(row("third")).toContainText("waits, #2");
}

test("the server in front lists its tenants", async () => {
  await page.goto(LINK);
  await expect(connection()).toContainText("connected");
  await expect(tenant("alpha")).toContainText("up");
  await expect(tenant("alpha")).toContainText("cert:alice");
  await expect(tenant("beta")).toContainText("0 of 0 running");
  await expect(queueOf("beta", "south")).toHaveAttribute("aria-valuetext", "0 of 1 wait");
  await expect(region("Containers")).toContainText("There are no containers");
  await expect(region("Pools")).toContainText("There are no pools");
});

test("what runs and waits in each is seen from there", async () => {
  alice.run("run", "-d", "--name", "first", IMAGE, "sleep", "600");
  bob.run("run", "-d", "--name", "bobs", IMAGE, "sh", "-c", "echo a line of bob; exec sleep 600");
  alice.waiting("run", "--name", "second", IMAGE, "echo", "second");
  await expect(queueOf("alpha", "north")).toHaveAttribute("aria-valuetext", "1 of 2 wait");
  alice.waiting("run", "--name", "third", IMAGE, "echo", "third");
  await expect(queueOf("alpha", "north")).toHaveAttribute("aria-valuetext", "2 of 2 wait");
  await expect(tenant("alpha")).toContainText("1 of 3 running");
  await expect(tenant("beta")).toContainText("1 of 1 running");
  await expect(region("Containers")).toContainText("There are no containers");
  expect(await looks.faults(page)).toEqual([]);
  await looks.picture(page, "tenants");
});

test("the page is moved to a tenant, whose queue is full", async () => {
  await chooser().selectOption("alpha");
  await isFull();
  await expect(region("Tenants")).toHaveCount(0);
  alice.run("create", "--name", "fourth", IMAGE, "true");
  expect(alice.refused("start", "fourth")).toContain("pool north is full");
  const refusal = events().filter({ hasText: "pool north is full" });
  await expect(refusal).toContainText("cert:alice");
  full = Number((await refusal.getByRole("button").first().textContent())?.replaceAll(",", ""));
  expect(full).toBeGreaterThan(5);
  // The queue stays as it is for some records on either side of that one.
  for (const name of ["fifth", "sixth", "seventh"]) alice.run("create", "--name", name, IMAGE, "true");
  await expect(row("seventh")).toContainText("created");
  expect(await looks.faults(page)).toEqual([]);
  await looks.picture(page, "tenant");
});

test("a reload and a link show the same tenant", async () => {
  expect(new URL(page.url()).hash).toContain("tenant=alpha");
  await page.reload();
  await expect(connection()).toContainText("connected");
  await isFull();
});

test("of another tenant its own is shown, with what its containers write, and nothing else", async () => {
  await chooser().selectOption("beta");
  await expect(row("bobs")).toContainText("running");
  await expect(row("first")).toHaveCount(0);
  await expect(pool("south")).toBeVisible();
  await expect(pool("north")).toHaveCount(0);
  await expect(events().filter({ hasText: "cert:alice" })).toHaveCount(0);
  await row("bobs").click();
  await expect(page.getByRole("log", { name: "output" })).toContainText("a line of bob");
  expect(page.url()).toContain("container=");
});

test("the queue drains, and the page follows", async () => {
  await chooser().selectOption("alpha");
  expect(page.url()).not.toContain("container=");
  await isFull();
  alice.run("kill", "first");
  await expect(row("second")).toContainText("exited 0");
  await expect(row("third")).toContainText("exited 0");
  await expect(meter("north", "queue")).toHaveAttribute("aria-valuetext", "0 of 2");
  await expect(meter("north", "running")).toHaveAttribute("aria-valuetext", "0 of 1");
  alice.run("rm", "first", "second", "third", "fourth");
  await expect(row("third")).toHaveCount(0);
});

test("the slider is dragged back to when the queue was full", async () => {
  const [first, head] = await slider().evaluate((one: HTMLInputElement) => [Number(one.min), Number(one.max)] as const);
  const box = await slider().boundingBox();
  if (box === null) throw new Error("the slider is not there");
  // The middle of its thumb goes from half a thumb behind the beginning to half a thumb before the end.
  const half = 8;
  const place = (seq: number) => box.x + half + ((seq - first) / (head - first)) * (box.width - 2 * half);
  const y = box.y + box.height / 2;
  await page.mouse.move(place(head), y);
  await page.mouse.down();
  await page.mouse.move(place(full), y, { steps: 10 });
  await page.mouse.up();
  await expect(banner()).toContainText("Record");
  await isFull();
  expect(Math.abs(Number(await slider().inputValue()) - full)).toBeLessThan(3);
  await expect(page.getByRole("list", { name: "queue of north" }).getByRole("listitem")).toHaveCount(2);
  await page.mouse.move(box.x + box.width / 2, y + 300);
  await looks.picture(page, "tenant-past");
});

test("the time stays when the page is moved in the past", async () => {
  const time = (): Promise<string | null> => banner().locator("time").getAttribute("datetime");
  const then = Date.parse((await time()) ?? "");
  await chooser().selectOption("");
  await expect(queueOf("alpha", "north")).toHaveAttribute("aria-valuetext", "2 of 2 wait");
  await expect(tenant("alpha")).not.toContainText("up");
  await expect(banner()).toContainText("Record");
  expect(Date.parse((await time()) ?? "")).toBeLessThanOrEqual(then);
  await tenant("alpha").getByRole("button", { name: "alpha" }).click();
  await expect(chooser()).toHaveValue("alpha");
  await isFull();
  await page.keyboard.press("l");
  await expect(banner()).toHaveCount(0);
  await expect(row("third")).toHaveCount(0);
  await chooser().selectOption("");
  await expect(queueOf("alpha", "north")).toHaveAttribute("aria-valuetext", "0 of 2 wait");
});

test("a tenant that is not there is told as that", async () => {
  const { hash } = new URL(page.url());
  await page.evaluate(() => history.replaceState(null, "", "#tenant=gamma"));
  await page.reload();
  await expect(region("Containers").getByRole("alert")).toContainText("no such tenant: gamma");
  await expect(chooser()).toHaveValue("gamma");
  await chooser().selectOption("");
  await expect(tenant("alpha")).toContainText("up");
  expect(new URL(page.url()).hash).toBe(hash);
});

test("on a telephone all of it is there, below one another", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const name of ["", "beta"]) {
    await chooser().selectOption(name);
    await expect(chooser()).toBeInViewport();
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(widths[0]).toBe(widths[1]);
    expect(await looks.faults(page)).toEqual([]);
    await looks.picture(page, `tenants-narrow-${name}`);
  }
  await chooser().selectOption("");
  await region("Tenants").scrollIntoViewIfNeeded();
  await expect(tenant("beta")).toBeInViewport();
  expect(complaints).toEqual([]);
});
