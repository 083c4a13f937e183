/** A phone under Node: as much of `wx` as the client uses, over fetch and the simulated WeChat. */

import { readFileSync } from "node:fs";

import type { Platform } from "../client.ts";

export type Phone = Platform & { bindingCode: () => Promise<string> };

/** The phone of this number; `simulator` is the address of the simulated WeChat. */
export function phoneOf(number: string, simulator: string): Phone {
  const kept = new Map<string, unknown>();
  const codes = async () => {
    const body = JSON.stringify({ phone: number });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${simulator}/_sim/codes`, { method: "POST", headers, body });
    return (await answer.json()) as { login_code: string; phone_code: string };
  };
  const phone = {
    /** What a tap on `<button open-type="getPhoneNumber">` brings. */
    bindingCode: async () => (await codes()).phone_code,
    login: ({ success, fail }: Listening) => {
      codes().then(({ login_code }) => success?.({ code: login_code }), failed(fail));
    },
    request: ({ url, method, header, data, success, fail }: Listening & Request) => {
      fetch(url, { method, headers: header, body: data })
        .then(async (answer) => success?.({ statusCode: answer.status, data: await answer.text() }))
        .catch(failed(fail));
    },
    uploadFile: ({ url, filePath, name, formData, header, success, fail }: Listening & Upload) => {
      const body = new FormData();
      body.append(name, new Blob([readFileSync(filePath)]), filePath.split("/").pop());
      for (const [key, value] of Object.entries(formData)) body.append(key, value);
      fetch(url, { method: "POST", headers: header, body })
        .then(async (answer) => success?.({ statusCode: answer.status, data: await answer.text() }))
        .catch(failed(fail));
    },
    getStorageSync: (key: string) => kept.get(key) ?? "",
    setStorageSync: (key: string, value: unknown) => void kept.set(key, value),
    removeStorageSync: (key: string) => void kept.delete(key),
  };
  return phone as unknown as Phone;
}

function failed(fail: Listening["fail"]): (error: unknown) => void {
  return (error) => fail?.({ errMsg: `request:fail ${error}` });
}

type Listening = {
  success?: (answer: { code: string } | { statusCode: number; data: string }) => void;
  fail?: (error: { errMsg: string }) => void;
};
type Request = { url: string; method: string; header: Record<string, string>; data?: string };
type Upload = {
  url: string;
  filePath: string;
  name: string;
  formData: Record<string, string>;
  header: Record<string, string>;
};
