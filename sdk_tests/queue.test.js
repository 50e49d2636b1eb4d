import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import { codes, guest, pluck, refused, superuser, user } from "./support/clients.js";
import { startServer } from "./support/server.js";

/**
 * @typedef {"pending" | "processing" | "completed" | "failed" | "cancelled"} Status
 * @typedef {import("pocketbase").RecordModel & {
 *     user_id: string, meeting_id: string, status: Status, position: number,
 *     queued_at: string, started_at: string, completed_at: string, error_message: string,
 * }} QueueItem
 */

let server;
let root;
let owner;
let other;
let admin;

before(async () => {
    server = await startServer({ apps: true });
    root = await superuser(server.url);
    owner = await user(root, "owner@example.com");
    other = await user(root, "other@example.com");
    admin = await user(root, "admin@example.com", { is_admin: true });
});
after(() => server?.stop());

/** @returns {import("pocketbase").RecordService<QueueItem>} */
const queue = (pb) => pb.collection("queue");
const self = (pb) => pb.authStore.record.id;
const enqueue = (pb, meeting_id, data = {}) =>
    queue(pb).create({ user_id: self(pb), meeting_id, status: "pending", ...data });

async function empty(name) {
    for (const { id } of await root.collection(name).getFullList()) {
        await root.collection(name).delete(id);
    }
}

describe("signing up", () => {
    const body = { password: "12345678", passwordConfirm: "12345678" };

    test("is open, but not as an admin", async () => {
        const pb = guest(server.url);
        const made = await pb.collection("users").create({ ...body, email: "new@example.com" });
        assert.equal(made.is_admin, false);
        const bad = { ...body, email: "bad@example.com", is_admin: true };
        assert.deepEqual((await refused(pb.collection("users").create(bad), 400)).response.data, {});
    });

    test("does not make one an admin later", async () => {
        const users = owner.collection("users");
        await refused(users.update(self(owner), { is_admin: true }), 404);
        assert.equal((await users.update(self(owner), { name: "Owner" })).is_admin, false);
    });
});

describe("the queue", () => {
    beforeEach(() => empty("queue"));

    test("shows users their own items and admins all", async () => {
        await enqueue(owner, "meeting-1");
        await enqueue(other, "meeting-2");
        const options = { sort: "meeting_id" };
        assert.deepEqual(pluck(await queue(owner).getFullList(options), "meeting_id"), ["meeting-1"]);
        assert.deepEqual(pluck(await queue(admin).getFullList(options), "meeting_id"), [
            "meeting-1",
            "meeting-2",
        ]);
        assert.deepEqual(await queue(guest(server.url)).getFullList(), []);
    });

    test("takes no items in another's name", async () => {
        const forged = queue(owner).create({
            user_id: self(other),
            meeting_id: "forged",
            status: "pending",
        });
        await refused(forged, 400);
        const item = await enqueue(owner, "mine");
        await refused(queue(owner).update(item.id, { user_id: self(other) }), 404);
        await refused(queue(owner).delete(item.id), 404);
        const cancelled = await queue(owner).update(item.id, { status: "cancelled" });
        assert.equal(cancelled.status, "cancelled");
        await queue(admin).delete(item.id);
    });

    test("has a meeting once at a time", async () => {
        const first = await enqueue(owner, "same");
        assert.deepEqual(codes(await refused(enqueue(owner, "same"), 400)), {
            user_id: "validation_not_unique",
            meeting_id: "validation_not_unique",
        });
        await enqueue(other, "same");
        await queue(owner).update(first.id, { status: "failed" });
        await enqueue(owner, "same");
    });

    test("expands its user", async () => {
        const item = await enqueue(owner, "mine");
        const shown = await queue(owner).getOne(item.id, { expand: "user_id" });
        assert.equal(shown.expand.user_id.email, "owner@example.com");
        const hidden = await queue(admin).getOne(item.id, { expand: "user_id" });
        assert.equal(hidden.expand?.user_id, undefined, "admins are no managers of users");
    });
});

describe("the order of the queue", () => {
    beforeEach(() => empty("queue"));
    const skipped = () => server.name === "pocketbase" && "PocketBase runs no Python hooks";

    async function waiting() {
        const list = await queue(admin).getFullList({
            filter: 'status = "pending"',
            sort: "position",
        });
        return list.map(({ position, meeting_id }) => [position, meeting_id]);
    }

    test("is that of arrival, and closes up", async (t) => {
        if (skipped()) {
            return t.skip(skipped());
        }
        const items = [];
        for (const [pb, meeting] of [[owner, "a"], [other, "b"], [owner, "c"], [other, "d"]]) {
            items.push(await enqueue(pb, meeting));
        }
        assert.deepEqual(pluck(items, "position"), [1, 2, 3, 4]);
        const started = await queue(admin).update(items[0].id, { status: "processing" });
        assert.notEqual(started.started_at, "");
        assert.equal(started.completed_at, "");
        await queue(admin).delete(items[2].id);
        assert.deepEqual(await waiting(), [[1, "b"], [2, "d"]]);
        const done = await queue(admin).update(items[0].id, { status: "completed" });
        assert.ok(done.completed_at >= started.started_at);
    });

    test("has no two at one place, however many come at once", async (t) => {
        if (skipped()) {
            return t.skip(skipped());
        }
        const names = Array.from({ length: 20 }, (_, index) => `meeting-${index}`);
        await Promise.all(names.map((name) => enqueue(owner, name)));
        const places = (await waiting()).map(([place]) => place);
        assert.deepEqual(places, names.map((_, index) => index + 1));
    });

    test("gives an item to one worker", async (t) => {
        if (skipped()) {
            return t.skip(skipped());
        }
        const item = await enqueue(owner, "wanted");
        const workers = Array.from({ length: 10 }, () =>
            queue(admin).update(item.id, { status: "processing" }),
        );
        const outcomes = await Promise.allSettled(workers);
        const won = outcomes.filter(({ status }) => status === "fulfilled");
        const lost = outcomes.filter(({ status }) => status === "rejected");
        assert.equal(won.length, 1);
        assert.deepEqual([...new Set(lost.map(({ reason }) => reason.status))], [400]);
    });
});

describe("what belongs to a user", () => {
    test("one row of settings, which superusers unlock", async () => {
        const meta = owner.collection("user_meta");
        const own = { user_id: self(owner) };
        await refused(meta.create({ ...own, premium: true }), 400);
        await refused(meta.create({ ...own, verified: true }), 400);
        const made = await meta.create({ ...own, active: true });
        assert.equal(codes(await refused(meta.create(own), 400)).user_id, "validation_not_unique");
        await refused(meta.update(made.id, { premium: true }), 404);
        const unlocked = await root.collection("user_meta").update(made.id, { premium: true });
        assert.equal(unlocked.premium, true);
        assert.deepEqual(await other.collection("user_meta").getFullList(), []);
        await refused(other.collection("user_meta").getOne(made.id), 404);
    });

    test("keys, encrypted elsewhere", async () => {
        const keys = owner.collection("api_keys");
        const cipher = "AAEC/+==".repeat(500);
        const made = await keys.create({ user_id: self(owner), encrypted_fathom: cipher });
        assert.equal((await keys.getOne(made.id)).encrypted_fathom, cipher);
        await refused(other.collection("api_keys").getOne(made.id), 404);
        await refused(admin.collection("api_keys").getOne(made.id), 404);
    });

    test("log lines, beside those of nobody", async () => {
        const line = { level: "info", msg: "done", ts: new Date().toISOString() };
        await owner.collection("logs").create({ ...line, user_id: self(owner), metadata: { a: 1 } });
        await other.collection("logs").create(line);
        const options = { sort: "-user_id" };
        assert.equal((await admin.collection("logs").getFullList(options)).length, 2);
        const [own, ...more] = await owner.collection("logs").getFullList(options);
        assert.deepEqual([own.metadata, more], [{ a: 1 }, []]);
        assert.deepEqual(await guest(server.url).collection("logs").getFullList(), []);
        await refused(owner.collection("logs").delete(own.id), 404);
    });

    test("goes with the user, but for the log", async () => {
        const leaver = await user(root, "leaver@example.com");
        const user_id = self(leaver);
        await enqueue(leaver, "last");
        await leaver.collection("user_meta").create({ user_id });
        await leaver.collection("api_keys").create({ user_id });
        const ts = new Date().toISOString();
        const line = await leaver.collection("logs").create({ user_id, level: "info", msg: "x", ts });
        await leaver.collection("users").delete(user_id);
        const filter = root.filter("user_id = {:user_id}", { user_id });
        for (const name of ["queue", "user_meta", "api_keys"]) {
            assert.deepEqual(await root.collection(name).getFullList({ filter }), []);
        }
        assert.equal((await root.collection("logs").getOne(line.id)).user_id, "");
    });
});

describe("superusers", () => {
    test("are listed by superusers", async () => {
        const list = await root.collection("_superusers").getFullList({ sort: "email" });
        assert.deepEqual(pluck(list, "email"), ["root@example.com"]);
        await refused(guest(server.url).collection("_superusers").getFullList(), 403);
        await refused(admin.collection("_superusers").getFullList(), 403);
    });

    test("page through the collections", async () => {
        const names = pluck(await root.collections.getFullList({ batch: 10 }), "name");
        for (const name of ["users", "user_meta", "api_keys", "queue", "logs"]) {
            assert.ok(names.includes(name), name);
        }
        await refused(admin.collections.getFullList(), 403);
    });
});
