/** The API in a mini-program: every path, parameter, body and answer as in the contract. */

import type { components, paths } from "./schema";

export type Shape<Name extends keyof components["schemas"]> = components["schemas"][Name];
export type Problem = Shape<"Problem">;
/** What of `wx` is used; elsewhere than in a mini-program something like it is handed in. */
export type Platform = Pick<
  WechatMiniprogram.Wx,
  "login" | "request" | "uploadFile" | "getStorageSync" | "setStorageSync" | "removeStorageSync"
>;

/** The server said no, and nothing was changed. */
export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.title}`);
    this.problem = problem;
  }
  get code(): string {
    return this.problem.code;
  }
  /** What to show beside a field of the body: `about("/words")`. */
  about(pointer: string): string | undefined {
    return this.problem.errors.find((each) => each.pointer === pointer)?.message;
  }
}

/** No answer of ours came; whether anything was changed is not known. */
export class Unreached extends Error {}

/** The key of one tap, made when a form opens: sent again with it, the same form counts once. */
export function newTap(): string {
  const part = () => Math.random().toString(36).slice(2, 12);
  return `${Date.now().toString(36)}-${part()}-${part()}`;
}

export class Client {
  private readonly base: string;
  private readonly wx: Platform;
  private tokens: Shape<"TokensOut"> | undefined;
  private signingIn: Promise<void> | undefined;

  /** `base` without a path: `https://…`. */
  constructor(base: string, platform: Platform = wx) {
    this.base = base;
    this.wx = platform;
    this.tokens = platform.getStorageSync(TOKENS) || undefined;
  }

  readonly get: Ask<"get"> = (path, ...[args]) => this.ask("GET", path, args);
  readonly post: Ask<"post"> = (path, ...[args]) => this.ask("POST", path, args);
  readonly put: Ask<"put"> = (path, ...[args]) => this.ask("PUT", path, args);
  readonly delete: Ask<"delete"> = (path, ...[args]) => this.ask("DELETE", path, args);
  /** `wx.request` knows no PATCH: the server takes a POST that says so. */
  readonly patch: Ask<"patch"> = (path, ...[args]) =>
    this.ask("POST", path, args, { "X-HTTP-Method-Override": "PATCH" });

  /** Every item of a list, a page fetched when the one before is used up. */
  async *each<P extends ListPath>(path: P, ...[args]: Words<"get", P>): AsyncGenerator<Item<P>> {
    const given: Given = args ?? {};
    let cursor: string | null | undefined;
    do {
      const query = cursor ? { ...given.query, cursor } : given.query;
      const page = await this.ask<Page<Item<P>>>("GET", path, { ...given, query });
      yield* page.items;
      cursor = page.next_cursor;
    } while (cursor);
  }

  /** A file of the phone (`tempFilePath`), with the other fields of the form. */
  upload<P extends UploadPath>(path: P, args: Upload<P>): Promise<Answer<"post", P>> {
    const { file, fields = {}, ...given }: Given & { file: string; fields?: object } = args;
    const formData = Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, String(v)]));
    return this.complete(given, (header) =>
      heard((listen) => {
        const url = this.address(path, given);
        this.wx.uploadFile({ url, filePath: file, name: "file", formData, header, ...listen });
      }),
    );
  }

  private ask<T>(method: Method, path: string, given: Given = {}, header: Header = {}): Promise<T> {
    const url = this.address(path, given);
    const send = (own: Header) => this.send(method, url, given.body, { ...header, ...own });
    return this.complete({ ...given, isSafe: method === "GET" }, send);
  }

  /** Signs in where that is asked for, tries again where that is safe, throws what is refused. */
  private async complete<T>(given: Given, send: (header: Header) => Promise<Heard>): Promise<T> {
    const tries = given.isSafe || given.tap ? PAUSES : [];
    const attempt = () => {
      const header: Header = given.tap ? { "Idempotency-Key": given.tap } : {};
      if (this.tokens) header["Authorization"] = `Bearer ${this.tokens.access_token}`;
      return patiently(() => send(header), tries);
    };
    const used = this.tokens?.access_token;
    let answer = await attempt();
    if (answer.status === 401) {
      if (this.signingIn || used === this.tokens?.access_token) await this.signIn();
      answer = await attempt();
    }
    return accepted(answer);
  }

  /** Signed in anew; calls that wait for it at the same time share one. */
  private signIn(): Promise<void> {
    this.signingIn ??= this.renew().finally(() => (this.signingIn = undefined));
    return this.signingIn;
  }

  private async renew(): Promise<void> {
    const body = this.tokens && { refresh_token: this.tokens.refresh_token };
    let answer = body && (await this.send("POST", `${this.base}/api/v1/sessions/refresh`, body));
    if (!answer || answer.status === 401) {
      this.keep(undefined);
      const { code } = await new Promise<{ code: string }>((success, failed) =>
        this.wx.login({ success, fail: (error) => failed(new Unreached(error.errMsg)) }),
      );
      answer = await this.send("POST", `${this.base}/api/v1/sessions`, { code });
    }
    this.keep(accepted(answer));
  }

  private keep(tokens: Shape<"TokensOut"> | undefined): void {
    this.tokens = tokens;
    if (tokens) this.wx.setStorageSync(TOKENS, tokens);
    else this.wx.removeStorageSync(TOKENS);
  }

  private send(method: Method, url: string, data?: unknown, more?: Header): Promise<Heard> {
    const header = { "Content-Type": "application/json", ...more };
    const body = data === undefined ? {} : { data: JSON.stringify(data) };
    return heard((listen) => this.wx.request({ method, url, header, ...body, ...listen }));
  }

  private address(path: string, { path: names = {}, query = {} }: Given): string {
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(names[name])));
    const asked = Object.entries(query)
      .flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const))
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
    return `${this.base}${filled}${asked.length ? `?${asked.join("&")}` : ""}`;
  }
}

const TOKENS = "shuangbaodao.tokens";
const TIMEOUT_MS = 20_000;
const PAUSES = [300, 1_200]; // ms before the second and the third try
const PASSING = [502, 503, 504];

function heard(begin: (listen: Listen) => void): Promise<Heard> {
  return new Promise((resolve, reject) =>
    begin({
      timeout: TIMEOUT_MS,
      success: ({ statusCode, data }) => resolve({ status: statusCode, data: read(data) }),
      fail: ({ errMsg }) => reject(new Unreached(errMsg)),
    }),
  );
}

async function patiently(send: () => Promise<Heard>, pauses: number[]): Promise<Heard> {
  for (const pause of pauses) {
    const answer = await send().catch((error: unknown) => {
      if (!(error instanceof Unreached)) throw error;
    });
    if (answer && !PASSING.includes(answer.status)) return answer;
    await new Promise((done) => setTimeout(done, pause));
  }
  return send();
}

function accepted<T>({ status, data }: Heard): T {
  if (status < 400) return data as T;
  const problem = data as Partial<Problem> | undefined;
  throw problem?.code ? new Refused(problem as Problem) : new Unreached(`HTTP ${status}`);
}

/** `wx.uploadFile` hands on text where `wx.request` hands on what it says. */
function read(data: unknown): unknown {
  try {
    return typeof data === "string" ? JSON.parse(data) : data;
  } catch {
    return data;
  }
}

type Method = "GET" | "POST" | "PUT" | "DELETE";
type Header = Record<string, string>;
type Heard = { status: number; data: unknown };
type Listen = {
  timeout: number;
  success: (answer: { statusCode: number; data: unknown }) => void;
  fail: (error: { errMsg: string }) => void;
};
type Given = {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  tap?: string;
  isSafe?: boolean;
};
type Page<T> = { items: T[]; next_cursor: string | null };

type Verb = "get" | "post" | "put" | "patch" | "delete";
type PathsOf<V extends Verb> = {
  [P in keyof paths]: paths[P] extends { [K in V]: object } ? P : never;
}[keyof paths];
type Of<V extends Verb, P extends keyof paths> = paths[P] extends { [K in V]: infer O } ? O : never;

type Named<O> = O extends { parameters: infer A } ? Pick<A, keyof A & ("path" | "query")> : never;
/** Where the contract keeps keys, one has to be given: who forgets it has two of a thing one day. */
type Tapped<O> = O extends { parameters: { header?: { "idempotency-key"?: unknown } | undefined } }
  ? O extends { parameters: { header?: undefined } } ? {} : { tap: string }
  : {};
type Body<O> = O extends { requestBody?: undefined }
  ? {}
  : O extends { requestBody: { content: { "application/json": infer B } } }
    ? { body: B }
    : O extends { requestBody?: { content: { "application/json": infer B } } | undefined }
      ? { body?: B }
      : { body: never };
type Args<O> = Named<O> & Tapped<O> & Body<O>;
type Words<V extends Verb, P extends keyof paths> =
  {} extends Args<Of<V, P>> ? [args?: Args<Of<V, P>>] : [args: Args<Of<V, P>>];
type Ask<V extends Verb> = <P extends PathsOf<V>>(
  path: P,
  ...args: Words<V, P>
) => Promise<Answer<V, P>>;

type Content<R> = R extends { content: { "application/json": infer B } } ? B : void;
type Answer<V extends Verb, P extends keyof paths> =
  Of<V, P> extends { responses: infer R } ? Content<R[keyof R & (200 | 201 | 202 | 204)]> : never;

type ListPath = {
  [P in PathsOf<"get">]: Answer<"get", P> extends Page<unknown> ? P : never;
}[PathsOf<"get">];
type Item<P extends keyof paths> = Answer<"get", P> extends Page<infer T> ? T : never;

type Form<O> = O extends { requestBody: { content: { "multipart/form-data": infer F } } } ? F : never;
type UploadPath = {
  [P in PathsOf<"post">]: [Form<Of<"post", P>>] extends [never] ? never : P;
}[PathsOf<"post">];
type Fields<F> = {} extends F ? { fields?: F } : { fields: F };
type Upload<P extends UploadPath> = Named<Of<"post", P>> &
  Tapped<Of<"post", P>> & { file: string } & Fields<Omit<Form<Of<"post", P>>, "file">>;
