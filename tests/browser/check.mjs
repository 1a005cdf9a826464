// Opens a report in Chromium: see check.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";

const report = pathToFileURL(process.argv[2]).href;
const problems = [];
const fail = (what) => problems.push(what);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function open(options, media) {
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  if (media) await page.emulateMedia(media);
  page.on("request", (request) => {
    if (request.url() !== report) fail(`asks for ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error") fail(`the browser complains: ${message.text()}`);
  });
  await page.goto(report);
  return page;
}

async function axeOf(page, how) {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate(() =>
    axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  for (const { id, help, nodes } of violations)
    fail(`axe, ${how}: ${id}: ${help} (${nodes.length} times, first: ${nodes[0].target.join(" ")})`);
  return passes.length;
}

const wide = { viewport: { width: 1200, height: 900 } };
const page = await open(wide);
const rules = await axeOf(page, "wide");
if (rules < 30) fail(`axe passed ${rules} rules only: did it run?`);
await page.screenshot({ path: "wide.png", fullPage: true });
const picture = await page.screenshot();

// Without JavaScript.
const plain = await open({ ...wide, javaScriptEnabled: false });
if (!picture.equals(await plain.screenshot())) fail("looks otherwise without JavaScript");

// By keyboard: everything that can be reached is reached, in order, and is seen to be.
const reachable = await page.evaluate(() => document.querySelectorAll("a[href], [tabindex='0']").length);
const met = new Set();
for (let presses = 0; presses < reachable; presses++) {
  await page.keyboard.press("Tab");
  const [at, shown] = await page.evaluate(() => {
    const here = document.activeElement;
    const style = getComputedStyle(here);
    const all = [...document.querySelectorAll("a[href], [tabindex='0']")];
    return [all.indexOf(here), style.outlineStyle !== "none" || here.classList.contains("skip")];
  });
  met.add(at);
  if (!shown) fail(`what has the keyboard's focus is not seen to have it (${at})`);
}
if (met.has(-1) || met.size !== reachable) fail(`the tab key reaches ${met.size} of ${reachable}`);

// On a narrow screen nothing but tables, which scroll by themselves, is wider than the screen.
const narrow = await open({ viewport: { width: 320, height: 640 } });
await axeOf(narrow, "narrow");
const over = await narrow.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
if (over > 0) fail(`is ${over} pixels too wide for a narrow screen`);
await narrow.screenshot({ path: "narrow.png", fullPage: true });

// Printed: the first page is what is signed, and nothing else.
const printed = await open(wide, { media: "print" });
await axeOf(printed, "printed");
await printed.pdf({ path: "report.pdf", preferCSSPageSize: true, printBackground: false });
const text = (first, last) => execFileSync("pdftotext", ["-layout", "-f", first, "-l", last, "report.pdf", "-"]).toString();
const [one, two] = [text("1", "1"), text("2", "2")];
for (const words of ["Summary for approval", "Approved by"]) if (!one.includes(words)) fail(`the first page does not hold “${words}”`);
const next = await page.evaluate(() => document.querySelector("main > section:nth-of-type(2) h2").textContent);
if (one.includes(next) || !two.includes(next)) fail(`“${next}” does not begin the second page`);

await browser.close();
for (const problem of problems) console.error(problem);
console.log(`${rules} rules of axe ${axe.version} passed, ${reachable} places reached by keyboard, ${readFileSync("report.pdf").length} bytes printed`);
console.log(problems.length ? `${problems.length} problems` : "the report serves its readers");
process.exit(problems.length ? 1 : 0);
