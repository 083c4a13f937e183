/** How the client bears what phones bear: expired tokens, lost answers, two taps. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, newTap, Refused, Unreached, type Platform, type Problem } from "../client.ts";
import { label, labelOfStep } from "../labels.ts";

type Sent = { method: string; url: string; header: Record<string, string>; data?: string };
type Reply = [status: number, data: unknown] | "lost";

const NEW = { body: { words: "想学用手机挂号" } };
const REFUSAL: Problem = {
  type: "/problems/invalid",
  title: "内容不符合要求",
  status: 422,
  detail: "",
  code: "invalid",
  errors: [{ pointer: "/words", code: "too_short", message: "内容过短" }],
  request_id: null,
};

/** A phone before a server that signs in and says else what `answer` says; and what was sent. */
function phone(
  answer: (sent: Sent, count: number) => Reply,
  slow: Record<string, number> = {}, // ms
): { wx: Platform; sent: Sent[] } {
  const sent: Sent[] = [];
  const kept = new Map<string, unknown>();
  const reply = (one: Sent): Reply =>
    one.url.endsWith("/sessions")
      ? [201, { access_token: `a${sent.length}`, refresh_token: `r${sent.length}` }]
      : answer(one, sent.filter((each) => each.url === one.url).length);
  const wx = {
    login: ({ success }: { success: (found: object) => void }) => success({ code: "c" }),
    request: (one: Sent & { success: (found: object) => void; fail: (error: object) => void }) => {
      const { method, url, header, data, success, fail } = one;
      sent.push({ method, url, header, ...(data && { data }) });
      const said = reply(one);
      setTimeout(() => {
        if (said === "lost") fail({ errMsg: "request:fail timeout" });
        else success({ statusCode: said[0], data: said[1] });
      }, slow[url]);
    },
    getStorageSync: (key: string) => kept.get(key) ?? "",
    setStorageSync: (key: string, value: unknown) => void kept.set(key, value),
    removeStorageSync: (key: string) => void kept.delete(key),
  };
  return { wx: wx as unknown as Platform, sent };
}

const count = (sent: Sent[], end: string) => sent.filter((each) => each.url.endsWith(end)).length;

test("parallel calls share one login, and later one refresh", async () => {
  let good = "a";
  const renewed = { access_token: "b", refresh_token: "b" };
  const { wx, sent } = phone(({ url, header }) => {
    if (url.endsWith("/refresh")) return [200, renewed];
    return header["Authorization"]?.startsWith(`Bearer ${good}`) ? [200, {}] : [401, {}];
  });
  const client = new Client("", wx);
  const five = () => Promise.all([1, 2, 3, 4, 5].map(() => client.get("/api/v1/me")));
  await five();
  assert.equal(count(sent, "/api/v1/sessions"), 1);
  good = "b";
  await five();
  assert.equal(count(sent, "/api/v1/sessions/refresh"), 1);
  assert.equal(count(sent, "/api/v1/sessions"), 1);
  await new Client("", wx).get("/api/v1/me"); // opened again, it is still signed in
  assert.equal(count(sent, "/api/v1/sessions"), 1);
});

test("a call that is refused while another one signs in waits for it", async () => {
  const { wx, sent } = phone(
    ({ header }) => (header["Authorization"]?.startsWith("Bearer a") ? [200, {}] : [401, {}]),
    { "/api/v1/consents": 20, "/api/v1/sessions": 60 },
  );
  wx.setStorageSync("shuangbaodao.tokens", { access_token: "old", refresh_token: "old" });
  const client = new Client("", wx);
  await Promise.all([client.get("/api/v1/me"), client.get("/api/v1/consents")]);
  assert.equal(count(sent, "/api/v1/sessions"), 1);
});

test("a lost answer is asked for again: a reading, or a tap with its key", async () => {
  const replies: Reply[] = ["lost", [503, {}], [200, {}]];
  const { wx, sent } = phone((_, count) => replies[count - 1]!);
  const client = new Client("", wx);
  await client.get("/api/v1/me");
  await client.post("/api/v1/needs", { ...NEW, tap: newTap() });
  const posted = sent.filter((one) => one.method === "POST");
  const keys = posted.map((one) => one.header["Idempotency-Key"]);
  assert.deepEqual([sent.length, keys.length, new Set(keys).size], [6, 3, 1]);
  assert.match(keys[0]!, /^[\x21-\x7e]{8,80}$/);
});

test("what might count twice is not sent twice", async () => {
  const { wx, sent } = phone(() => "lost");
  const client = new Client("", wx);
  await assert.rejects(client.put("/api/v1/me/phone", { body: { code: "c" } }), Unreached);
  await assert.rejects(client.post("/api/v1/me/calendar"), Unreached);
  assert.equal(sent.length, 2);
});

test("a refusal names its code and field, and is not tried again", async () => {
  const { wx, sent } = phone(() => [422, REFUSAL]);
  const tapped = new Client("", wx).post("/api/v1/needs", { ...NEW, tap: newTap() });
  const error = await tapped.catch((thrown: unknown) => thrown);
  assert.ok(error instanceof Refused);
  assert.deepEqual([error.code, error.about("/words")], ["invalid", "内容过短"]);
  assert.equal(error.about("/door"), undefined);
  assert.equal(sent.length, 1);
});

test("a list is read page by page, as far as it is wanted", async () => {
  const pages: Reply[] = [
    [200, { items: [1, 2], next_cursor: "a b" }],
    [200, { items: [3], next_cursor: null }],
  ];
  const { wx, sent } = phone(() => pages[sent.length - 1]!);
  const found: unknown[] = [];
  const seats = new Client("", wx).each("/api/v1/me/seats", { query: { limit: 2 } });
  for await (const one of seats) found.push(one);
  assert.deepEqual(found, [1, 2, 3]);
  assert.deepEqual(sent.map((one) => one.url.split("?")[1]), ["limit=2", "limit=2&cursor=a%20b"]);
});

test("a change goes as a POST that says PATCH", async () => {
  const { wx, sent } = phone(() => [200, {}]);
  await new Client("", wx).patch("/api/v1/me", { body: { name: "周阿姨", version: 1 } });
  assert.deepEqual([sent[0]!.method, sent[0]!.header["X-HTTP-Method-Override"]], ["POST", "PATCH"]);
});

test("a photo goes by uploadFile, whose answer is text", async () => {
  const { wx } = phone(() => [500, {}]);
  const sent: Record<string, unknown>[] = [];
  const uploadFile = (one: Record<string, unknown> & { success: (found: object) => void }) => {
    sent.push(one);
    one.success({ statusCode: 201, data: '{"id": "photo"}' });
  };
  const client = new Client("", { ...wx, uploadFile: uploadFile as unknown as typeof wx.uploadFile });
  const photo = await client.upload("/api/v1/files", { file: "wxfile://1.jpg", tap: "tap-00000001" });
  assert.equal(photo.id, "photo");
  const [{ url, filePath, name, header }] = sent as [Record<string, unknown>];
  assert.deepEqual([url, filePath, name], ["/api/v1/files", "wxfile://1.jpg", "file"]);
  assert.deepEqual(header, { "Idempotency-Key": "tap-00000001" });
});

test("a status has a word for people, and a newer one than the phone knows is no code either", () => {
  assert.equal(label("NeedStatus", "submitted"), "待研判");
  assert.equal(label("NeedStatus", "of_next_year" as "submitted"), "其他");
  assert.equal(labelOfStep("NeedStepLine", "follow_up"), "登记转办进展");
  assert.equal(labelOfStep("NeedStepLine", "of_next_year"), "其他");
});
