/** SDK clients in the three roles, and the assertion every refused request needs. */
import assert from "node:assert/strict";

import PocketBase, { BaseAuthStore, ClientResponseError } from "pocketbase";

import { SUPERUSER } from "./server.js";

export const USER_PASSWORD = "user-password-1";

const clients = [];

/** Return a client of its own store which never cancels duplicated requests. */
export function guest(url) {
    const pb = new PocketBase(url, new BaseAuthStore()).autoCancellation(false);
    clients.push(pb);
    return pb;
}

/** End all subscriptions of all clients. */
export async function unsubscribeAll() {
    await Promise.all(clients.map((pb) => pb.realtime.unsubscribe()));
}

export async function superuser(url) {
    const pb = guest(url);
    await pb.collection("_superusers").authWithPassword(SUPERUSER.email, SUPERUSER.password);
    return pb;
}

/** Create a verified record of `users` and return a client signed in as it. */
export async function user(root, email, data = {}) {
    await root.collection("users").create({
        email,
        password: USER_PASSWORD,
        passwordConfirm: USER_PASSWORD,
        verified: true,
        ...data,
    });
    const pb = guest(root.baseURL);
    await pb.collection("users").authWithPassword(email, USER_PASSWORD);
    return pb;
}

/** Return the ClientResponseError of `promise`, which must fail with `status`. */
export async function refused(promise, status) {
    let error;
    try {
        const value = await promise;
        assert.fail(`expected status ${status}, got ${JSON.stringify(value)}`);
    } catch (caught) {
        error = caught;
    }
    assert.ok(error instanceof ClientResponseError, String(error?.stack ?? error));
    assert.equal(error.status, status, JSON.stringify(error.response));
    return error;
}

/** Return the validation codes of an error by field name. */
export function codes(error) {
    return Object.fromEntries(
        Object.entries(error.response.data).map(([name, item]) => [name, item.code]),
    );
}

/** Return the values of one field, in order. */
export function pluck(records, name) {
    return records.map((record) => record[name]);
}
