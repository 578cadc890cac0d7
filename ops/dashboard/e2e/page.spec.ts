/** The page of a real server with real containers, in a real browser. The tests go on from one another. */

import { expect, type Locator, type Page, test } from "@playwright/test";

import * as looks from "./looks";
import { docker, IMAGE, kill, LINK, podman, refused, startAgain, waiting } from "./server";

const POOL = "--label=com.sockerless.pool=ci";

/** Prints what is written into a pipe, line by line. */
const TALKS = "mkfifo /pipe; while true; do read line </pipe; echo \"$line\"; done";

/** Values that are to be shown nowhere. */
const SECRET = "kept-to-itself-7f3a";

/** What a hostile image could be called by whoever names it. */
const HOSTILE = "<img src=x onerror=document.title='taken'>";

test.describe.configure({ mode: "serial" });

let page: Page;
const complaints: string[] = [];
const foreign: string[] = [];

/** The record at which the pool's queue was full. */
let full = 0;

test.beforeAll(async ({ browser }) => {
  // What is new is lit up for a second: colours are looked at as they stay.
  const context = await browser.newContext({ colorScheme: "light", reducedMotion: "reduce" });
  page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // The browser tells of refusals, and of a server that is away, too: those are the page's to show.
    const isAnswer = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isAnswer) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(LINK).origin) foreign.push(request.url());
  });
});

test.afterAll(async () => {
  await page.close();
});

const row = (name: string): Locator => page.locator(`[role=row][data-name="${name}"]`);
const region = (name: string): Locator => page.getByRole("region", { name, exact: true });
const pool = (): Locator => page.getByRole("listitem", { name: "pool ci" });
const meter = (name: string): Locator => pool().getByRole("meter", { name });
const banner = (): Locator => page.getByRole("status", { name: "the past" });
const events = (): Locator => page.getByRole("list", { name: "events" }).getByRole("listitem");
const connection = (): Locator => page.getByRole("status", { name: "connection" });
const slider = (): Locator => page.getByRole("slider", { name: "record of the log" });
const output = (): Locator => page.getByRole("log", { name: "output" });

function numberIn(text: string | null): number {
  return Number(text?.replaceAll(",", ""));
}

/** A record's number as the page writes it. */
function written(seq: number): string {
  return seq.toLocaleString("en");
}

const picture = (name: string): Promise<void> => looks.picture(page, name);
const faults = (): Promise<string[]> => looks.faults(page);

test("nothing is shown without a token that is good", async () => {
  await page.goto("/");
  await expect(page.getByText("sockerless page")).toBeVisible();
  await page.getByLabel("Token").fill("skl_of_nobody");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toHaveText("the token is not known");
  await expect(region("Containers")).toHaveCount(0);
  expect(await faults()).toEqual([]);
  await picture("sign-in");
});

test("a link lets in, and its token does not stay in the address", async () => {
  await page.goto(LINK);
  await expect(connection()).toContainText("connected");
  await expect(region("Containers")).toContainText("There are no containers");
  expect(page.url()).not.toContain("skl_");
  await page.reload();
  await expect(connection()).toContainText("connected");
  const paint = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
  );
  expect(paint).toBeGreaterThan(0);
  console.log(`first contentful paint: ${Math.round(paint)} ms`);
});

test("what the docker client runs appears by itself, with the events of it", async () => {
  docker("run", "-d", "--name", "talker", `--env=TOKEN=${SECRET}`, `--label=hostile=${HOSTILE}`, IMAGE, "sh", "-c", TALKS);
  await expect(row("talker")).toContainText("running");
  await expect(row("talker")).toContainText(IMAGE);
  await expect(events().filter({ hasText: "container.create" }).filter({ hasText: "talker" })).toBeVisible();
  await expect(events().filter({ hasText: "container.started" })).toBeVisible();
  docker("run", "-d", "--name", "checked", "--health-cmd=true", "--health-interval=1s", IMAGE, "sleep", "600");
  await expect(row("checked")).toContainText("healthy");
});

test("a container's output is followed, and its text stays text", async () => {
  await row("talker").click();
  docker("exec", "talker", "sh", "-c", "echo the first line >/pipe");
  await expect(output()).toContainText("the first line");
  docker("exec", "talker", "sh", "-c", `echo "${HOSTILE}" >/pipe`);
  await expect(output()).toContainText(HOSTILE);
  await expect(page).toHaveTitle("sockerless");
});

test("its details are those of the Docker API, without its secrets", async () => {
  await page.getByRole("tab", { name: "inspect" }).click();
  const details = region("details");
  await expect(details).toContainText("HostConfig");
  await details.getByText("Env:", { exact: true }).click();
  await expect(details).toContainText("TOKEN=<sealed>");
  expect(await page.content()).not.toContain(SECRET);
  await page.keyboard.press("Escape");
  await expect(details).toHaveCount(0);
});

test("pods are shown with what is in them", async () => {
  podman("pod", "create", "--name", "shop");
  podman("run", "-d", "--pod", "shop", "--name", "counter", IMAGE, "sleep", "600");
  const pod = page.getByRole("listitem", { name: "pod shop" });
  await expect(pod).toContainText("counter");
  await expect(pod).toContainText("2 of 2 running");
  await expect(row("counter")).toContainText("shop");
});

test("a pool's queue fills, place by place, until it turns away", async () => {
  await expect(meter("running")).toHaveAttribute("aria-valuetext", "0 of 1");
  docker("run", "-d", "--name", "first", POOL, IMAGE, "sleep", "600");
  await expect(meter("running")).toHaveAttribute("aria-valuetext", "1 of 1");
  waiting("run", "--name", "second", POOL, IMAGE, "echo", "second");
  await expect(row("second")).toContainText("waits, #1");
  waiting("run", "--name", "third", POOL, IMAGE, "echo", "third");
  await expect(row("third")).toContainText("waits, #2");
  await expect(meter("queue")).toHaveAttribute("aria-valuetext", "2 of 2");
  const queue = page.getByRole("list", { name: "queue of ci" }).getByRole("listitem");
  await expect(queue).toHaveCount(2);
  await expect(queue.nth(0)).toContainText("#1");
  await expect(queue.nth(0)).toContainText("second");
  await expect(queue.nth(1)).toContainText("third");
  docker("create", "--name", "fourth", POOL, IMAGE, "true");
  expect(refused("start", "fourth")).toContain("pool ci is full");
  const refusal = events().filter({ hasText: "pool ci is full" });
  full = numberIn(await refusal.getByRole("button").first().textContent());
  expect(full).toBeGreaterThan(10);
  // The log has grown since its times were told.
  expect(await looks.overlaps(page)).toEqual([]);
  await picture("live");
});

test("the queue drains, and the page follows", async () => {
  docker("kill", "first");
  await expect(row("second")).toContainText("exited 0");
  await expect(row("third")).toContainText("exited 0");
  await expect(meter("queue")).toHaveAttribute("aria-valuetext", "0 of 2");
  await expect(meter("running")).toHaveAttribute("aria-valuetext", "0 of 1");
  docker("exec", "talker", "sh", "-c", "echo a later line >/pipe");
  docker("rm", "-f", "first", "fourth");
  await expect(row("first")).toHaveCount(0);
  const removal = events().filter({ hasText: "container.remove" });
  await expect(removal.filter({ hasText: "first" }).first()).toBeVisible();
});

test("the whole page goes back to when the queue was full", async () => {
  await page.getByLabel("go to a record or a time").fill(String(full));
  await page.keyboard.press("Enter");
  await expect(banner()).toContainText(`Record ${written(full)}`);
  await expect(meter("queue")).toHaveAttribute("aria-valuetext", "2 of 2");
  await expect(meter("running")).toHaveAttribute("aria-valuetext", "1 of 1");
  await expect(row("first")).toContainText("running");
  await expect(row("second")).toContainText("waits, #1");
  await expect(row("third")).toContainText("waits, #2");
  await expect(events().first()).toContainText(written(full));
  await expect(events().first()).toContainText("pool ci is full");
  await expect(slider()).toHaveValue(String(full));
  await picture("past");
});

test("details and output are of then too", async () => {
  await row("second").click();
  await page.getByRole("tab", { name: "inspect" }).click();
  await expect(region("details")).toContainText("Position: 1");
  await page.getByRole("tab", { name: "logs" }).click();
  await expect(region("details")).toContainText("It has written nothing");
  await row("talker").click();
  await expect(output()).toContainText("the first line");
  await expect(output()).not.toContainText("a later line");
  await expect(page.getByRole("status", { name: "output" })).toContainText("as it was then");
  expect(await faults()).toEqual([]);
  await picture("details");
});

test("the slider goes record by record with the keyboard, and to the beginning", async () => {
  await slider().focus();
  await page.keyboard.press("ArrowLeft");
  await expect(banner()).toContainText(`Record ${written(full - 1)}`);
  await page.keyboard.press("ArrowRight");
  await expect(banner()).toContainText(`Record ${written(full)}`);
  await page.keyboard.press("Home");
  await expect(banner()).toContainText("Record 1");
  await expect(region("Containers")).toContainText("There are no containers");
  await expect(region("Pools")).toContainText("There are no pools");
});

test("the slider is dragged", async () => {
  const box = await slider().boundingBox();
  if (box === null) throw new Error("the slider is not there");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 9, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, y, { steps: 8 });
  await page.mouse.up();
  await expect(row("talker")).toContainText("running");
  await page.mouse.move(box.x + box.width / 2, y + 200);
});

test("a reload keeps the point, and a point that is not there is told as that", async () => {
  const text = await banner().textContent();
  const shown = /Record ([\d,]+)/.exec(text ?? "")?.[1] ?? "none";
  await page.reload();
  await expect(banner()).toContainText(`Record ${shown}`);
  await page.getByLabel("go to a record or a time").fill("999999");
  await page.keyboard.press("Enter");
  await expect(banner()).toContainText("999999");
  await expect(region("Containers").getByRole("alert")).toBeVisible();
});

test("of the points that the slider passes it asks for the one where it rests", async () => {
  const rest = 5;
  const asked: string[] = [];
  const note = (request: { url: () => string }) => {
    const { pathname } = new URL(request.url());
    if (pathname.endsWith("/world")) asked.push(pathname);
  };
  page.on("request", note);
  await slider().evaluate((slider: HTMLInputElement, last) => {
    const change = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
    for (let seq = 2; seq <= last; seq += 1) {
      change?.call(slider, String(seq));
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }, rest);
  await expect(banner()).toContainText(`Record ${rest}`);
  page.off("request", note);
  expect(asked).toEqual([`/page/at/${rest}/world`]);
});

test("live is one key away", async () => {
  await page.getByRole("heading", { name: "sockerless" }).click();
  await page.keyboard.press("l");
  await expect(banner()).toHaveCount(0);
  await expect(row("second")).toContainText("exited 0");
  await expect(meter("queue")).toHaveAttribute("aria-valuetext", "0 of 2");
  await expect(row("first")).toHaveCount(0);
});

test("keys that are letters and signs can be switched off, and stay so", async () => {
  const keys = page.getByRole("button", { name: "Keys" });
  await expect(keys).toHaveAttribute("aria-pressed", "true");
  await keys.click();
  await page.reload();
  await expect(keys).toHaveAttribute("aria-pressed", "false");
  await page.getByRole("button", { name: "one record back" }).click();
  await expect(banner()).toContainText("Record");
  await page.getByRole("heading", { name: "sockerless" }).click();
  for (const key of ["l", "t", "/"]) await page.keyboard.press(key);
  await expect(slider()).not.toBeFocused();
  await expect(page.getByLabel("filter containers")).not.toBeFocused();
  await expect(banner()).toContainText("Record");
  await keys.click();
  await page.getByRole("heading", { name: "sockerless" }).click();
  await page.keyboard.press("l");
  await expect(banner()).toHaveCount(0);
});

test("the table is sorted and narrowed down", async () => {
  await page.keyboard.press("/");
  await page.keyboard.type("exited");
  await expect(row("second")).toBeVisible();
  await expect(row("talker")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await page.keyboard.type("busybox");
  await page.getByRole("columnheader", { name: "Name" }).getByRole("button").click();
  const names = page.locator("[role=row][data-name]");
  await expect(names.first()).toHaveAttribute("data-name", "checked");
});

test("the keyboard goes through the table, into the details and back", async () => {
  await page.getByRole("columnheader").last().getByRole("button").focus();
  await page.keyboard.press("Tab");
  await expect(page.locator("[role=row][data-name]:focus")).toHaveCount(1);
  await page.keyboard.press("Home");
  await expect(row("checked")).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(row("counter")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(region("details")).toContainText("counter");
  await expect(row("counter")).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("tab", { name: "logs" })).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tabpanel", { name: "inspect" })).toContainText("HostConfig");
  await page.keyboard.press("Escape");
  await expect(region("details")).toHaveCount(0);
  await expect(row("counter")).toBeFocused();
  await page.keyboard.press("End");
  await expect(page.locator("[role=row][data-name]").last()).toBeFocused();
  await page.getByLabel("filter containers").fill("");
});

test("while nobody sees the page it holds no connection", async () => {
  const see = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  const cut = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/page/live"));
  await see(true);
  await cut;
  docker("create", "--name", "unseen", IMAGE, "true");
  await expect(row("unseen")).toHaveCount(0);
  await see(false);
  await expect(connection()).toContainText("connected");
  await expect(row("unseen")).toBeVisible();
});

test("what is awaited is told, and what is refused is not shown on", async () => {
  let go = () => {};
  const awaited = new Promise<void>((resolve) => (go = resolve));
  await page.route("**/page/world", async (route) => {
    await awaited;
    await route.continue();
  });
  await page.reload();
  await expect(region("Containers").getByRole("status", { name: "loading" })).toBeVisible();
  go();
  await expect(row("talker")).toBeVisible();
  await page.unroute("**/page/world");
  const refusal = { status: 403, json: { message: "token:page may not read.containers" } };
  await page.route("**/page/world", (route) => route.fulfill(refusal));
  docker("rm", "unseen");
  await expect(region("Containers").getByRole("alert")).toContainText("may not read.containers");
  await expect(row("talker")).toHaveCount(0);
  await page.unroute("**/page/world");
  // The log goes on, and with it the page.
  await expect(row("talker")).toBeVisible();
  await page.route("**/page/at/*/world", (route) => route.fulfill(refusal));
  await page.getByRole("button", { name: "one record back" }).click();
  await expect(region("Containers").getByRole("alert")).toContainText("may not read.containers");
  await page.unroute("**/page/at/*/world");
  await region("Containers").getByRole("button", { name: "ask again" }).click();
  await expect(row("talker")).toBeVisible();
  await page.getByRole("button", { name: "Back to live" }).click();
});

test("a lost connection is shown, and made again by itself", async () => {
  kill();
  await expect(connection()).toContainText("connection lost");
  await expect(row("talker")).toContainText("running");
  startAgain();
  await expect(connection()).toContainText("connected");
  docker("run", "-d", "--name", "after", IMAGE, "sleep", "600");
  await expect(row("after")).toContainText("running");
});

test("it is legible in the dark", async () => {
  await page.emulateMedia({ colorScheme: "dark" });
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(ground).toBe("rgb(19, 20, 18)");
  await row("talker").click();
  await expect(output()).toContainText("a later line");
  expect(await faults()).toEqual([]);
  await picture("dark");
});

test("on a telephone all of it is there, below one another", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(widths[0]).toBe(widths[1]);
  const heightOf = async (name: string) => (await region(name).boundingBox())?.height ?? Number.NaN;
  const most = 0.6 * 844 + 1;
  expect(await heightOf("Events")).toBeGreaterThan(most - 2);
  for (const name of ["Containers", "details", "Pools", "Pods", "Events"]) {
    expect(await heightOf(name)).toBeLessThan(most);
    await region(name).scrollIntoViewIfNeeded();
    await expect(region(name)).toBeInViewport();
    await picture(`narrow-${name}`);
  }
  expect(await faults()).toEqual([]);
  expect(await looks.overlaps(page)).toEqual([]);
  const filter = await page.getByLabel("filter containers").boundingBox();
  if (filter === null) throw new Error("the filter is not there");
  expect(filter.width).toBeGreaterThan(100);
  expect(filter.x + filter.width).toBeLessThan(390);
  // What has little to show takes little room.
  await page.getByLabel("filter containers").fill("talker");
  await expect(row("after")).toHaveCount(0);
  expect(await heightOf("Containers")).toBeLessThan(most / 2);
  await page.getByLabel("filter containers").fill("");
});

test("who signs out is shown nothing more", async () => {
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Token")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Token")).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain("skl_");
});

test("nothing was refused by the page's own policy, and nothing came from elsewhere", () => {
  expect(complaints).toEqual([]);
  expect(foreign).toEqual([]);
});
